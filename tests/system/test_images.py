"""A vision model of this machine: the starter model's weights with a small projector beside them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import openai
import pytest

from tests.factories.gateways import KEY, Gateway, running_gateway
from tests.factories.images import data_url, image_bytes, png_url
from tests.factories.projectors import IMAGE_TOKENS, write_working_projector

SHORT = {"max_tokens": 4, "temperature": 0}


@pytest.fixture(scope="module")
def gateway(starter_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with two models, `blind` and `seeing`."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "blind.gguf").hardlink_to(starter_model)
    shutil.copy(starter_model, folder / "seeing.gguf")  # two links to one file are one model
    write_working_projector(folder / "mmproj-seeing.gguf")
    with running_gateway(tmp_path_factory.mktemp("gateway"), models=folder) as running:
        yield running


@pytest.fixture
def canary() -> Iterator[tuple[str, list[str]]]:
    """A server on loopback that has an image: its address, and the paths that were asked for."""
    asked: list[str] = []
    image = image_bytes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("content-length", str(len(image)))
            self.end_headers()
            self.wfile.write(image)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def ask(gateway: Gateway, *images: str, prompt: str = "What is it?", **body: Any) -> httpx.Response:
    with gateway.client() as client:
        given = {"prompt": prompt, **({"images": images} if images else {})}
        return client.post("/v1/generate", json={"input": given, "parameters": SHORT, **body})


def chat(gateway: Gateway, *parts: Any, model: str = "seeing") -> httpx.Response:
    with gateway.client() as client:
        message = {"role": "user", "content": [{"type": "text", "text": "What is it?"}, *parts]}
        body = {"model": model, "messages": [message], **SHORT}
        return client.post("/v1/chat/completions", json=body)


def error_code(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["error"]["code"]


@pytest.mark.req("SYS-REQ-CR003-002")
def test_an_image_under_auto_goes_to_the_model_that_takes_images(gateway: Gateway) -> None:
    reply = ask(gateway, png_url())
    assert reply.status_code == 200, reply.text
    body = reply.json()
    assert body["model"] == "seeing"
    assert body["output"]["text"]
    assert ask(gateway).json()["model"] == "blind"


def test_the_model_reads_the_image(gateway: Gateway) -> None:
    without, one, two = (
        ask(gateway, *[png_url()] * count, model="seeing").json()["usage"]["prompt_tokens"] for count in range(3)
    )
    assert one - without == IMAGE_TOKENS
    assert two - one == IMAGE_TOKENS


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_every_kind_of_image_is_read_whatever_its_url_says(gateway: Gateway, kind: str) -> None:
    reply = ask(gateway, data_url(image_bytes(kind), "data:image/png;base64,"))
    assert reply.status_code == 200, reply.text
    assert reply.json()["usage"]["prompt_tokens"] > IMAGE_TOKENS


def test_a_stream_reads_images_too(gateway: Gateway) -> None:
    body = {"input": {"prompt": "What is it?", "images": [png_url()]}, "parameters": SHORT}
    events = [(name, data) for name, data, _ in gateway.events(body)]
    output = next(data for name, data in events if name == "output")
    assert output["model"] == "seeing"
    assert output["usage"]["prompt_tokens"] > IMAGE_TOKENS


@pytest.mark.parametrize("stream", [False, True])
def test_the_openai_client_sends_images(gateway: Gateway, stream: bool) -> None:
    content: Any = [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": png_url(), "detail": "low"}},
    ]
    with openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=KEY, max_retries=0) as client:
        options: Any = {"stream": True, "stream_options": {"include_usage": True}} if stream else {}
        messages: Any = [{"role": "user", "content": content}]
        answer = client.chat.completions.create(model="auto", messages=messages, max_tokens=4, **options)
        last = list(answer)[-1] if stream else answer
    assert last.model == "seeing"
    assert last.usage.prompt_tokens > IMAGE_TOKENS


def test_a_model_without_a_projector_takes_no_images(gateway: Gateway) -> None:
    assert error_code(ask(gateway, png_url(), model="blind")) == (400, "unsupported_feature")
    part = {"type": "image_url", "image_url": {"url": png_url()}}
    assert error_code(chat(gateway, part, model="blind")) == (400, "unsupported_feature")


@pytest.mark.parametrize(
    "image",
    [
        data_url(image_bytes()[:60]),
        data_url(b"no image at all"),
        data_url(b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1/\n"),
        "data:image/png;base64,***",
        "data:image/svg+xml,<svg/>",
        "data:text/plain;base64,aGVsbG8=",
    ],
    ids=["truncated", "garbage", "playlist", "base64", "plain", "text"],
)
def test_what_is_no_image_is_refused_before_the_engine_sees_it(gateway: Gateway, image: str) -> None:
    assert error_code(ask(gateway, image)) == (400, "invalid_image")
    assert error_code(chat(gateway, {"type": "image_url", "image_url": {"url": image}})) == (400, "invalid_image")


@pytest.mark.parametrize("scheme", ["file:///etc/hostname", "ftp://localhost/a.png", "/etc/hostname", " http://a/"])
def test_no_address_leads_to_a_file_of_the_machine(gateway: Gateway, scheme: str) -> None:
    assert error_code(ask(gateway, scheme, model="seeing")) == (400, "blocked_url")
    part = {"type": "image_url", "image_url": {"url": scheme}}
    assert error_code(chat(gateway, part)) == (400, "blocked_url")


def test_the_engine_fetches_nothing_for_a_caller(gateway: Gateway, canary: tuple[str, list[str]]) -> None:
    address, asked = canary
    url = {"url": f"{address}/image.png"}
    assert error_code(ask(gateway, url["url"], model="seeing")) == (400, "unsupported_feature")
    parts: list[Any] = [
        {"type": "image_url", "image_url": url},
        {"type": "image_url", "image_url": url["url"]},
        {"type": "video_url", "video_url": url},
        {"type": "input_video", "input_video": {"data": url["url"]}},
        {"type": "input_audio", "input_audio": {"data": url["url"], "format": "wav"}},
        {"type": "file", "file": {"file_data": url["url"]}},
        {"type": "text", "text": "look", "video_url": url, "image_url": url},
    ]
    for part in parts:
        for model in ("seeing", "blind"):
            assert error_code(chat(gateway, part, model=model)) == (400, "unsupported_feature"), part
    assert asked == []
