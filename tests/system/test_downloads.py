"""Downloads of a gateway that is killed again and again."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.factories.gateways import Gateway, running_gateway, wait_until
from tests.factories.models import gguf_bytes, text_fields
from tests.fakes.hub import Fault, Repo, fake_hub

KILLS = 3
CUTS = 3
BODY = {"source": {"type": "huggingface", "id": "org/tiny"}}


def job_of(gateway: Gateway, job_id: str) -> dict[str, Any]:
    with gateway.client() as client:
        return dict(client.get(f"/v1/jobs/{job_id}").json())


def start(gateway: Gateway) -> str:
    """The id of a new download's job."""
    with gateway.client() as client:
        answer = client.post("/v1/models/download", json=BODY)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["job_id"])


def reached(gateway: Gateway, job_id: str, size: int) -> int:
    """Wait until so many bytes are here; how many there are."""
    wait_until(lambda: job_of(gateway, job_id)["downloaded_bytes"] >= size, timeout=60)
    return int(job_of(gateway, job_id)["downloaded_bytes"])


def ended(gateway: Gateway, job_id: str) -> dict[str, Any] | None:
    """The job, once it has ended."""
    job = job_of(gateway, job_id)
    return job if job["finished_at"] is not None else None


@pytest.mark.req("SYS-REQ-013", "TEST-SYS-003")
def test_a_download_survives_cuts_and_kills_and_fetches_next_to_nothing_twice(tmp_path: Path) -> None:
    content = gguf_bytes(text_fields(), (("token_embd.weight", (48 * 256, 1024), 0),))
    with fake_hub(Repo("org/tiny", {"tiny-Q4_0.gguf": content})) as hub:
        hub.misbehave(*(Fault(on="content", cut_after=5_000_000, bytes_per_s=16_000_000) for _ in range(CUTS)))
        hub.misbehave(Fault(on="content", bytes_per_s=16_000_000, times=None))
        variables = {"PLUGGABLY_HUB__ENDPOINT": hub.url, "PLUGGABLY_HUB__ENRICH": "false"}
        job_id, seen = "", 0
        for attempt in range(KILLS):
            with running_gateway(tmp_path, **variables) as gateway:
                job_id = job_id or start(gateway)
                now = reached(gateway, job_id, (attempt + 1) * len(content) // (KILLS + 2))
                assert now >= seen
                seen = now
                gateway.process.kill()
                gateway.process.wait()
        with running_gateway(tmp_path, **variables) as gateway:
            done = wait_until(lambda: ended(gateway, job_id), timeout=60)
            with gateway.client() as client:
                model = client.get("/v1/models/tiny-Q4_0").json()
        sent = hub.sent["org/tiny/tiny-Q4_0.gguf"]
    assert (done["status"], done["downloaded_bytes"]) == ("completed", len(content))
    assert model["status"] == "available"
    assert hashlib.sha256(Path(model["local_path"]).read_bytes()).digest() == hashlib.sha256(content).digest()
    assert len(content) <= sent < len(content) * 1.1
