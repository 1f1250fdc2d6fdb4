"""`/v1/artifacts` through the running application: who gets what, which bytes, with which headers."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
from fastapi import FastAPI

from pluggably.features.artifacts.schemas import ArtifactRead
from pluggably.tables.artifacts import ArtifactKind
from tests.factories.apps import AUTHORISED, client_of, running_app, served
from tests.factories.buckets import ENVIRONMENT, new_bucket, object_in
from tests.factories.images import image_bytes
from tests.factories.meshes import read, two_solids

pytestmark = pytest.mark.req("SYS-REQ-016")

PNG = image_bytes("PNG", (64, 48))
GLB = two_solids()


@asynccontextmanager
async def gateway(folder: Path, **settings: Any) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    """An application, and a client without a key."""
    async with running_app(folder, **settings) as app, client_of(app) as stranger:
        yield app, stranger


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[FastAPI]:
    async with running_app(tmp_path) as app:
        yield app


@pytest.fixture
async def owner(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """The operator, with the key."""
    async with client_of(app, headers=AUTHORISED) as client:
        yield client


@pytest.fixture
async def stranger(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Has no key."""
    async with client_of(app) as client:
        yield client


async def save(app: FastAPI, user: str = "operator", data: bytes = PNG) -> ArtifactRead:
    made: ArtifactRead = await app.state.artifacts.save(
        user, "req_1", ArtifactKind.IMAGE, data, "image/png", width=64, height=48
    )
    return made


async def save_mesh(app: FastAPI, user: str = "operator", data: bytes = GLB) -> ArtifactRead:
    made: ArtifactRead = await app.state.artifacts.save(
        user, "req_1", ArtifactKind.MESH, data, "model/gltf-binary", vertices=170, faces=332, preview=PNG
    )
    return made


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text


@pytest.mark.req("TEST-SYS-006")
async def test_an_address_works_without_a_key_until_it_expires_and_is_signed_anew(tmp_path: Path) -> None:
    async with gateway(tmp_path, artifacts={"ttl_s": 1}) as (app, stranger):
        made = await save(app)
        answer = await stranger.get(made.url)
        assert (answer.status_code, answer.content) == (200, PNG)
        while datetime.now(UTC) < made.expires_at:
            await asyncio.sleep(0.05)
        for headers in ({}, AUTHORISED):
            refused(await stranger.get(made.url, headers=headers), 410, "artifact_expired")
        assert (await stranger.head(made.url)).status_code == 410
        (again,) = (await stranger.get("/v1/artifacts", headers=AUTHORISED)).json()["artifacts"]
        assert again["url"] != made.url
        assert (await stranger.get(again["url"])).content == PNG


