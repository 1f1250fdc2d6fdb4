"""Images: the official OpenAI client against the scene engine and against a vendor."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from openai.types import ImageGenStreamEvent, ImagesResponse
from PIL import Image
from pydantic import TypeAdapter

from tests.factories.gateways import KEY, Gateway, running_gateway
from tests.fakes.media_vendors import PICTURE, MediaVendors, media_vendors_aside

pytestmark = pytest.mark.req("SYS-REQ-001", "SYS-REQ-004")

PROMPT = "a red cube on a blue table"
EVENT: TypeAdapter[Any] = TypeAdapter(ImageGenStreamEvent)


@pytest.fixture(scope="module")
def vendors() -> Iterator[MediaVendors]:
    with media_vendors_aside() as server:
        yield server


@pytest.fixture(scope="module")
def gateway(vendors: MediaVendors, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with the scene engine and an account at OpenAI's."""
    variables = {
        "PLUGGABLY_BUILTIN_MODELS": "true",
        "PLUGGABLY_PROVIDERS__OPENAI__BASE_URL": vendors.base_url("openai"),
        "PLUGGABLY_PROVIDERS__OPENAI__API_KEY": "sk-CANARY-provider",
        "PLUGGABLY_PROVIDERS__OPENAI__MODELS": '["gpt-image-1"]',
    }
    with running_gateway(tmp_path_factory.mktemp("images"), **variables) as running:
        yield running


@pytest.fixture
def client(gateway: Gateway) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=KEY, max_retries=0) as client:
        yield client


def picture(data: str | None) -> Image.Image:
    assert data is not None
    return Image.open(io.BytesIO(base64.b64decode(data)))


def events(gateway: Gateway, **body: Any) -> list[Any]:
    """The events of a stream as they come, each checked against the official client's types."""
    found = []
    for name, data, _ in gateway.events({"prompt": PROMPT, **body}, "/v1/images/generations"):
        assert name == data["type"]
        EVENT.validate_python(data, strict=True)
        found.append(data)
    return found


def test_a_picture_comes_in_base64(gateway: Gateway) -> None:
    with gateway.client() as plain:
        answer = plain.post("/v1/images/generations", json={"prompt": PROMPT, "size": "256x192", "user": "u"}).json()
    response = ImagesResponse.model_validate(answer, strict=True)
    assert (answer["model"], response.output_format, response.size) == ("scene-image", "png", "256x192")
    assert "warnings" not in answer
    assert response.data is not None
    (item,) = response.data
    drawn = picture(item.b64_json)
    assert (drawn.format, drawn.size, item.revised_prompt) == ("PNG", (256, 192), None)


def test_several_of_another_format(client: openai.OpenAI) -> None:
    answer = client.images.generate(model="scene-image", prompt=PROMPT, n=2, size="auto", output_format="jpeg")
    assert answer.data is not None
    assert [picture(item.b64_json).format for item in answer.data] == ["JPEG", "JPEG"]
    assert answer.output_format == "jpeg"


def test_an_address_leads_to_the_picture(client: openai.OpenAI, gateway: Gateway) -> None:
    answer = client.images.generate(model="auto", prompt=PROMPT, response_format="url")
    assert answer.data is not None
    (item,) = answer.data
    assert item.b64_json is None
    assert item.url is not None
    assert item.url.startswith(gateway.url)
    fetched = httpx.get(item.url)  # nothing but the address is needed
    assert Image.open(io.BytesIO(fetched.content)).format == "PNG"


def test_what_the_prompt_said_and_the_picture_lacks_is_told(client: openai.OpenAI) -> None:
    answer = client.images.generate(model="auto", prompt="a zyxwvut", extra_body={"width": 64, "height": 64})
    assert answer.warnings  # type: ignore[attr-defined]
    assert answer.size == "64x64"


def test_a_stream_shows_the_unfinished_picture_first(gateway: Gateway) -> None:
    partial, completed = events(gateway, partial_images=1, size="128x128")
    assert (partial["type"], partial["partial_image_index"]) == ("image_generation.partial_image", 0)
    assert picture(partial["b64_json"]).format == "PNG"
    assert (completed["type"], completed["size"]) == ("image_generation.completed", "128x128")
    assert picture(completed["b64_json"]).size == (128, 128)


