"""`GET /v1/storage` and the metrics beside it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from pluggably.features.users.authentication import Authenticator, Caller
from tests.factories.apps import AUTHORISED, client_of, running_app
from tests.factories.models import write_gguf

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


async def test_without_a_limit_there_is_none_and_the_built_in_models_take_nothing(tmp_path: Path) -> None:
    async with running_app(tmp_path, builtin_models=True) as app, client_of(app, headers=AUTHORISED) as client:
        found = (await client.get("/v1/storage")).json()
        assert (found["used_bytes"], found["limit_bytes"], found["models"]) == (0, None, [])


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
