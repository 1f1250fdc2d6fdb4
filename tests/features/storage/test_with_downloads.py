"""Downloads through the whole gateway under a limit: refused, let in by eviction, and models pulled again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.factories.apps import AUTHORISED, client_of, running_app
from tests.factories.models import gguf_bytes
from tests.fakes.hub import FakeHub, Repo, fake_hub

MODEL = gguf_bytes(tensors=(("token_embd.weight", (500, 500), 0),))
FILES: dict[str, bytes | Path] = {f"tiny-{name}.gguf": MODEL for name in ("Q4_0", "Q5_0", "Q8_0")}


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with fake_hub(Repo("org/tiny", FILES)) as running:
        yield running


@asynccontextmanager
async def gateway(tmp_path: Path, hub: FakeHub, **storage: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway in whose model folder there is room for two of the models."""
    settings = {"storage": {"max_model_gb": 2.5 * len(MODEL) / 1e9, "keep_free_gb": 0, **storage}}
    asked = {"endpoint": hub.url, "enrich": False}
    async with (
        running_app(tmp_path, hub=asked, runtime={"scan_interval_s": 0.2}, **settings) as app,
        client_of(app, headers=AUTHORISED, timeout=30) as client,
    ):
        yield client


async def pull(client: httpx.AsyncClient, quantisation: str) -> dict[str, Any]:
    """The error of a download that is refused, else its ended job."""
    source = {"type": "huggingface", "id": f"org/tiny:{quantisation}"}
    answer = await client.post("/v1/models/download", json={"source": source})
    if answer.status_code != 202:
        return dict(answer.json()["error"], http_status=answer.status_code)
    async with asyncio.timeout(30):
        while True:
            job: dict[str, Any] = (await client.get(f"/v1/jobs/{answer.json()['job_id']}")).json()
            if job["finished_at"] is not None:
                return job
            await asyncio.sleep(0.05)


async def statuses(client: httpx.AsyncClient) -> dict[str, str]:
    return {model["id"]: model["status"] for model in (await client.get("/v1/models")).json()["models"]}


@pytest.mark.req("SYS-REQ-012", "SYS-NFR-007", "TEST-UNIT-004")
async def test_a_download_beyond_the_limit_is_refused_before_a_byte_is_fetched(tmp_path: Path, hub: FakeHub) -> None:
    async with gateway(tmp_path, hub) as client:
        for name in ("Q4_0", "Q5_0"):
            assert (await pull(client, name))["status"] == "completed"
        sent = dict(hub.sent)
        error = await pull(client, "Q8_0")
        assert (error["http_status"], error["code"]) == (507, "insufficient_storage")
        assert [model["id"] for model in error["details"]["evictable"]] == ["tiny-Q4_0", "tiny-Q5_0"]
        assert error["details"]["missing_bytes"] > 0
        assert hub.sent == sent
        assert await statuses(client) == {"tiny-Q4_0": "available", "tiny-Q5_0": "available"}
        assert (await client.get("/v1/jobs")).json()["jobs"][2:] == []


@pytest.mark.req("SYS-REQ-012", "SYS-NFR-007", "TEST-INT-002", "TEST-UNIT-004")
async def test_an_evicted_model_makes_room_and_can_be_pulled_again(tmp_path: Path, hub: FakeHub) -> None:
    async with gateway(tmp_path, hub, evict=True) as client:
        for name in ("Q4_0", "Q5_0", "Q8_0"):
            assert (await pull(client, name))["status"] == "completed"
        assert await statuses(client) == {
            "tiny-Q4_0": "evicted",
            "tiny-Q5_0": "available",
            "tiny-Q8_0": "available",
        }
        evicted = (await client.get("/v1/models/tiny-Q4_0")).json()
        assert evicted["source"]["uri"] == "org/tiny"
        storage = (await client.get("/v1/storage")).json()
        assert storage["used_bytes"] <= storage["limit_bytes"]
        assert (await pull(client, "Q4_0"))["status"] == "completed"
        assert await statuses(client) == {
            "tiny-Q4_0": "available",
            "tiny-Q5_0": "evicted",
            "tiny-Q8_0": "available",
        }
        assert (await client.get("/v1/storage")).json()["promised_bytes"] == 0
