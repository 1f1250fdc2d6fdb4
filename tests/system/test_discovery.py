"""Model files that lie in the model folders at the start, appear later, go, or are damaged."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.factories.gateways import running_gateway, wait_until

MODEL = "SmolLM2-135M-Instruct.Q4_1"


@pytest.mark.req("TEST-SYS-010", "SYS-REQ-018", "TEST-SYS-002", "SYS-REQ-015")
def test_files_are_found_at_the_start_and_when_they_appear_or_go(starter_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    (folder / "deep").mkdir(parents=True)
    (folder / starter_model.name).hardlink_to(starter_model)
    (folder / "broken.gguf").write_bytes(b"GGUF" + b"\xff" * 100)
    variables = {"PLUGGABLY_RUNTIME__SCAN_INTERVAL_S": "0.3"}
    with running_gateway(tmp_path, models=folder, **variables) as gateway, gateway.client() as client:

        def models() -> dict[str, dict[str, object]]:
            return {model["id"]: model for model in client.get("/v1/models").json()["models"]}

        found = models()
        assert set(found) == {MODEL, "broken"}
        model = found[MODEL]
        assert (model["status"], model["version"], model["size_bytes"]) == ("available", "Q4_1", 98_362_432)
        assert model["local_path"] == str(folder / starter_model.name)
        assert model["capabilities"]["streaming"] is True  # type: ignore[index]
        assert found["broken"]["status"] == "failed"
        refused = gateway.generate("Hi", model="broken")
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "model_unavailable")

        shutil.copy(starter_model, folder / "deep" / "second.gguf")
        # A scan in the middle of the copying sees a damaged file.
        wait_until(lambda: models().get("second", {}).get("status") == "available")
        answer = gateway.generate("Hi", model="second", parameters={"max_tokens": 2})
        assert answer.json()["model"] == "second"
        (folder / "deep" / "second.gguf").unlink()
        wait_until(lambda: "second" not in models())
        assert client.get("/v1/models", params={"modality": "image"}).json()["models"] == []
        assert set(models()) == {MODEL, "broken"}
        available = client.get("/v1/models", params={"status": "available", "modality": "text"}).json()["models"]
        assert [model["id"] for model in available] == [MODEL]