async def test_its_owner_gets_it_with_a_key_alone(
    app: FastAPI, owner: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    path = f"/v1/artifacts/{(await save(app)).id}"
    assert (await owner.get(path)).content == PNG
    refused(await stranger.get(path), 401, "authentication_required")
    refused(await stranger.get(path, headers={"x-api-key": "wrong"}), 401, "invalid_credentials")


@pytest.mark.parametrize("query", ["", "?format=obj"])
async def test_another_users_artifact_is_not_there_without_its_address(
    app: FastAPI, owner: httpx.AsyncClient, stranger: httpx.AsyncClient, query: str
) -> None:
    made = await save_mesh(app, "somebody")
    refused(await owner.get(f"/v1/artifacts/{made.id}{query}"), 404, "artifact_not_found")
    assert (await owner.head(f"/v1/artifacts/{made.id}{query}")).status_code == 404
    assert (await owner.get("/v1/artifacts")).json() == {"artifacts": [], "next_cursor": None}
    for client in (owner, stranger):
        assert (await client.get(made.url)).content == GLB


async def test_a_signature_decides_whatever_key_stands_beside_it(app: FastAPI, owner: httpx.AsyncClient) -> None:
    made, other = await save(app), await save(app)
    id_, expires, signature = re.fullmatch(r"/v1/artifacts/(.+)\?expires=(\d+)&signature=(.+)", made.url).groups()  # type: ignore[union-attr]
    for changed in (
        f"{other.id}?expires={expires}&signature={signature}",
        f"{id_}?expires={int(expires) + 1}&signature={signature}",
        f"{id_}?expires={expires}&signature={signature[:-1]}",
        f"{id_}?expires={expires}&signature={signature.swapcase()}",
        f"{id_}?expires={expires}&signature=%C3%BC%00",
        f"{id_}?expires=x&signature={signature}",
        f"{id_}?expires={expires}",
        f"{id_}?signature={signature}",
        f"{id_}?expires=&signature=",
    ):
        refused(await owner.get(f"/v1/artifacts/{changed}"), 403, "invalid_signature")


@pytest.mark.parametrize(
    "path",
    ["..", "%2e%2e", "..%2f..%2fsecret.key", "art_..%2f..%2fsecret.key", "x%00y", "%ff", "art_" + "0" * 26,
     "a" * 5000, "art_01jd3v5c8k2m4n6p8q0r2s4t6v.obj", "incoming"],
)  # fmt: skip
async def test_names_that_lead_elsewhere_lead_nowhere(app: FastAPI, owner: httpx.AsyncClient, path: str) -> None:
    await save(app)
    request = owner.build_request("GET", "http://localhost/")
    request.url = httpx.URL("http://localhost").copy_with(raw_path=f"/v1/artifacts/{path}".encode())
    answer = await owner.send(request)
    assert answer.status_code == 404
    assert b"secret" not in answer.content.replace(b"secret.key", b"")


async def test_an_address_begins_with_what_the_operator_has_set(tmp_path: Path) -> None:
    settings = {"public_url": "https://ai.example.org/sub", "root_path": "/sub"}
    async with gateway(tmp_path, **settings) as (app, stranger):
        made = await save_mesh(app)
        assert made.preview_url is not None
        for url in (made.url, made.preview_url):
            assert url.startswith("https://ai.example.org/sub/v1/artifacts/art_")
            assert (await stranger.get(url.removeprefix("https://ai.example.org"))).status_code == 200


async def test_replicas_with_one_secret_accept_each_others_addresses(tmp_path: Path) -> None:
    shared = {
        "database_url": f"sqlite:///{tmp_path / 'shared.db'}",
        "artifacts": {"url": f"file://{tmp_path / 'shared'}"},
        "encryption_keys": ["CANARY key"],
    }
    async with (
        gateway(tmp_path / "a", jwt_secret="CANARY one", **shared) as (one, _),
        gateway(tmp_path / "b", jwt_secret="CANARY one", **shared) as (_, other),
        gateway(tmp_path / "c", jwt_secret="CANARY two", **shared) as (_, foreign),
    ):
        made = await save(one)
        assert (await other.get(made.url)).content == PNG
        refused(await foreign.get(made.url), 403, "invalid_signature")
        assert not list((tmp_path / "a").glob("secret*")), "no secret is made where one is given"


async def test_addresses_outlive_a_restart(tmp_path: Path) -> None:
    async with gateway(tmp_path) as (app, _):
        made = await save(app)
    async with gateway(tmp_path) as (_, stranger):
        assert (await stranger.get(made.url)).content == PNG


async def test_the_answer_says_what_it_is_and_runs_nothing(app: FastAPI, stranger: httpx.AsyncClient) -> None:
    image, mesh = await save(app, data=b"<script>alert(1)</script>"), await save_mesh(app)
    for made, kind, media_type, ending in (
        (image, "inline", "image/png", "png"), (mesh, "attachment", "model/gltf-binary", "glb"),
    ):  # fmt: skip
        answer = await stranger.get(made.url)
        assert answer.headers["content-type"] == media_type
        assert answer.headers["content-disposition"] == f'{kind}; filename="{made.id}.{ending}"'
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"].startswith("private")
        assert answer.headers["accept-ranges"] == "bytes"
        assert answer.headers["content-length"] == str(made.size_bytes)


async def test_parts_can_be_asked_for(app: FastAPI, stranger: httpx.AsyncClient) -> None:
    made = await save(app)
    size = len(PNG)
    for header, part in (
        ("bytes=0-0", slice(0, 1)), ("bytes=10-19", slice(10, 20)), (f"bytes={size - 1}-", slice(size - 1, None)),
        ("bytes=-7", slice(-7, None)), ("bytes=5-99999999", slice(5, None)), ("bytes=-99999999", slice(0, None)),
    ):  # fmt: skip
        answer = await stranger.get(made.url, headers={"range": header})
        assert (answer.status_code, answer.content) == (206, PNG[part])
        start = range(size)[part].start
        assert answer.headers["content-range"] == f"bytes {start}-{start + len(PNG[part]) - 1}/{size}"
        assert answer.headers["content-length"] == str(len(PNG[part]))
    for header in (f"bytes={size}-", "bytes=-0", "bytes=99999999-"):
        answer = await stranger.get(made.url, headers={"range": header})
        refused(answer, 416, "range_not_satisfiable")
        assert answer.headers["content-range"] == f"bytes */{size}"
    for header in ("bytes=0-1,3-4", "items=0-1", "bytes=9-3"):
        answer = await stranger.get(made.url, headers={"range": header})
        assert (answer.status_code, answer.content) == (200, PNG)


async def test_a_part_belongs_to_what_the_client_has_and_what_it_has_is_not_sent_again(
    app: FastAPI, stranger: httpx.AsyncClient
) -> None:
    made = await save_mesh(app)
    whole = await stranger.get(made.url)
    for mark in (whole.headers["etag"], whole.headers["last-modified"]):
        answer = await stranger.get(made.url, headers={"range": "bytes=0-3", "if-range": mark})
        assert (answer.status_code, answer.content) == (206, b"glTF")
    answer = await stranger.get(made.url, headers={"range": "bytes=0-3", "if-range": '"another"'})
    assert (answer.status_code, answer.content) == (200, GLB)
    answer = await stranger.get(made.url, headers={"if-none-match": whole.headers["etag"]})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == whole.headers["etag"]
    other = await stranger.get(f"{made.url}&format=obj", headers={"if-none-match": whole.headers["etag"]})
    assert other.status_code == 200
    assert other.headers["etag"] != whole.headers["etag"]


async def test_head_says_all_but_the_bytes(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app, served(app) as url, httpx.AsyncClient(base_url=url) as client:
        made = await save_mesh(app)
        for address in (made.url, f"{made.url}&format=stl"):
            whole, head = await client.get(address), await client.head(address, headers={"range": "bytes=0-1"})
            assert (head.status_code, head.content) == (200, b"")
            varying = {"date", "x-request-id"}
            assert {k: v for k, v in head.headers.items() if k not in varying} == {
                k: v for k, v in whole.headers.items() if k not in varying
            }
        missing = await client.head("/v1/artifacts/x", headers=AUTHORISED)
        assert (missing.status_code, missing.content) == (404, b"")


@pytest.mark.parametrize(("format", "media_type"), [
    ("glb", "model/gltf-binary"), ("obj", "model/obj"), ("stl", "model/stl"), ("ply", "model/ply"),
])  # fmt: skip
async def test_a_mesh_can_be_had_in_every_format_and_in_parts(
    app: FastAPI, stranger: httpx.AsyncClient, format: str, media_type: str
) -> None:
    made = await save_mesh(app)
    answer = await stranger.get(f"{made.url}&format={format}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    assert answer.headers["content-disposition"] == f'attachment; filename="{made.id}.{format}"'
    assert len(read(answer.content, format).faces) == len(read(GLB, "glb").faces)
    part = await stranger.get(f"{made.url}&format={format}", headers={"range": "bytes=3-9"})
    assert (part.status_code, part.content) == (206, answer.content[3:10])


async def test_what_can_not_be_converted_is_an_error_in_plain_words(
    app: FastAPI, stranger: httpx.AsyncClient
) -> None:
    refused(await stranger.get(f"{(await save(app)).url}&format=obj"), 400, "unsupported_feature")
    broken = await save_mesh(app, data=GLB[:200])
    answer = await stranger.get(f"{broken.url}&format=obj")
    refused(answer, 400, "unsupported_feature")
    assert "no GLB that can be read" in answer.json()["error"]["message"]
    assert "Traceback" not in answer.text
    assert (await stranger.get(broken.url)).content == GLB[:200]
    answer = await stranger.get(f"{broken.url}&format=exe")
    refused(answer, 422, "validation_error")
    assert answer.json()["error"]["param"] == "format"


async def test_the_list_shows_ones_own_in_pages_with_addresses_that_work(
    app: FastAPI, owner: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    made = []
    for _ in range(3):
        made.append(await save_mesh(app))
        await save(app, "somebody")
        await asyncio.sleep(0.002)
    found, cursor = [], None
    for _ in range(3):
        page = (
            await owner.get("/v1/artifacts", params={"limit": 1, **({"cursor": cursor} if cursor else {})})
        ).json()
        found += page["artifacts"]
        cursor = page["next_cursor"]
    assert cursor is None
    assert [item["id"] for item in found] == [item.id for item in made[::-1]]
    assert (await stranger.get(found[0]["url"])).content == GLB
    assert (await stranger.get(found[0]["preview_url"])).content == PNG
    assert found[0]["type"] == "mesh"
    assert (found[0]["vertices"], found[0]["faces"], found[0]["width"]) == (170, 332, None)
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", found[0]["expires_at"])
    for query in ({"cursor": "x"}, {"limit": 0}, {"limit": 201}):
        refused(await owner.get("/v1/artifacts", params=query), 422, "validation_error")
    refused(await stranger.get("/v1/artifacts"), 401, "authentication_required")


@pytest.fixture
def in_bucket(s3_url: str, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """The server's URL and a bucket, in the environment as operators set it."""
    for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": s3_url}.items():
        monkeypatch.setenv(name, value)
    return s3_url, new_bucket(s3_url)


@pytest.mark.req("TEST-SYS-006")
async def test_artifacts_can_live_in_a_bucket(tmp_path: Path, in_bucket: tuple[str, str]) -> None:
    url, bucket = in_bucket
    async with gateway(tmp_path, artifacts={"url": f"s3://{bucket}/some/where"}) as (app, stranger):
        made = await save_mesh(app)
        assert object_in(url, bucket, f"some/where/{made.id}").content == GLB
        assert (await stranger.get(made.url)).content == GLB
        assert (await stranger.get(made.url, headers={"range": "bytes=0-3"})).content == b"glTF"
        assert len(read((await stranger.get(f"{made.url}&format=ply")).content, "ply").faces) == 332
    assert not (tmp_path / "artifacts").exists()


async def test_a_bucket_that_is_out_of_reach_is_503_and_comes_back(
    tmp_path: Path, in_bucket: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, bucket = in_bucket
    async with gateway(tmp_path, artifacts={"url": f"s3://{bucket}"}) as (app, stranger):
        made = await save(app)
        assert (await stranger.get(made.url)).content == PNG
    with monkeypatch.context() as away:
        away.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        async with gateway(tmp_path, artifacts={"url": f"s3://{bucket}"}) as (_, stranger):
            answer = await stranger.get(made.url)
            refused(answer, 503, "not_ready")
            assert int(answer.headers["retry-after"]) >= 1
            assert "CANARY" not in answer.text
    async with gateway(tmp_path, artifacts={"url": f"s3://{bucket}"}) as (_, stranger):
        assert (await stranger.get(made.url)).content == PNG


@pytest.mark.req("SYS-NFR-003")
async def test_a_reader_who_does_not_read_costs_no_memory_and_leaves_nothing_open(tmp_path: Path) -> None:
    size = 96 * 1024 * 1024

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(size // (1024 * 1024)):
            yield bytes(1024 * 1024)

    async with running_app(tmp_path) as app, served(app) as url:
        made = await app.state.artifacts.save("operator", "req_1", ArtifactKind.IMAGE, pieces(), "image/png")
        assert made.size_bytes == size
        process = psutil.Process()
        before = process.memory_info().rss
        address = urlsplit(url)
        readers = []
        for _ in range(4):
            reader = socket.create_connection((str(address.hostname), int(str(address.port))))
            reader.sendall(f"GET {made.url} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            readers.append(reader)
        await asyncio.sleep(1)
        assert open_files(tmp_path) == 4
        assert process.memory_info().rss - before < 24 * 1024 * 1024
        assert (await asyncio.to_thread(readers[0].recv, 12)) == b"HTTP/1.1 200"
        for reader in readers:
            reader.close()
        deadline = time.monotonic() + 5
        while open_files(tmp_path):
            assert time.monotonic() < deadline, "files stay open after their readers have left"
            await asyncio.sleep(0.02)


def open_files(folder: Path) -> int:
    return sum("/artifacts/" in file.path for file in psutil.Process().open_files() if str(folder) in file.path)


async def test_a_kept_output_is_listed_with_what_it_was_made_with(tmp_path: Path) -> None:
    small = {"width": 64, "height": 64, "seed": 7}
    asked = {"model": "scene-image", "input": {"prompt": "a red cube"}, "parameters": small}
    async with running_app(tmp_path, builtin_models=True) as app, client_of(app, headers=AUTHORISED) as owner:
        for keep in (True, None):
            answer = await owner.post("/v1/generate", json={**asked, "keep": keep}, timeout=60)
            assert answer.status_code == 200, answer.text
            assert answer.json()["output"]["images"][0].startswith("data:image/png"), "small ones stay in the answer"
        (kept,) = (await owner.get("/v1/artifacts")).json()["artifacts"]
        assert kept["recipe"] == {
            "model": "scene-image",
            "prompt": "a red cube",
            "parameters": small,
            "images": [],
            "seed": 7,
        }
        assert (kept["width"], kept["height"]) == (64, 64)
        made_from = f"artifact:{kept['id']}"
        again = {**asked, "input": {"prompt": "a blue cube", "images": [made_from]}, "keep": True}
        assert (await owner.post("/v1/generate", json=again, timeout=60)).status_code == 200
        newest = (await owner.get("/v1/artifacts", params={"limit": 1})).json()["artifacts"][0]
        assert newest["recipe"]["images"] == [made_from]


async def test_a_list_is_narrowed_to_images_or_meshes(app: FastAPI, owner: httpx.AsyncClient) -> None:
    image, mesh = await save(app), await save_mesh(app)
    for wanted, ids in (("image", [image.id]), ("mesh", [mesh.id]), (None, [mesh.id, image.id])):
        query = {"type": wanted} if wanted else {}
        found = (await owner.get("/v1/artifacts", params=query)).json()["artifacts"]
        assert [item["id"] for item in found] == ids
    refused(await owner.get("/v1/artifacts", params={"type": "preview"}), 422, "validation_error")


async def test_a_deleted_artifact_is_gone_with_its_picture_and_its_other_formats(
    app: FastAPI, owner: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    mesh, image = await save_mesh(app), await save(app)
    assert (await owner.get(f"/v1/artifacts/{mesh.id}?format=stl")).status_code == 200
    assert mesh.preview_url is not None
    assert (await owner.delete(f"/v1/artifacts/{mesh.id}")).status_code == 204
    for address in (mesh.url, mesh.preview_url, f"{mesh.url}&format=stl"):
        refused(await stranger.get(address), 410, "artifact_expired")
    refused(await owner.delete(f"/v1/artifacts/{mesh.id}"), 410, "artifact_expired")
    left = (await owner.get("/v1/artifacts")).json()["artifacts"]
    assert [item["id"] for item in left] == [image.id]
    folder: Path = app.state.settings.data_dir / "artifacts"
    assert [path.name for path in folder.rglob("art_*")] == [image.id]


async def test_nobody_deletes_what_is_another_users(app: FastAPI, owner: httpx.AsyncClient) -> None:
    made = await save(app, "somebody")
    refused(await owner.delete(f"/v1/artifacts/{made.id}"), 404, "artifact_not_found")
    assert (await app.state.artifacts.read("somebody", made.id)).id == made.id
