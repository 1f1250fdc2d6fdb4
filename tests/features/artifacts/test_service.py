"""Keeping, listing and giving back, on a real database and both kinds of store."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pluggably.errors import ArtifactExpired, ArtifactNotFound, NotReady, UnsupportedFeature, ValidationFailed
from pluggably.features.artifacts.media import MeshFormat
from pluggably.features.artifacts.ranges import Span
from pluggably.features.artifacts.schemas import Recipe
from pluggably.features.artifacts.service import ArtifactService, Content
from pluggably.features.artifacts.store import ArtifactStore, LocalStore
from pluggably.kit.database import Database
from pluggably.kit.ids import new_id
from pluggably.kit.pagination import encode_cursor
from pluggably.tables.artifacts import ArtifactKind, ArtifactState, ArtifactTable
from tests.factories.artifacts import Serve, service_on
from tests.factories.images import image_bytes
from tests.factories.meshes import read, two_solids

PNG = image_bytes("PNG", (48, 32))
GLB = two_solids()
pytestmark = pytest.mark.req("SYS-REQ-016")


async def bytes_of(service: ArtifactService, content: Content) -> bytes:
    first, rest = await service.open(content, Span(0, content.size))
    async with aclosing(rest):
        return first + b"".join([piece async for piece in rest])


async def save_png(service: ArtifactService, user: str = "ada") -> str:
    return (await service.save(user, "req_1", ArtifactKind.IMAGE, PNG, "image/png", width=48, height=32)).id


async def test_an_image_is_kept_and_described(store: ArtifactStore, serve: Serve) -> None:
    service = serve(store)
    made = await service.save("ada", "req_1", ArtifactKind.IMAGE, PNG, "image/png", width=48, height=32)
    assert (made.type, made.media_type, made.size_bytes) == ("image", "image/png", len(PNG))
    assert (made.width, made.height, made.vertices, made.faces, made.preview_url) == (48, 32, None, None, None)
    assert timedelta(seconds=59) < made.expires_at - datetime.now(UTC) <= timedelta(seconds=61)
    content = await service.content(made.id, "ada", None)
    assert content.disposition == f'inline; filename="{made.id}.png"'
    assert await bytes_of(service, content) == PNG


async def test_a_mesh_is_kept_with_a_picture_of_it(store: ArtifactStore, serve: Serve) -> None:
    service = serve(store)
    made = await service.save(
        "ada", "req_1", ArtifactKind.MESH, GLB, "model/gltf-binary", vertices=170, faces=332, preview=PNG
    )
    assert (made.type, made.vertices, made.faces, made.width) == ("mesh", 170, 332, None)
    content = await service.content(made.id, "ada", None)
    assert content.disposition == f'attachment; filename="{made.id}.glb"'
    assert await bytes_of(service, content) == GLB
    assert made.preview_url is not None
    preview_id = made.preview_url.partition("?")[0].rpartition("/")[2]
    assert preview_id != made.id
    preview = await service.content(preview_id, "ada", None)
    assert (preview.media_type, await bytes_of(service, preview)) == ("image/png", PNG)
    listed = (await service.list("ada", 50, None)).artifacts
    assert [item.id for item in listed] == [made.id], "the picture belongs to the mesh"


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [(ArtifactKind.IMAGE, "image/svg+xml"), (ArtifactKind.IMAGE, "text/html"), (ArtifactKind.MESH, "image/png"),
     (ArtifactKind.IMAGE, "model/gltf-binary"), (ArtifactKind.MESH, "application/octet-stream")],
)  # fmt: skip
async def test_what_could_hold_a_script_or_is_unknown_is_not_kept(
    local_store: LocalStore, serve: Serve, kind: ArtifactKind, media_type: str
) -> None:
    with pytest.raises(ValueError, match="is no kind of"):
        await serve(local_store).save("ada", "req_1", kind, PNG, media_type)


async def test_nobody_gets_what_belongs_to_another_user(local_store: LocalStore, serve: Serve) -> None:
    service = serve(local_store)
    artifact_id = await save_png(service)
    with pytest.raises(ArtifactNotFound):
        await service.content(artifact_id, "bob", None)
    assert (await service.list("bob", 50, None)).artifacts == []
    assert (await service.content(artifact_id, None, None)).size == len(PNG), "a signed address asks for no user"


@pytest.mark.parametrize(
    "artifact_id", ["", "x", "../secret.key", "art_\x00", "art_" + "0" * 26, "art_" + "0" * 9999]
)
async def test_an_unknown_id_is_not_found_on_either_database(
    either_database: Database, local_store: LocalStore, artifact_id: str
) -> None:
    service = service_on(either_database, local_store)
    for owner in ("ada", None):
        with pytest.raises(ArtifactNotFound):
            await service.content(artifact_id, owner, None)
    made = await save_png(service)
    assert await bytes_of(service, await service.content(made, "ada", None)) == PNG
    assert [item.id for item in (await service.list("ada", 1, None)).artifacts] == [made]


async def test_the_list_is_paged_newest_first_and_tears_no_page(local_store: LocalStore, serve: Serve) -> None:
    service = serve(local_store)
    made = []
    for _ in range(7):
        made.append(await save_png(service))
        await save_png(service, "bob")
        await asyncio.sleep(0.002)  # ids sort by milliseconds
    found: list[str] = []
    cursor = None
    for number in range(4):
        page = await service.list("ada", 2, cursor)
        found += [item.id for item in page.artifacts]
        cursor = page.next_cursor
        assert (cursor is None) == (number == 3)
        await save_png(service)  # what comes meanwhile is on no later page
    assert found == made[::-1]


@pytest.mark.parametrize("cursor", ["x", "", encode_cursor(1), encode_cursor("art_\x00"), encode_cursor("a", "b")])
async def test_a_cursor_that_no_list_gave_is_refused(local_store: LocalStore, serve: Serve, cursor: str) -> None:
    with pytest.raises(ValidationFailed):
        await serve(local_store).list("ada", 10, cursor)


async def test_what_is_past_its_time_is_gone_before_anybody_swept(local_store: LocalStore, serve: Serve) -> None:
    service = serve(local_store, retention=timedelta(seconds=0.2))
    artifact_id = await save_png(service)
    await asyncio.sleep(0.25)
    with pytest.raises(ArtifactExpired):
        await service.content(artifact_id, "ada", None)
    with pytest.raises(ArtifactNotFound):
        await service.content(artifact_id, "bob", None)
    assert (await service.list("ada", 50, None)).artifacts == []


async def test_a_write_that_fails_makes_no_artifact(tmp_path: Path, database: Database, serve: Serve) -> None:
    (tmp_path / "file").write_text("in the way")
    service = serve(LocalStore(tmp_path / "file"))
    with pytest.raises(NotReady):
        await save_png(service)
    assert (await service.list("ada", 50, None)).artifacts == []


async def test_an_artifact_is_not_there_before_it_is_written(
    local_store: LocalStore, database: Database, serve: Serve
) -> None:
    artifact_id = new_id("art")
    async with database.transaction() as db:
        db.add(
            ArtifactTable(
                id=artifact_id, user_id="ada", request_id="r", kind=ArtifactKind.IMAGE, media_type="image/png",
                state=ArtifactState.WRITING,
            )
        )  # fmt: skip
    service = serve(local_store)
    with pytest.raises(ArtifactNotFound):
        await service.content(artifact_id, "ada", None)
    assert (await service.list("ada", 50, None)).artifacts == []


async def test_what_the_store_has_lost_is_told_before_the_answer_begins(store: ArtifactStore, serve: Serve) -> None:
    service = serve(store)
    content = await service.content(await save_png(service), "ada", None)
    await service.is_there(content)
    await store.delete(content.key)
    with pytest.raises(ArtifactExpired):
        await service.open(content, Span(0, content.size))
    with pytest.raises(ArtifactExpired):
        await service.is_there(content)


@pytest.mark.parametrize("format", list(MeshFormat))
async def test_a_mesh_comes_in_the_format_that_was_asked_for(
    store: ArtifactStore, serve: Serve, format: MeshFormat
) -> None:
    service = serve(store)
    made = await service.save("ada", "req_1", ArtifactKind.MESH, GLB, "model/gltf-binary")
    content = await service.content(made.id, "ada", format)
    mesh = read(await bytes_of(service, content), format)
    assert len(mesh.faces) == len(read(GLB, "glb").faces)
    assert content.disposition == f'attachment; filename="{made.id}.{format}"'
    again = await service.content(made.id, None, format)
    assert (again.etag, again.size) == (content.etag, content.size)


async def test_an_image_has_no_other_format_and_what_is_lost_is_not_converted(
    local_store: LocalStore, serve: Serve
) -> None:
    service = serve(local_store)
    with pytest.raises(UnsupportedFeature, match="for meshes"):
        await service.content(await save_png(service), "ada", MeshFormat.OBJ)
    made = await service.save("ada", "req_1", ArtifactKind.MESH, GLB, "model/gltf-binary")
    await local_store.delete(made.id)
    with pytest.raises(ArtifactExpired):
        await service.content(made.id, "ada", MeshFormat.OBJ)


async def test_what_it_was_made_with_goes_with_it(store: ArtifactStore, serve: Serve, database: Database) -> None:
    service = serve(store)
    recipe = Recipe(model="scene-image", prompt="a secret garden", parameters={"size": "64x64"}, images=[], seed=7)
    made = await service.save("ada", "req_1", ArtifactKind.IMAGE, PNG, "image/png", recipe=recipe)
    assert made.recipe is None, "whoever asked knows it"
    (listed,) = (await service.list("ada", 50, None)).artifacts
    assert listed.recipe == recipe
    await service.remove("ada", made.id)
    async with database.reading() as db:
        row = await db.get(ArtifactTable, made.id)
    assert row is not None
    assert (row.state, row.recipe) == (ArtifactState.SWEPT, None)
