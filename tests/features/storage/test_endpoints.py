"""`GET /v1/storage` and the metrics beside it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from pluggably.features.users.authentication import Authenticator, Caller
from tests.factories.apps import AUTHORISED, client_of, running_app
from tests.factories.models import write_gguf
from tests.factories.storage import aged

LIMIT = 2_500_000_000


async def models_found(client: httpx.AsyncClient, count: int) -> None:
    async with asyncio.timeout(10):
        while len((await client.get("/v1/models")).json()["models"]) < count:
            await asyncio.sleep(0.05)


async def test_storage_tells_what_is_used_free_and_allowed(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    small = write_gguf(folder / "small.gguf")
    large = write_gguf(folder / "large.gguf", tensors=(("token_embd.weight", (32, 64), 0),))
    (folder / "unfinished.part").write_bytes(bytes(77))
    storage = {"max_model_gb": 2.5}
    async with (
        running_app(tmp_path / "data", model_dirs=[folder], storage=storage) as app,
        client_of(app, headers=AUTHORISED) as client,
    ):
        await models_found(client, 2)
        await asyncio.sleep(2.1)  # until what was measured at the start is too old
        found = (await client.get("/v1/storage")).json()
        assert found["used_bytes"] == small.stat().st_size + large.stat().st_size + 77
        assert found["limit_bytes"] == LIMIT
        assert found["free_bytes"] > 0
        assert found["room_bytes"] == LIMIT - found["used_bytes"]
        assert [(model["id"], model["size_bytes"]) for model in found["models"]] == [
            ("large", large.stat().st_size),
            ("small", small.stat().st_size),
        ]
        assert found["models"][1]["local_path"] == str(small)
        lines = [line.split() for line in (await client.get("/metrics")).text.splitlines()]
        metrics = {name: float(value) for name, value in (line for line in lines if len(line) == 2)}
        assert metrics["pluggably_storage_used_bytes"] == found["used_bytes"]
        assert metrics["pluggably_storage_limit_bytes"] == LIMIT
        assert metrics["pluggably_storage_free_bytes"] > 0
        assert metrics['pluggably_storage_model_bytes{model="large"}'] == large.stat().st_size
        assert found["promised_bytes"] == metrics["pluggably_storage_promised_bytes"] == 0


async def test_without_a_limit_there_is_none_and_the_built_in_models_take_nothing(tmp_path: Path) -> None:
    async with running_app(tmp_path, builtin_models=True) as app, client_of(app, headers=AUTHORISED) as client:
        found = (await client.get("/v1/storage")).json()
        assert (found["used_bytes"], found["limit_bytes"], found["models"]) == (0, None, [])
        assert 0 < found["room_bytes"] < found["free_bytes"], "some of the disk stays free"


async def test_it_tells_how_much_memory_models_may_take(tmp_path: Path) -> None:
    async with (
        running_app(tmp_path, runtime={"max_memory_mb": 512}) as app,
        client_of(app, headers=AUTHORISED) as client,
    ):
        assert (await client.get("/v1/storage")).json()["memory_limit_bytes"] == 512 * 1024**2


def asking(model: str) -> dict[str, object]:
    return {"model": model, "modality": "text", "input": {"prompt": "Hi"}}


class Visitors:
    """A kind of credential whose owner may read, and is no admin."""

    async def check(self, credential: str) -> Caller | None:
        return Caller("ada", False, frozenset({"read"}), "test") if credential == "visitor" else None


async def test_where_files_lie_is_for_admins_alone(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    write_gguf(folder / "small.gguf")
    async with running_app(tmp_path / "data", model_dirs=[folder]) as app:
        app.state.authenticator = Authenticator([Visitors()], local_mode=False)
        async with client_of(app, headers={"x-api-key": "visitor"}) as client:
            await models_found(client, 1)
            (model,) = (await client.get("/v1/storage")).json()["models"]
            assert (model["id"], model["local_path"]) == ("small", None)


async def ended(client: httpx.AsyncClient, job_id: str) -> dict[str, object]:
    async with asyncio.timeout(20):
        while True:
            job: dict[str, object] = (await client.get(f"/v1/jobs/{job_id}")).json()
            if job["status"] not in ("queued", "running"):
                return job
            await asyncio.sleep(0.05)


@pytest.mark.req("SYS-REQ-012")
async def test_a_cleanup_says_what_would_go_and_then_removes_it_as_a_job(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    write_gguf(folder / "kept.gguf")
    stale = folder / "stale.gguf.part"
    stale.write_bytes(bytes(1234))
    aged(stale, days=2)
    async with (
        running_app(tmp_path / "data", model_dirs=[folder]) as app,
        client_of(app, headers=AUTHORISED) as client,
    ):
        await models_found(client, 1)
        plan = await client.post("/v1/storage/clean", json={"dry_run": True})
        assert plan.status_code == 200
        assert plan.json() == {
            "dry_run": True,
            "size_bytes": 1234,
            "removals": [
                {
                    "kind": "file",
                    "name": "stale.gguf.part",
                    "size_bytes": 1234,
                    "reason": "unfinished",
                    "why": "A download that nobody went on with.",
                    "last_used_at": None,
                }
            ],
        }
        assert stale.exists()
        answer = await client.post("/v1/storage/clean")
        assert answer.status_code == 202
        assert answer.json()["kind"] == "cleanup"
        job = await ended(client, answer.json()["job_id"])
        assert (job["status"], job["downloaded_bytes"], job["progress_pct"]) == ("completed", 1234, 100)
        assert sorted(path.name for path in folder.iterdir()) == ["kept.gguf"]
        assert (await client.post("/v1/storage/clean", json={"dry_run": True})).json()["removals"] == []


@pytest.mark.req("SYS-REQ-012", "TEST-INT-002")
async def test_a_model_unused_for_too_long_is_evicted_and_who_asks_for_it_is_told_why(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    path = write_gguf(folder / "m.gguf")
    content = path.read_bytes()
    storage = {"retention_days": 0.5 / 86400}
    async with (
        running_app(tmp_path / "data", model_dirs=[folder], storage=storage, runtime={"scan_interval_s": 0.1}) as app,
        client_of(app, headers=AUTHORISED) as client,
    ):
        await models_found(client, 1)
        await asyncio.sleep(0.6)
        await ended(client, (await client.post("/v1/storage/clean", json={})).json()["job_id"])
        assert not path.exists()
        model = (await client.get("/v1/models/m")).json()
        assert model["status"] == "evicted"
        refused = await client.post(
            "/v1/generate", json={"model": "m", "modality": "text", "input": {"prompt": "Hi"}}
        )
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "model_unavailable")
        assert "evicted" in refused.json()["error"]["message"]
        assert "pull it again" in refused.json()["error"]["message"]
        (stored,) = (await client.get("/v1/storage")).json()["models"]
        assert (stored["id"], stored["status"]) == ("m", "evicted")
        path.write_bytes(content)
        async with asyncio.timeout(10):
            while (await client.get("/v1/models/m")).json()["status"] != "available":
                await asyncio.sleep(0.05)


async def test_only_admins_clean_up(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app:
        app.state.authenticator = Authenticator([Visitors()], local_mode=False)
        async with client_of(app, headers={"x-api-key": "visitor"}) as client:
            answer = await client.post("/v1/storage/clean", json={"dry_run": True})
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "permission_denied")


@pytest.mark.req("SYS-REQ-012")
async def test_a_model_whose_file_was_deleted_by_hand_is_unavailable_even_before_anybody_noticed(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "models"
    path = write_gguf(folder / "m.gguf")
    async with (
        running_app(tmp_path / "data", model_dirs=[folder], runtime={"scan_interval_s": 3600}) as app,
        client_of(app, headers=AUTHORISED) as client,
    ):
        await models_found(client, 1)
        path.unlink()
        refused = await client.post("/v1/generate", json=asking("m"))
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "model_unavailable")
        assert str(folder) not in refused.text


@pytest.mark.req("SYS-REQ-012", "TEST-INT-002")
async def test_a_registered_model_whose_file_is_gone_is_unavailable_until_the_file_is_back(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    path = write_gguf(folder / "m.gguf")
    content = path.read_bytes()
    async with (
        running_app(tmp_path / "data", model_dirs=[folder], runtime={"scan_interval_s": 0.1}) as app,
        client_of(app, headers=AUTHORISED) as client,
    ):
        await models_found(client, 1)
        assert (await client.post("/v1/models", json={"id": "mine", "local_path": "m.gguf"})).status_code == 201

        async def status_becomes(wanted: str) -> None:
            async with asyncio.timeout(10):
                while (await client.get("/v1/models/mine")).json()["status"] != wanted:
                    await asyncio.sleep(0.05)

        path.unlink()
        await status_becomes("failed")
        refused = await client.post("/v1/generate", json=asking("mine"))
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "model_unavailable")
        assert "Its file is gone." in refused.json()["error"]["message"]
        path.write_bytes(content)
        await status_becomes("available")
