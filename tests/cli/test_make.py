"""make: images and meshes as files."""

from __future__ import annotations

import base64
from pathlib import Path

from tests.factories.bodies import artifact
from tests.factories.images import image_bytes
from tests.fakes.gateway import RESPONSE, SELECTION, Answer, Stream

SELECTED = ("selected", {"request_id": "req_1", "selection": SELECTION})
PNG = image_bytes("PNG", (8, 6))
URL = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"


def made(warnings: tuple[str, ...] = (), **output: object) -> Stream:
    nothing = dict.fromkeys(("text", "reasoning", "tool_calls", "images", "mesh", "artifacts"))
    whole = {**RESPONSE, "model": "org/tiny", "modality": "image", "warnings": list(warnings)}
    progress = ("progress", {"progress_pct": 50.0, "step": 1, "steps": 2})
    return Stream((SELECTED, progress, ("output", {**whole, "output": {**nothing, **output}})))


async def test_each_image_becomes_a_file_and_none_is_overwritten(pluggably, server, tmp_path):
    server.on("POST /v1/generate", made(images=[URL, URL], seed=7))
    (tmp_path / "org-tiny-1.png").write_bytes(b"mine")
    result = await pluggably("make", "a cube", "--out", str(tmp_path), "-o", "count=2")
    assert result.status == 0, result.err
    assert result.out.splitlines()[0] == f"{tmp_path}/org-tiny-2.png ({len(PNG)} B, org/tiny, seed 7)"
    assert (tmp_path / "org-tiny-1.png").read_bytes() == b"mine"
    assert (tmp_path / "org-tiny-2.png").read_bytes() == (tmp_path / "org-tiny-3.png").read_bytes() == PNG
    body = server.requests[0].body
    assert (body["modality"], body["input"]["prompt"], body["parameters"]) == ("image", "a cube", {"count": 2})
    assert sorted(path.name for path in tmp_path.iterdir() if "part" in path.name) == []


async def test_a_mesh_that_the_server_keeps_is_fetched(pluggably, server, tmp_path):
    kept = artifact("art_1", url="/v1/artifacts/art_1?expires=1")
    server.on("POST /v1/generate", made(artifacts=[kept]))
    server.on("GET /v1/artifacts/art_1", Answer(b"glTF....", content_type="model/gltf-binary"))
    result = await pluggably("make", "a chair", "--3d", "--out", str(tmp_path / "chair.glb"), "--json")
    assert result.json() == {"model": "org/tiny", "seed": None, "files": [str(tmp_path / "chair.glb")]}
    assert (tmp_path / "chair.glb").read_bytes() == b"glTF...."
    assert server.requests[0].body["modality"] == "3d"


async def test_an_image_to_begin_with_goes_along(pluggably, server, tmp_path):
    (tmp_path / "day.png").write_bytes(PNG)
    server.on("POST /v1/generate", made(images=[URL], warnings=("'wug' was not understood",)))
    out = str(tmp_path / "night.png")
    result = await pluggably(
        "make", "at night", "-m", "org/tiny", "-i", str(tmp_path / "day.png"), "--out", out, "-q"
    )
    assert result.out == f"{out}\n"
    assert "wug" in result.err
    body = server.requests[0].body
    assert (body["model"], body["input"]["images"], body.get("modality")) == ("org/tiny", [URL], None)


async def test_what_can_not_be_done_is_said(pluggably, server, tmp_path):
    server.on("POST /v1/generate", made(images=[URL, URL]))
    two = await pluggably("make", "a cube", "--out", str(tmp_path / "one.png"))
    assert (two.status, (tmp_path / "one.png").exists()) == (1, False)
    assert "name a folder" in two.err
    server.on("POST /v1/generate", made(text="Hello"))
    text = await pluggably("make", "a cube", "-m", "org/tiny", "--out", str(tmp_path))
    assert text.status == 1
    assert "pluggably run" in text.err
    missing = await pluggably("make", "a cube", "-i", str(tmp_path / "nowhere.png"))
    assert missing.status == 1
    assert "nowhere.png" in missing.err
    server.on("POST /v1/generate", made(images=["data:image/png;base64,%%%"]))
    assert "can't be read" in (await pluggably("make", "a cube", "--out", str(tmp_path))).err
    assert list(Path(tmp_path).glob("*.png")) == []