def test_a_stream_without_unfinished_pictures_has_the_finished_alone(client: openai.OpenAI) -> None:
    stream: Any = client.images.generate(model="auto", prompt=PROMPT, stream=True)
    assert [event.type for event in stream] == ["image_generation.completed"]


def test_a_vendor_gets_its_own_words_and_its_usage_comes_back(client: openai.OpenAI, vendors: MediaVendors) -> None:
    answer = client.images.generate(
        model="openai:gpt-image-1", prompt=PROMPT, n=2, quality="high", background="opaque", output_format="png"
    )
    assert answer.data is not None
    assert [base64.b64decode(item.b64_json or "") for item in answer.data] == [PICTURE, PICTURE]
    assert (answer.quality, answer.background) == ("high", "opaque")
    assert answer.usage is not None
    assert (answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.total_tokens) == (11, 4160, 4171)


def test_a_vendors_stream_is_told_in_the_same_events(gateway: Gateway) -> None:
    found = events(gateway, model="openai:gpt-image-1", partial_images=1)
    assert [event["type"] for event in found] == ["image_generation.partial_image", "image_generation.completed"]
    assert found[-1]["usage"]["total_tokens"] == 4171


def test_a_failure_on_the_way_ends_the_stream(client: openai.OpenAI) -> None:
    stream: Any = client.images.generate(
        model="openai:gpt-image-1", prompt=f"fails {PROMPT}", stream=True, partial_images=1
    )
    with pytest.raises(openai.APIError) as failed:
        list(stream)
    assert failed.value.code == "provider_error"


def test_pictures_are_accounted_for(gateway: Gateway, client: openai.OpenAI) -> None:
    request_id = client.images.with_raw_response.generate(model="auto", prompt=PROMPT).headers["x-request-id"]
    with gateway.client() as plain:
        status = plain.get(f"/v1/requests/{request_id}/status").json()
    assert (status["status"], status["modality"]) == ("completed", "image")


@pytest.mark.parametrize(
    ("options", "code", "param"),
    [
        ({"quality": "high"}, "unsupported_feature", "quality"),
        ({"background": "transparent"}, "unsupported_feature", "background"),
        ({"style": "vivid"}, "unsupported_feature", "style"),
        ({"output_compression": 50}, "unsupported_feature", "output_compression"),
        ({"extra_body": {"mood": "blue"}}, "unsupported_feature", "mood"),
        ({"response_format": "url", "stream": True}, "unsupported_feature", "response_format"),
        ({"n": 5}, "validation_error", "n"),
        ({"n": 11}, "validation_error", "n"),
        ({"size": "huge"}, "validation_error", "size"),
        ({"prompt": ""}, "validation_error", "prompt"),
        ({"partial_images": 4, "stream": True}, "validation_error", "partial_images"),
    ],
)
def test_what_can_not_be_done_is_said(client: openai.OpenAI, options: Any, code: str, param: str) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.images.generate(**{"model": "scene-image", "prompt": PROMPT, **options})
    assert (refused.value.code, refused.value.param) == (code, param)


def test_what_asks_for_what_happens_anyway_is_accepted(client: openai.OpenAI) -> None:
    answer = client.images.generate(
        model="auto", prompt=PROMPT, n=1, quality="standard", background="auto", moderation="auto", size="auto"
    )
    assert answer.data


