"""The media workers' lines, cut anywhere."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import from_json

from pluggably.contract.media import MediaProgress, MediaRequest, MediaResult
from pluggably.contract.modality import Modality
from pluggably.errors import InvalidImage, ProviderError, ValidationFailed
from pluggably.providers._worker_media import WorkerMedia

PICTURE = bytes(range(256)) * 20
LINES: list[dict[str, Any]] = [
    {"event": "progress", "step": 1, "steps": 3, "preview": None},
    {"event": "progress", "step": 3, "steps": 3, "preview": base64.b64encode(b"png").decode()},
    {"event": "something new", "of": "tomorrow"},
    {
        "event": "output",
        "items": [
            {"media_type": "image/png", "data": base64.b64encode(PICTURE).decode(), "width": 64, "height": 32},
            {"media_type": "model/gltf-binary", "data": "AAAA", "vertices": 8, "faces": 12, "preview": "AAAA"},
        ],
        "seed": 1,
        "warnings": ["not understood: 'wug'"],
    },
]


def wire(lines: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


async def read(data: bytes, cuts: list[int] | None = None) -> list[MediaProgress | MediaResult]:
    async def chunks() -> AsyncIterator[bytes]:
        places = [0, *sorted(cut % (len(data) + 1) for cut in cuts or ()), len(data)]
        for start, end in pairwise(places):
            yield data[start:end]

    return [event async for event in WorkerMedia().stream(chunks())]


@settings(deadline=None)
@given(st.lists(st.integers(0, 20_000), max_size=12))
async def test_lines_are_read_wherever_they_are_cut(cuts: list[int]) -> None:
    first, second, result = await read(wire(LINES), cuts)
    assert first == MediaProgress(33.3, 1, 3)
    assert second == MediaProgress(100.0, 3, 3, "data:image/png;base64,cG5n")
    assert isinstance(result, MediaResult)
    image, mesh = result.items
    assert (image.data, image.width, image.height) == (PICTURE, 64, 32)
    assert (mesh.vertices, mesh.faces, mesh.preview) == (8, 12, b"\0\0\0")
    assert result.warnings == ["not understood: 'wug'"]


async def test_an_error_line_is_the_error_that_it_names() -> None:
    with pytest.raises(InvalidImage, match="no picture"):
        await read(wire([{"event": "error", "code": "invalid_image", "message": "no picture"}]))
    both = {"event": "error", "code": "validation_error", "message": "twice", "param": "parameters.size"}
    with pytest.raises(ValidationFailed) as refused:
        await read(wire([both]))
    assert refused.value.param == "parameters.size"
    with pytest.raises(ProviderError, match="broken"):
        await read(wire([{"event": "error", "code": "strange", "message": "broken"}]))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        wire(LINES[:2]),
        b"no json\n",
        b"[]\n",
        b'{"event": "progress"}\n',
        b'{"event": "output", "items": [{"media_type": "image/png", "data": "!"}]}\n',
    ],
)
async def test_a_stream_without_a_readable_result_is_the_providers_error(data: bytes) -> None:
    with pytest.raises(ProviderError):
        await read(data)


def test_the_call_carries_the_request_with_images_as_plain_base64() -> None:
    request = MediaRequest(Modality.IMAGE, "a cube", ["data:image/png;base64,AAAA"], {"seed": 3}, previews=True)
    request.history = ["a cube"]
    call = WorkerMedia().prepare(request, "scene-image")
    assert call.path == "/generate"
    assert from_json(call.body or b"") == {
        "modality": "image",
        "prompt": "a cube",
        "images": ["AAAA"],
        "parameters": {"seed": 3},
        "previews": True,
        "history": ["a cube"],
    }
