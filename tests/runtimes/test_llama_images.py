"""The text runtime with a projector, spoken to over its socket, where no check of the gateway stands before it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from pluggably.errors import ModelUnavailable
from pluggably.runtimes.llama import Config
from pluggably.workers.pool import LocalWorkerPool
from tests.factories.images import data_url, image_bytes, png_url
from tests.factories.projectors import IMAGE_TOKENS, write_working_projector
from tests.factories.workers import llama_spec


@pytest.fixture
async def pool() -> AsyncIterator[LocalWorkerPool]:
    pool = LocalWorkerPool()
    yield pool
    await pool.close()


async def ask(socket_path: str, *urls: str) -> tuple[int, Any]:
    content = [{"type": "text", "text": "Hello!"}]
    content += [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    body = {"messages": [{"role": "user", "content": content}], "max_tokens": 1}
    connector = aiohttp.UnixConnector(socket_path, force_close=True)
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.post("http://localhost/v1/chat/completions", json=body) as response,
    ):
        return response.status, await response.json()


async def test_a_projector_turns_images_into_tokens(
    pool: LocalWorkerPool, starter_model: Path, tmp_path: Path
) -> None:
    projector = write_working_projector(tmp_path / "mmproj.gguf")
    worker = await pool.ensure_ready(llama_spec(starter_model, projector=str(projector)))
    counts = []
    for images in ([], [png_url()], [png_url(), data_url(image_bytes("JPEG"))]):
        status, answer = await ask(worker.socket_path, *images)
        assert status == 200, answer
        counts.append(answer["usage"]["prompt_tokens"])
    assert counts[1] - counts[0] == counts[2] - counts[1] == IMAGE_TOKENS


async def test_what_is_no_image_starts_no_program_and_opens_no_file(
    pool: LocalWorkerPool, starter_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = tmp_path / "started"
    for name in ("ffprobe", "ffmpeg"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\necho {name} >> {started}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    projector = write_working_projector(tmp_path / "mmproj.gguf")
    worker = await pool.ensure_ready(llama_spec(starter_model, projector=str(projector)))
    for data in (b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1/\n", image_bytes("WEBP"), image_bytes()[:60]):
        status, _ = await ask(worker.socket_path, data_url(data))
        assert status == 400
    status, answer = await ask(worker.socket_path, f"file://{projector}")
    assert status == 400
    assert "not allowed" in answer["error"]["message"]
    assert not started.exists(), started.read_text()


async def test_a_projector_for_another_model_is_an_error_of_the_load(
    pool: LocalWorkerPool, starter_model: Path, tmp_path: Path
) -> None:
    projector = write_working_projector(tmp_path / "mmproj.gguf", text_width=512)
    with pytest.raises(ModelUnavailable, match=r"mismatch between text model .* and mmproj") as caught:
        await pool.ensure_ready(llama_spec(starter_model, projector=str(projector)))
    assert str(tmp_path) not in caught.value.message


@pytest.mark.parametrize(
    ("architecture", "projector", "whole"),
    [
        ("gemma3", "p", True),
        ("gemma4", "p", True),
        ("gemma3", None, False),
        ("qwen3vl", "p", False),
        (None, "p", False),
    ],
)
def test_gemma_gets_an_image_in_one_batch(architecture: str | None, projector: str | None, whole: bool) -> None:
    config = Config("m", "s", "a", projector=projector, architecture=architecture)
    assert config.reads_whole_images is whole
