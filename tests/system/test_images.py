"""A vision model of this machine: the starter model's weights with a small projector beside them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from tests.factories.gateways import KEY, Gateway, running_gateway
from tests.factories.images import data_url, image_bytes, png_url
from tests.factories.projectors import IMAGE_TOKENS, write_working_projector
from tests.fakes.web_host import Page, WebHost, answer, ok, redirect, web_host_aside

SHORT = {"max_tokens": 4, "temperature": 0}


@pytest.fixture(scope="module")
def gateway(starter_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with two models, `blind` and `seeing`."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "blind.gguf").hardlink_to(starter_model)
    shutil.copy(starter_model, folder / "seeing.gguf")  # two links to one file are one model
    write_working_projector(folder / "mmproj-seeing.gguf")
    variables = {"PLUGGABLY_ALLOW_PRIVATE_URLS": "127.0.0.1/32"}
    with running_gateway(tmp_path_factory.mktemp("gateway"), models=folder, **variables) as running:
        yield running


@pytest.fixture
def host() -> Iterator[WebHost]:
    """A host that the operator allows."""
    pages: dict[str, Page] = {"/image.png": ok(image_bytes()), "/moved": redirect("/image.png"), "/page": ok(b"<p>")}
    with web_host_aside(pages) as running:
        yield running


@pytest.fixture
def inside() -> Iterator[WebHost]:
    """A host that nobody allows."""
    with web_host_aside({"/image.png": ok(image_bytes())}, address="127.0.0.2") as running:
        yield running


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


@pytest.mark.req("SYS-REQ-070", "TEST-MAN-018")
def test_a_model_without_a_projector_takes_no_images_and_names_one_that_does(gateway: Gateway) -> None:
    reply = ask(gateway, png_url(), model="blind")
    assert error_code(reply) == (400, "unsupported_feature")
    assert reply.json()["error"]["details"] == {"suggestions": ["seeing"]}
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


@pytest.mark.req("SYS-REQ-070", "TEST-MAN-018", "SYS-REQ-CR003-002")
@pytest.mark.parametrize("path", ["/image.png", "/moved"])
def test_an_image_at_an_address_is_read_like_one_that_was_sent(gateway: Gateway, host: WebHost, path: str) -> None:
    inline, linked = ask(gateway, png_url()), ask(gateway, host.url + path)
    assert linked.status_code == 200, linked.text
    assert linked.json()["model"] == "seeing"
    assert linked.json()["usage"]["prompt_tokens"] == inline.json()["usage"]["prompt_tokens"] > IMAGE_TOKENS
    spoken = chat(gateway, {"type": "image_url", "image_url": {"url": host.url + path}}, model="auto")
    assert spoken.json()["usage"]["prompt_tokens"] == inline.json()["usage"]["prompt_tokens"]
    assert host.asked.count("/image.png") == 2
    assert KEY not in "".join(host.heads)
    assert "authorization" not in "".join(host.heads).lower()


@pytest.mark.req("SYS-REQ-070", "TEST-MAN-018")
def test_an_address_without_an_image_is_told_with_the_reason(gateway: Gateway, host: WebHost) -> None:
    host.pages["/closed"] = answer(403)
    for path, reason in (("/none", "answered 404"), ("/closed", "answered 403"), ("/page", "no PNG")):
        for reply in (
            ask(gateway, host.url + path),
            chat(gateway, {"type": "image_url", "image_url": {"url": host.url + path}}),
        ):
            assert error_code(reply) == (400, "invalid_image")
            assert reason in reply.json()["error"]["message"]


@pytest.mark.req("SYS-REQ-070", "TEST-MAN-018")
def test_an_address_that_is_not_public_is_blocked(gateway: Gateway, host: WebHost, inside: WebHost) -> None:
    host.pages["/in"] = redirect(f"{inside.url}/image.png")
    for url in (f"{inside.url}/image.png", f"{host.url}/in", f"http://localhost.:{inside.port}/", "http://[::1]/"):
        assert error_code(ask(gateway, url)) == (400, "blocked_url")
        assert error_code(chat(gateway, {"type": "image_url", "image_url": {"url": url}})) == (400, "blocked_url")
    assert inside.heads == []


def test_the_engine_fetches_nothing_for_a_caller(gateway: Gateway, host: WebHost) -> None:
    url = {"url": f"{host.url}/image.png"}
    parts: list[Any] = [
        {"type": "video_url", "video_url": url},
        {"type": "input_video", "input_video": {"data": url["url"]}},
        {"type": "input_audio", "input_audio": {"data": url["url"], "format": "wav"}},
        {"type": "file", "file": {"file_data": url["url"]}},
        {"type": "text", "text": "look", "video_url": url, "image_url": url},
    ]
    for part in parts:
        for model in ("seeing", "blind"):
            assert error_code(chat(gateway, part, model=model)) == (400, "unsupported_feature"), part
    assert host.heads == []
