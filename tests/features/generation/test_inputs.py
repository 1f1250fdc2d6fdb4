from __future__ import annotations

from typing import Any

import pytest

from pluggably.contract.modality import Modality
from pluggably.errors import BlockedURL, InvalidImage, PluggablyError, UnsupportedFeature
from pluggably.features.generation.inputs import chat_messages, checked_messages, has_images
from pluggably.features.generation.schemas import MAX_IMAGES, GenerateRequest
from pluggably.routing.catalogue import LOCAL, Entry
from tests.factories.images import data_url, image_bytes, png_url

SEEING = {"input_modalities": ["text", "image"]}
LOCAL_EYES = Entry("eyes", "eyes", LOCAL, Modality.TEXT, capabilities=SEEING)
REMOTE_EYES = Entry("acme:eyes", "eyes", "acme", Modality.TEXT, capabilities=SEEING)
BLIND = Entry("blind", "blind", LOCAL, Modality.TEXT, capabilities={"input_modalities": ["text"]})


def image(url: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def user(*parts: Any) -> list[dict[str, Any]]:
    return [{"role": "system", "content": "Be brief."}, {"role": "user", "content": list(parts)}]


def test_images_beside_the_messages_go_into_the_last_of_them() -> None:
    request = GenerateRequest.model_validate(
        {"input": {"messages": [{"role": "user", "content": "Look!"}], "images": ["data:image/png;base64,AAAA"]}}
    )
    assert has_images(request)
    assert chat_messages(request) == [
        {"role": "user", "content": [{"type": "text", "text": "Look!"}, image("data:image/png;base64,AAAA")]}
    ]


async def test_the_engine_gets_images_under_their_right_type_and_nothing_beside_them() -> None:
    jpeg = image_bytes("JPEG")
    part = {**image(data_url(jpeg)), "cache_control": {"type": "ephemeral"}}
    before = user({"type": "text", "text": "Look!"}, part)
    after = await checked_messages(LOCAL_EYES, before)
    right = image(data_url(jpeg, "data:image/jpeg;base64,"))
    assert after == user({"type": "text", "text": "Look!"}, right)
    assert before[1]["content"][1] is part, "the caller's messages stay as they are"


async def test_messages_without_parts_pass() -> None:
    messages = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": None, "tool_calls": []}]
    assert await checked_messages(BLIND, messages) == messages


async def test_a_provider_gets_what_the_caller_sent() -> None:
    messages = user(image("https://example.com/cat.png"), {"type": "input_audio", "input_audio": {}})
    assert await checked_messages(REMOTE_EYES, messages) is messages


@pytest.mark.parametrize("entry", [LOCAL_EYES, REMOTE_EYES])
@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("file:///etc/passwd", BlockedURL),
        ("FILE:///etc/passwd", BlockedURL),
        ("ftp://example.com/a.png", BlockedURL),
        ("gopher://127.0.0.1:6379/", BlockedURL),
        ("/etc/passwd", BlockedURL),
        ("iVBORw0KGgo=", BlockedURL),
        ("", BlockedURL),
        ("data:text/html;base64,AAAA", InvalidImage),
        ("artifact:art_1", UnsupportedFeature),
    ],
)
async def test_addresses_that_no_model_may_get(entry: Entry, url: str, error: type[PluggablyError]) -> None:
    for part in (image(url), {"type": "image_url", "image_url": url}):
        with pytest.raises(error):
            await checked_messages(entry, user(part))


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "HTTPS://example.com/cat.png", "http:"])
async def test_the_engine_gets_no_address_to_fetch(url: str) -> None:
    with pytest.raises(UnsupportedFeature, match="data URLs"):
        await checked_messages(LOCAL_EYES, user(image(url)))


@pytest.mark.parametrize(
    "part",
    [
        {"type": "video_url", "video_url": {"url": "http://127.0.0.1/"}},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": ["image_url"], "image_url": None},
        {"text": "no type"},
        "no part",
        None,
    ],
)
@pytest.mark.parametrize("entry", [LOCAL_EYES, BLIND])
async def test_the_engine_gets_text_and_images_alone(entry: Entry, part: Any) -> None:
    with pytest.raises(UnsupportedFeature, match="parts of the type"):
        await checked_messages(entry, user(part))


@pytest.mark.parametrize("part", [{"type": "image_url"}, image(None), image(7), image(["http://127.0.0.1/"])])
async def test_an_image_without_an_address_is_none(part: Any) -> None:
    with pytest.raises(InvalidImage):
        await checked_messages(LOCAL_EYES, user(part))


async def test_a_request_has_so_many_images_and_pixels() -> None:
    most = user(*[image(png_url())] * MAX_IMAGES)
    assert len((await checked_messages(LOCAL_EYES, most))[1]["content"]) == MAX_IMAGES
    with pytest.raises(InvalidImage, match="at most 16 images"):
        await checked_messages(LOCAL_EYES, [*most, {"role": "user", "content": [image(png_url())]}])
    large = image(png_url(size=(6000, 5000)))
    assert await checked_messages(LOCAL_EYES, user(large))
    with pytest.raises(InvalidImage, match="20000000 that are left"):
        await checked_messages(LOCAL_EYES, user(large, large))