def test_a_model_of_meshes_makes_no_pictures(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.images.generate(model="scene-3d", prompt=PROMPT)
    assert refused.value.code == "modality_mismatch"


def drawn(size: tuple[int, int] = (64, 48), kind: str = "PNG") -> bytes:
    held = io.BytesIO()
    Image.new("RGBA" if kind == "PNG" else "RGB", size, "red").save(held, kind)
    return held.getvalue()


def test_the_scene_engine_draws_before_the_picture_that_it_gets(client: openai.OpenAI) -> None:
    first = client.images.generate(model="scene-image", prompt=PROMPT, size="256x256")
    assert first.data is not None
    before = base64.b64decode(first.data[0].b64_json or "")
    answer = client.images.edit(
        model="scene-image", image=("scene.png", before), prompt="a green sphere", n=1, size="256x256"
    )
    assert answer.data is not None
    (item,) = answer.data
    after = picture(item.b64_json)
    assert (after.format, after.size) == ("PNG", (256, 256))
    assert after.tobytes() != picture(first.data[0].b64_json).tobytes()


def test_a_vendor_gets_the_images_the_mask_and_the_parameters(client: openai.OpenAI, vendors: MediaVendors) -> None:
    vendors.requests.clear()
    answer = client.images.edit(
        model="openai:gpt-image-1", image=[("a.png", drawn()), ("b.jpg", drawn(kind="JPEG"))],
        mask=("mask.png", drawn((64, 48))), prompt="a hat on it", n=2, size="1024x1024", quality="high",
        extra_body={"output_compression": 50, "output_format": "jpeg"},
    )  # fmt: skip
    assert answer.data is not None
    assert [base64.b64decode(item.b64_json or "") for item in answer.data] == [PICTURE, PICTURE]
    (sent,) = vendors.asked("/images/edits")
    form = sent.form
    assert [data[:4] for data in form["image[]"]] == [b"\x89PNG", b"\xff\xd8\xff\xe0"]
    assert [data[:4] for data in form["mask"]] == [b"\x89PNG"]
    texts = {name: values[0] for name, values in form.items() if name not in ("image[]", "mask")}
    assert texts == {
        "model": b"gpt-image-1", "prompt": b"a hat on it", "n": b"2", "size": b"1024x1024", "quality": b"high",
        "output_compression": b"50", "output_format": b"jpeg",
    }  # fmt: skip


def test_an_edit_is_streamed_in_events_of_its_own(client: openai.OpenAI) -> None:
    stream = client.images.edit(
        model="openai:gpt-image-1", image=("a.png", drawn()), prompt="a hat", stream=True, partial_images=2
    )
    kinds = [event.type for event in stream]
    assert kinds[-1] == "image_edit.completed"
    assert set(kinds[:-1]) == {"image_edit.partial_image"}


def test_an_edit_s_address_leads_to_the_picture(client: openai.OpenAI, gateway: Gateway) -> None:
    answer = client.images.edit(
        model="openai:gpt-image-1", image=("a.png", drawn()), prompt="a hat", response_format="url"
    )
    assert answer.data is not None
    assert httpx.get(answer.data[0].url or "").content == PICTURE


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ({"image": ("a.png", b"no picture")}, "invalid_image", "image"),
        ({"image": ("a.png", drawn()[:60])}, "invalid_image", "image"),
        ({"image": ("a.png", drawn()), "mask": ("m.png", b"no picture")}, "invalid_image", "mask"),
        ({"image": ("a.png", drawn()), "mask": ("m.png", drawn())}, "unsupported_feature", "mask"),
        ({"image": [("a.png", drawn())] * 30}, "validation_error", "body"),
        ({"image": ("a.png", drawn()), "n": 99}, "validation_error", "n"),
        ({"image": ("a.png", drawn()), "background": "transparent"}, "unsupported_feature", "background"),
        ({"image": []}, "validation_error", "image"),
    ],
)
def test_a_bad_edit_is_refused_with_what_is_wrong(
    client: openai.OpenAI, given: dict[str, Any], code: str, param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.images.edit(**{"model": "scene-image", "prompt": "make it blue", **given})
    assert (refused.value.code, refused.value.param) == (code, param)


def test_what_is_no_form_and_variations_are_refused(gateway: Gateway) -> None:
    with gateway.client() as plain:
        for body, status in ((b"{}", 415), (b"", 400)):
            headers = {"content-type": "application/json"} if body else {}
            assert plain.post("/v1/images/edits", content=body, headers=headers).status_code == status
        headers = {"content-type": "multipart/form-data; boundary=x"}
        assert plain.post("/v1/images/edits", content=b"--y", headers=headers).status_code == 400
        refused = plain.post("/v1/images/variations", files={"image": ("a.png", drawn())})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "unsupported_feature")
