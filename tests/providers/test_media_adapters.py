"""What each image and 3D vendor is asked, and what its answers mean: a real server for every wire format."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pluggably.contract.calls import Reply
from pluggably.contract.media import MediaProgress, MediaRequest, MediaResult, NextCall, VendorResult
from pluggably.contract.modality import Modality
from pluggably.contract.provider import ExplainsErrors, KnowsModels, MediaAdapter
from pluggably.contract.text import Usage
from pluggably.errors import (
    ContentRefused,
    CreditsExhausted,
    InvalidImage,
    PluggablyError,
    ProviderError,
    ProviderUnavailable,
    UnsupportedFeature,
    ValidationFailed,
)
from pluggably.kit.http import Address, HttpClient, Timeouts
from pluggably.providers._links import LinkFetcher
from pluggably.providers._tasks import MediaDriver, Pace
from pluggably.providers._transport import Account, Transport
from pluggably.providers.catalogue import BUILT_IN
from tests.factories.images import data_url
from tests.fakes.media_vendors import JPEG, MESH, PICTURE, MediaVendors, media_vendors

KEY = "sk-CANARY-0123456789"
PNG = data_url(PICTURE)
JPG = data_url(JPEG, "data:image/jpeg;base64,")
PROVIDERS = {provider.name: provider for provider in BUILT_IN}
MEDIA: list[tuple[str, Modality, MediaAdapter]] = [
    (provider.name, modality, adapter)  # type: ignore[misc]
    for provider in PROVIDERS.values()
    for modality, adapter in provider.adapters.items()
    if modality is not Modality.TEXT
]
pytestmark = pytest.mark.req("SYS-REQ-002", "TEST-INT-001")


@pytest.fixture
async def vendors() -> AsyncIterator[MediaVendors]:
    """The vendors on loopback."""
    async with media_vendors() as server:
        yield server


class Asker:
    """Asks a vendor through the driver."""

    def __init__(self, http: HttpClient, vendors: MediaVendors) -> None:
        self._vendors = vendors
        self.links = LinkFetcher(http)
        self.driver = MediaDriver(Transport(http), self.links, Pace(first_s=0.01, longest_s=0.02))

    async def __call__(
        self,
        name: str,
        prompt: str = "",
        *,
        model: str = "",
        modality: Modality = Modality.IMAGE,
        images: list[str] | None = None,
        previews: bool = False,
        **parameters: Any,
    ) -> tuple[MediaResult, list[MediaProgress]]:
        """The result, and the progress before it."""
        provider = PROVIDERS[name]
        adapter: Any = provider.adapters[modality]
        base = Address(self._vendors.base_url(name))
        secrets = {"api_key": KEY}
        account = Account(name, base, provider.headers(secrets), secrets, Timeouts(2, 5, 5, 20))
        schema = adapter.describe(model).parameters
        jsonschema_rs.Draft202012Validator(schema).validate(parameters)
        request = MediaRequest(modality, prompt, images or [], parameters, previews)
        events = [event async for event in self.driver.make(account, adapter, request, model)]
        result = events.pop()
        assert isinstance(result, MediaResult)
        return result, [event for event in events if isinstance(event, MediaProgress)]


@pytest.fixture
async def ask(http: HttpClient, vendors: MediaVendors) -> AsyncIterator[Asker]:
    """Asks the vendors."""
    asker = Asker(http, vendors)
    yield asker
    await asker.driver.close()
    await asker.links.close()


# every vendor
@pytest.mark.parametrize(
    ("name", "modality", "adapter"), MEDIA, ids=[f"{name}-{kind.value}" for name, kind, _ in MEDIA]
)
def test_every_adapter_describes_its_models(name: str, modality: Modality, adapter: MediaAdapter) -> None:
    assert isinstance(adapter, KnowsModels)
    for model in (*adapter.models, "some/new-model"):
        described = adapter.describe(model)
        jsonschema_rs.meta.validate(described.parameters)
        for parameter in described.parameters["properties"].values():
            assert parameter["title"]
            assert parameter["description"]
        assert described.output_formats == ("glb",) if modality is Modality.MESH else described.output_formats
    assert all(adapter.claims(model) for model in adapter.models)


def test_no_model_of_the_shipped_tables_is_claimed_for_two_modalities() -> None:
    for provider in PROVIDERS.values():
        adapters = [adapter for adapter in provider.adapters.values() if isinstance(adapter, KnowsModels)]
        for model in [model for adapter in adapters for model in adapter.models]:
            assert sum(adapter.claims(model) for adapter in adapters) == 1


KEYS = [
    "url", "glb", "message", "loc", "msg", "type", "content", "parts", "inlineData", "data", "text", "b64_json",
    "finishReason", "blockReason", "promptTokenCount", "input_tokens", "output_tokens", "image_token",
]  # fmt: skip
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.just("https://a.example/x.glb"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner),
    max_leaves=8,
)
STATES = st.sampled_from(
    ["IN_QUEUE", "IN_PROGRESS", "COMPLETED", "PENDING", "SUCCEEDED", "FAILED", "succeeded", "processing", "failed",
     "success", "queued", "running", "banned", "new"]
)  # fmt: skip
PIECES: dict[str, Any] = dict.fromkeys(
    ["data", "images", "output", "logs", "error", "model_urls", "queue_position", "preceding_tasks", "progress",
     "candidates", "promptFeedback", "usage", "usageMetadata", "image", "finish_reason", "task_error", "result",
     "running_left_time", "has_nsfw_concepts", "model_mesh", "detail", "errors", "name"],
    JSON,
)  # fmt: skip
PIECES |= dict.fromkeys(["id", "request_id", "task_id"], st.just("t1") | JSON)
PIECES |= {"status": STATES | JSON, "code": st.just(0) | JSON}
BODIES = st.fixed_dictionaries({}, optional=PIECES)


@settings(max_examples=120, deadline=None)
@given(BODIES, BODIES, st.sampled_from(MEDIA))
def test_no_answer_is_read_as_anything_but_a_result_or_an_error(
    body: dict[str, Any], data: dict[str, Any], which: tuple[str, Modality, Any]
) -> None:
    _, modality, adapter = which
    request = MediaRequest(modality, "a cat", [PNG])
    for content in ({**body}, {**body, "code": 0, "data": data}):
        reply = Reply(200, {}, json.dumps(content).encode())
        for read in (getattr(adapter, "next_call", None), adapter.read):
            with suppress(PluggablyError):
                found = read(reply, request, "owner/name") if read else None
                assert found is None or isinstance(found, VendorResult | NextCall)
        if isinstance(adapter, ExplainsErrors):
            assert isinstance(adapter.explain(Reply(403, {}, reply.body)), PluggablyError | None)
            assert isinstance(adapter.explain(Reply(422, {}, reply.body)), PluggablyError | None)


@pytest.mark.parametrize("vendor", ["openai", "stability", "huggingface", "tripo", "google"])
async def test_an_image_that_must_be_sent_itself_is_no_address(
    ask: Asker, vendors: MediaVendors, vendor: str
) -> None:
    modality = Modality.MESH if vendor == "tripo" else Modality.IMAGE
    with pytest.raises(UnsupportedFeature) as refused:
        await ask(vendor, "a cat", model="a/sd3.5", modality=modality, images=["https://example.org/a.png"])
    assert refused.value.param == "input.images"
    assert vendors.requests == []


async def test_broken_base64_is_refused_before_anybody_is_asked(ask: Asker, vendors: MediaVendors) -> None:
    with pytest.raises(InvalidImage):
        await ask("openai", "a cat", model="gpt-image-1", images=["data:image/png;base64,@@@"])
    assert vendors.requests == []


@pytest.mark.parametrize(
    ("vendor", "modality", "longest"),
    [("openai", Modality.IMAGE, 32_000), ("meshy", Modality.MESH, 600), ("tripo", Modality.MESH, 1024)],
)
async def test_a_prompt_is_never_cut(ask: Asker, vendor: str, modality: Modality, longest: int) -> None:
    await ask(vendor, ("quick " + "x" * longest)[:longest], model="m", modality=modality)
    with pytest.raises(UnsupportedFeature) as refused:
        await ask(vendor, "x" * (longest + 1), model="m", modality=modality)
    assert refused.value.param == "input.prompt"


# OpenAI
async def test_openai_generates(ask: Asker, vendors: MediaVendors) -> None:
    more = {"size": "1024x1536", "quality": "low", "background": "transparent", "format": "png", "count": 2}
    result, _ = await ask("openai", "a cat", model="gpt-image-1", **more)
    assert [(item.media_type, item.width, item.height) for item in result.items] == [("image/png", 64, 48)] * 2
    assert result.usage == Usage(11, 4160, image_completion_tokens=4160)
    (sent,) = vendors.requests
    assert (sent.path, sent.headers["authorization"]) == ("/openai/images/generations", f"Bearer {KEY}")
    assert sent.json == {
        "model": "gpt-image-1",
        "prompt": "a cat",
        "size": "1024x1536",
        "quality": "low",
        "background": "transparent",
        "output_format": "png",
        "n": 2,
    }


@pytest.mark.parametrize("images", [[], [PNG]])
async def test_openai_streams_unfinished_images(ask: Asker, vendors: MediaVendors, images: list[str]) -> None:
    result, progress = await ask("openai", "a cat", model="gpt-image-1", images=images, previews=True)
    assert [(event.progress_pct, event.step, event.steps, event.preview) for event in progress] == [
        (33.3, 1, 3, PNG),
        (66.7, 2, 3, PNG),
    ]
    assert (result.items[0].data, result.usage) == (PICTURE, Usage(11, 4160, image_completion_tokens=4160))


async def test_openai_edits_with_every_image_as_a_file(ask: Asker, vendors: MediaVendors) -> None:
    await ask("openai", "a cät", model="gpt-image-1", images=[PNG, JPG], output_compression=50)
    (sent,) = vendors.requests
    assert sent.path == "/openai/images/edits"
    form = sent.form
    assert form["image[]"] == [PICTURE, JPEG]
    assert (form["prompt"], form["model"]) == (["a cät".encode()], [b"gpt-image-1"])
    assert b'filename="image2.jpeg"\r\nContent-Type: image/jpeg' in sent.body


async def test_a_parameter_without_effect_is_a_warning(ask: Asker) -> None:
    result, _ = await ask("openai", "a cat", model="gpt-image-1", output_compression=50)
    assert result.warnings == ["`output_compression` has no effect on PNG."]


@pytest.mark.parametrize(
    ("prompt", "previews", "kind"),
    [
        ("refused", False, ContentRefused),
        ("refused", True, ContentRefused),
        ("page", False, ProviderError),
        ("page", True, ProviderError),
        ("damaged", False, ProviderError),
        ("fails", True, ProviderError),
        ("truncated", True, ProviderError),
    ],
)
async def test_what_openai_answers_instead_of_an_image(
    ask: Asker, prompt: str, previews: bool, kind: type[PluggablyError]
) -> None:
    with pytest.raises(kind):
        await ask("openai", prompt, model="gpt-image-1", previews=previews)


# xAI
async def test_xai_generates_and_edits_as_json(ask: Asker, vendors: MediaVendors) -> None:
    result, _ = await ask("xai", "a cat", model="grok-imagine-image", count=2, aspect_ratio="20:9", resolution="2k")
    assert [item.media_type for item in result.items] == ["image/jpeg"] * 2
    await ask("xai", "a cat", model="grok-imagine-image", images=[PNG])
    await ask("xai", "a cat", model="grok-imagine-image", images=[PNG, JPG])
    first, second, third = vendors.requests
    assert first.json == {
        "model": "grok-imagine-image",
        "prompt": "a cat",
        "response_format": "b64_json",
        "n": 2,
        "aspect_ratio": "20:9",
        "resolution": "2k",
    }
    assert (second.path, second.json["image"]["url"]) == ("/xai/images/edits", PNG)
    assert [image["url"] for image in third.json["images"]] == [PNG, JPG]


async def test_images_that_xai_refused_are_left_out_and_said(ask: Asker) -> None:
    result, _ = await ask("xai", "partly", model="grok-imagine-image", count=3)
    assert len(result.items) == 2
    assert result.warnings == ["xAI refused 1 of 3 images; left out."]
    with pytest.raises(ContentRefused):
        await ask("xai", "refused", model="grok-imagine-image")


# Google
async def test_gemini_draws_from_text_and_images(ask: Asker, vendors: MediaVendors) -> None:
    result, _ = await ask(
        "google", "a cat", model="gemini-2.5-flash-image", images=[PNG], aspect_ratio="16:9", image_size="2K", seed=4
    )
    assert (result.items[0].data, result.usage) == (PICTURE, Usage(9, 1290, image_completion_tokens=1290))
    (sent,) = vendors.requests
    assert sent.path == "/google/models/gemini-2.5-flash-image:generateContent"
    assert sent.headers["x-goog-api-key"] == KEY
    assert sent.json == {
        "contents": [
            {
                "role": "user",
                "parts": [
                    {"text": "a cat"},
                    {"inlineData": {"mimeType": "image/png", "data": PNG.partition(",")[2]}},
                ],
            }
        ],
        "generationConfig": {
            "responseModalities": ["IMAGE"],
            "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"},
            "seed": 4,
        },
    }


@pytest.mark.parametrize(
    ("prompt", "kind"), [("blocked", ContentRefused), ("unsafe", ContentRefused), ("talks", ProviderError)]
)
async def test_why_gemini_drew_nothing(ask: Asker, prompt: str, kind: type[PluggablyError]) -> None:
    with pytest.raises(kind) as caught:
        await ask("google", prompt, model="gemini-2.5-flash-image")
    assert type(caught.value) is kind


# Stability
@pytest.mark.parametrize(
    ("model", "service", "sent"),
    [
        ("ultra", "ultra", {"strength": [b"0.6"]}),
        ("sd3.5-large", "sd3", {"strength": [b"0.6"], "model": [b"sd3.5-large"], "mode": [b"image-to-image"]}),
    ],
)
async def test_stability_starts_from_an_image(
    ask: Asker, vendors: MediaVendors, model: str, service: str, sent: dict[str, list[bytes]]
) -> None:
    result, _ = await ask("stability", "a cat", model=model, images=[PNG], seed=3, negative_prompt="dogs")
    assert result.items[0].data == PICTURE
    assert result.warnings == ["No `strength` was given: 0.6 was taken."]
    (request,) = vendors.requests
    assert request.path == f"/stability/v2beta/stable-image/generate/{service}"
    assert request.headers["accept"] == "application/json"
    assert request.form == {
        "prompt": [b"a cat"],
        "seed": [b"3"],
        "negative_prompt": [b"dogs"],
        "image": [PICTURE],
        **sent,
    }


async def test_what_stability_can_t_do_is_refused_by_its_name(ask: Asker, vendors: MediaVendors) -> None:
    for model, images, more, param in (
        ("core", [PNG], {}, "input.images"),
        ("ultra", [], {"strength": 0.5}, "parameters.strength"),
        ("sd3.5-medium", [PNG], {"aspect_ratio": "1:1"}, "parameters.aspect_ratio"),
    ):
        with pytest.raises(UnsupportedFeature) as refused:
            await ask("stability", "a cat", model=model, images=images, **more)
        assert refused.value.param == param
    assert vendors.requests == []


@pytest.mark.parametrize(
    ("prompt", "kind"), [("refused", ContentRefused), ("filtered", ContentRefused), ("invalid", ValidationFailed)]
)
async def test_stability_s_refusals(ask: Asker, prompt: str, kind: type[PluggablyError]) -> None:
    with pytest.raises(kind):
        await ask("stability", prompt, model="core")


async def test_stable_fast_3d_answers_with_the_mesh(ask: Asker, vendors: MediaVendors) -> None:
    result, _ = await ask(
        "stability", model="stable-fast-3d", modality=Modality.MESH, images=[PNG], texture_resolution="512"
    )
    assert (result.items[0].data, result.items[0].faces) == (MESH, 20)
    assert vendors.requests[0].form == {"texture_resolution": [b"512"], "image": [PICTURE]}
    with pytest.raises(UnsupportedFeature) as refused:
        await ask("stability", "a chair", model="stable-fast-3d", modality=Modality.MESH)
    assert refused.value.param == "input.images"


# Hugging Face
async def test_hugging_face_is_asked_beside_its_chat(ask: Asker, vendors: MediaVendors) -> None:
    more = {"size": "512x256", "steps": 4, "guidance": 2.5, "seed": 1}
    result, _ = await ask("huggingface", "a cat", model="org/painter-1.0", **more)
    assert (result.items[0].media_type, result.items[0].width) == ("image/jpeg", 40)
    (sent,) = vendors.requests
    assert sent.path == "/huggingface/hf-inference/models/org/painter-1.0"
    assert sent.json == {
        "inputs": "a cat",
        "parameters": {"width": 512, "height": 256, "num_inference_steps": 4, "guidance_scale": 2.5, "seed": 1},
    }
    with pytest.raises(ProviderUnavailable):
        await ask("huggingface", "cold", model="org/painter-1.0")
    for name in ("../../secret", "org/..", "painter"):
        with pytest.raises(UnsupportedFeature):
            await ask("huggingface", "a cat", model=name)


# Replicate
async def test_replicate_runs_an_official_model_and_tells_its_progress(ask: Asker, vendors: MediaVendors) -> None:
    result, progress = await ask(
        "replicate", "queue cat", model="black-forest-labs/flux-schnell", count=1, go_fast=True, aspect_ratio="1:1"
    )
    assert [event.progress_pct for event in progress] == [10, 60]
    assert result.items[0].media_type == "image/webp"
    sent = vendors.requests[0]
    assert sent.path == "/replicate/models/black-forest-labs/flux-schnell/predictions"
    assert sent.json == {"input": {"num_outputs": 1, "go_fast": True, "aspect_ratio": "1:1", "prompt": "queue cat"}}


async def test_replicate_runs_a_version_of_any_model(ask: Asker, vendors: MediaVendors) -> None:
    version = "0123456789abcdef" * 4
    result, _ = await ask("replicate", model=f"firtoz/trellis:{version}", modality=Modality.MESH, images=[PNG])
    assert result.items[0].data == MESH
    assert vendors.requests[0].json == {"version": version, "input": {"images": [PNG]}}


async def test_a_prediction_that_was_taken_for_unsafe_is_a_refusal(ask: Asker) -> None:
    with pytest.raises(ContentRefused):
        await ask("replicate", "refused", model="a/b")
    with pytest.raises(ProviderError, match="canceled"):
        await ask("replicate", "cancelled", model="a/b")
    for name in ("flux", "a/b/c", "a/b:latest", "../x"):
        with pytest.raises(UnsupportedFeature) as refused:
            await ask("replicate", "cat", model=name)
        assert refused.value.param == "model"


# Meshy
async def test_meshy_makes_a_mesh_from_an_image(ask: Asker, vendors: MediaVendors) -> None:
    result, _ = await ask(
        "meshy", "a cat", model="meshy-6", modality=Modality.MESH, images=[PNG], texture_prompt="fur", topology="quad"
    )
    assert result.items[0].data == MESH
    assert result.warnings == ["The prompt has no effect: the mesh is made from the image."]
    assert vendors.requests[0].path == "/meshy/v1/image-to-3d"
    assert vendors.requests[0].json == {
        "image_url": PNG,
        "should_texture": True,
        "texture_prompt": "fur",
        "ai_model": "meshy-6",
        "topology": "quad",
    }


async def test_parameters_of_textures_are_warned_of_where_there_are_none(ask: Asker) -> None:
    result, _ = await ask(
        "meshy", "quick chair", model="meshy-6", modality=Modality.MESH, textured=False, enable_pbr=True
    )
    assert result.warnings == ["`enable_pbr` has no effect without `textured`."]


# Tripo
async def test_tripo_uploads_the_image_first(ask: Asker, vendors: MediaVendors) -> None:
    result, _ = await ask("tripo", model="v3.0-20250812", modality=Modality.MESH, images=[JPG], seed=9)
    assert result.items[0].data == MESH
    assert result.items[0].preview is not None
    assert result.items[0].preview.startswith(b"\x89PNG")
    upload, task = vendors.requests[:2]
    assert (upload.path, upload.form) == ("/tripo/upload/sts", {"file": [JPEG]})
    assert task.json == {
        "type": "image_to_model",
        "file": {"type": "jpg", "file_token": "token-1"},
        "model_version": "v3.0-20250812",
        "model_seed": 9,
    }


async def test_tripo_tells_its_queue_its_progress_and_the_time_left(ask: Asker) -> None:
    _, progress = await ask("tripo", "queue chair", model="v3.0-20250812", modality=Modality.MESH)
    assert [(event.queue_position, event.progress_pct, event.eta_s) for event in progress] == [
        (2, None, None),
        (1, None, None),
        (None, 10, 12),
        (None, 60, 12),
    ]


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ("poor", CreditsExhausted),
        ("forbidden", ContentRefused),
        ("banned", ContentRefused),
        ("fails", ProviderError),
        ("expires", ProviderError),
        ("cancelled", ProviderError),
    ],
)
async def test_tripo_s_failures(ask: Asker, prompt: str, kind: type[PluggablyError]) -> None:
    with pytest.raises(kind) as caught:
        await ask("tripo", prompt, model="v3.0-20250812", modality=Modality.MESH)
    assert type(caught.value) is kind


# fal
async def test_fal_maps_what_it_knows_and_passes_the_rest_on(ask: Asker, vendors: MediaVendors) -> None:
    more = {"size": "768x512", "count": 1, "steps": 4, "guidance": 3, "format": "jpeg", "acceleration": "high"}
    result, progress = await ask("fal", "queue cat", model="fal-ai/flux/dev", **more)
    assert [event.queue_position for event in progress] == [2, 1]
    assert len(result.items) == 1
    submit, *polls = vendors.asked("/fal/")
    assert (submit.path, submit.headers["authorization"]) == ("/fal/fal-ai/flux/dev", f"Key {KEY}")
    assert submit.json == {
        "num_images": 1,
        "num_inference_steps": 4,
        "guidance_scale": 3,
        "output_format": "jpeg",
        "acceleration": "high",
        "image_size": {"width": 768, "height": 512},
        "prompt": "queue cat",
    }
    assert {poll.path.partition("/requests/")[0] for poll in polls} == {"/fal/fal-ai/flux"}


async def test_fal_makes_a_mesh_from_an_image(ask: Asker, vendors: MediaVendors) -> None:
    result, _ = await ask("fal", model="fal-ai/trellis", modality=Modality.MESH, images=[PNG])
    assert result.items[0].data == MESH
    assert vendors.requests[0].json == {"image_url": PNG}


@pytest.mark.parametrize(
    ("prompt", "kind"), [("fails", ProviderError), ("refused", ContentRefused), ("invalid", ValidationFailed),
                         ("unsafe", ContentRefused), ("poor", CreditsExhausted)]
)  # fmt: skip
async def test_fal_s_failures(ask: Asker, prompt: str, kind: type[PluggablyError]) -> None:
    with pytest.raises(kind) as caught:
        await ask("fal", prompt, model="fal-ai/flux/dev")
    assert type(caught.value) is kind


async def test_every_image_taken_for_unsafe_is_a_refusal(ask: Asker) -> None:
    with pytest.raises(ContentRefused):
        await ask("fal", "cat", model="fal-ai/flux/dev", count=2, unsafe=2)
