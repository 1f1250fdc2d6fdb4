"""The sweep: what it deletes, what it leaves, when it runs."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from pluggably.errors import ArtifactExpired, NotReady
from pluggably.features.artifacts.media import MeshFormat
from pluggably.features.artifacts.store import ArtifactStore, LocalStore
from pluggably.features.artifacts.sweep import Sweeper
from pluggably.kit.clock import utc_now
from pluggably.kit.database import Database
from pluggably.kit.ids import new_id
from pluggably.tables.artifacts import ArtifactKind, ArtifactState, ArtifactTable
from tests.factories.artifacts import Serve
from tests.factories.images import image_bytes
from tests.factories.meshes import two_solids

PNG, GLB = image_bytes("PNG"), two_solids()
SOON = timedelta(seconds=0.3)
pytestmark = pytest.mark.req("SYS-REQ-016")


async def test_what_is_past_its_time_goes_with_all_that_belongs_to_it_and_is_told_as_expired(
    store: ArtifactStore, database: Database, serve: Serve
) -> None:
    keeping, sweeper = serve(store), Sweeper(database, store, timedelta(seconds=2))
    mesh = await keeping.save("ada", "req_1", ArtifactKind.MESH, GLB, "model/gltf-binary", preview=PNG)
    converted = await keeping.content(mesh.id, "ada", MeshFormat.OBJ)
    assert mesh.preview_url is not None
    preview_id = mesh.preview_url.partition("?")[0].rpartition("/")[2]
    assert await Sweeper(database, store, timedelta(days=1)).sweep() == 0
    await asyncio.sleep(2)
    young = await keeping.save("ada", "req_1", ArtifactKind.IMAGE, PNG, "image/png")
    assert await sweeper.sweep() == 2
    for key in (mesh.id, converted.key, preview_id):
        assert await store.size(key) is None
    for artifact_id in (mesh.id, preview_id):
        with pytest.raises(ArtifactExpired):
            await keeping.content(artifact_id, "ada", None)
    assert (await keeping.content(young.id, "ada", None)).size == len(PNG)
    assert await store.size(young.id) == len(PNG)
    assert [item.id for item in (await keeping.list("ada", 50, None)).artifacts] == [young.id]
    assert await sweeper.sweep() == 0


async def test_interrupted_writes_are_forgotten_after_a_day(local_store: LocalStore, database: Database) -> None:
    old, new = new_id("art"), new_id("art")
    for artifact_id, age in ((old, timedelta(hours=25)), (new, timedelta(hours=23))):
        await local_store.put(artifact_id, PNG, "image/png")
        async with database.transaction() as db:
            db.add(
                ArtifactTable(
                    id=artifact_id, user_id="ada", request_id="r", kind=ArtifactKind.IMAGE, media_type="image/png",
                    state=ArtifactState.WRITING, created_at=utc_now() - age,
                )
            )  # fmt: skip
    await Sweeper(database, local_store, timedelta(days=30)).sweep()
    async with database.reading() as db:
        assert await db.get(ArtifactTable, old) is None
        assert await db.get(ArtifactTable, new) is not None
    assert await local_store.size(old) is None
    assert await local_store.size(new) == len(PNG)


async def test_more_than_one_batch_is_swept_at_once(local_store: LocalStore, database: Database) -> None:
    async with database.transaction() as db:
        for _ in range(250):
            db.add(
                ArtifactTable(
                    id=new_id("art"), user_id="ada", request_id="r", kind=ArtifactKind.IMAGE, media_type="image/png",
                    state=ArtifactState.STORED, created_at=utc_now() - timedelta(days=31),
                )
            )  # fmt: skip
    sweepers = [Sweeper(database, local_store, timedelta(days=30)) for _ in range(2)]
    assert await sweepers[0].sweep() == 250
    assert await sweepers[1].sweep() == 0


class Stubborn(LocalStore):
    """Does not delete as long as it is told so."""

    stubborn = True

    async def delete(self, key: str) -> None:
        if self.stubborn:
            raise NotReady("not now")
        await super().delete(key)


async def test_what_the_store_does_not_delete_is_tried_again(
    local_store: LocalStore, database: Database, serve: Serve
) -> None:
    store = Stubborn(local_store._folder)
    service = serve(store, retention=timedelta(0))
    artifact_id = (await service.save("ada", "req_1", ArtifactKind.IMAGE, PNG, "image/png")).id
    sweeper = Sweeper(database, store, timedelta(0))
    assert await sweeper.sweep() == 0
    assert await store.size(artifact_id) == len(PNG)
    store.stubborn = False
    assert await sweeper.sweep() == 1
    assert await store.size(artifact_id) is None
