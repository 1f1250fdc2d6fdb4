"""`POST /v1/images/edits`: pictures made of pictures, in OpenAI's form; `variations` are refused.

Source: https://platform.openai.com/docs/api-reference/images/createEdit
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from pydantic import ValidationError
from pydantic_core import from_json
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from pluggably.compat.images import ImageAnswer
from pluggably.compat.images_schemas import ImageEditForm, Images, ImagesRequest, model_parameters
from pluggably.contract.media import MediaRequest
from pluggably.contract.modality import Modality
from pluggably.errors import InvalidImage, UnsupportedFeature, UnsupportedMediaType, ValidationFailed
from pluggably.features.generation.images import ImageInputs, image_urls
from pluggably.features.generation.schemas import MAX_IMAGES
from pluggably.features.generation.service import ERRORS, GenerationService
from pluggably.features.users.access import CanGenerate
from pluggably.kit.connection import ClientGone, UntilGone
from pluggably.kit.edge import facts_of
from pluggably.kit.images import MAX_BYTES, read_image
from pluggably.kit.openapi import documented, request_body
from pluggably.kit.routes import VendorRoute
from pluggably.kit.validation import refused
from pluggably.routing.catalogue import Entry
from pluggably.routing.selection import Wish

PATH = "/v1/images/edits"
VARIATIONS_PATH = "/v1/images/variations"
FORMS = frozenset({PATH, VARIATIONS_PATH})
"""Whose bodies are forms."""
_MOST_FIELDS = 64
_LONGEST_FIELD = 256 * 1024
_IMAGE, _MASK = "image", "mask"
_IMAGES = ("image", "image[]")
_WRITTEN = ("integer", "number", "boolean", "array", "object")


@dataclass(frozen=True, slots=True)
class _Form:
    """A form that was read: its fields of text, its images and its mask."""

    texts: dict[str, str]
    images: list[bytes]
    mask: bytes | None


async def edit_images(request: Request, caller: CanGenerate) -> None:
    """Make images of images, in OpenAI's form."""
    facts = facts_of(request.scope)
    service: GenerationService = request.app.state.generation
    try:
        form = await _read(request)
        body = _checked(form.texts)
        if request.app.state.settings.log_prompts:
            facts.prompt = body.prompt
        if body.stream and body.response_format == "url":
            raise UnsupportedFeature("A stream carries the images themselves.", param="response_format")
        if not form.images:
            raise ValidationFailed.of(_IMAGE, "is missing: an edit starts from an image")
        plan = service.plan(
            caller,
            Wish(model=body.model, modality=Modality.IMAGE, has_images=True, preferred=caller.preferred_models),
        )
        said = await asyncio.to_thread(_message, body.prompt, form.images)
        mask = None if form.mask is None else (await read_image(form.mask, param=_MASK)).url
        inputs: ImageInputs = request.app.state.image_inputs

        async def prepare(entry: Entry) -> MediaRequest:
            parameters = model_parameters(entry, _values(entry, body))
            try:
                messages = await inputs.checked(entry, [said], caller.user_id)
            except (InvalidImage, UnsupportedFeature) as error:
                error.param = _IMAGE
                raise
            previews = bool(body.stream and body.partial_images)
            return MediaRequest(Modality.IMAGE, body.prompt, image_urls(messages), parameters, previews, mask=mask)

        work = await prepare(plan.selection.entry)
        async with (
            UntilGone(request.receive, request.scope) as client,
            service.begin(caller, facts, plan, PATH, work, prepare) as generation,
        ):
            answer = ImageAnswer(request, facts, generation, body, "image_edit")
            await (answer.stream if body.stream else answer.whole)(client)
    except ClientGone:
        facts.cancelled = True


async def vary_images(_request: Request, _caller: CanGenerate) -> None:
    """Refuse: no model here makes variations without a prompt."""
    raise UnsupportedFeature(f"Variations are not made: ask `{PATH}` for an edit, with a prompt.")


async def _read(request: Request) -> _Form:
    """The form. Raises `UnsupportedMediaType`, `ValidationFailed`, `InvalidImage` or `ClientGone`."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in ("", "multipart/form-data"):
        raise UnsupportedMediaType("Send the body as `multipart/form-data`.")
    texts: dict[str, str] = {}
    images: list[bytes] = []
    mask: bytes | None = None
    try:
        async with request.form(
            max_files=MAX_IMAGES + 1, max_fields=_MOST_FIELDS, max_part_size=_LONGEST_FIELD
        ) as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    data = await _file(name, value)
                    if name in _IMAGES:
                        images.append(data)
                    elif name == _MASK and mask is None:
                        mask = data
                    else:
                        raise ValidationFailed.of(name[:64], "is no file that an edit takes")
                elif name in (*_IMAGES, _MASK):
                    raise ValidationFailed.of(name, "is a file, with a name and a type")
                else:
                    texts[name] = value
    except HTTPException as error:
        raise ValidationFailed.of("body", f"is no form that can be read: {error.detail}") from error
    except ClientDisconnect as error:
        raise ClientGone from error
    return _Form(texts, images, mask)


async def _file(name: str, file: UploadFile) -> bytes:
    if file.size is not None and file.size > MAX_BYTES:
        raise InvalidImage(f"The image is larger than {MAX_BYTES // 2**20} MiB.", param=name.removesuffix("[]"))
    return await file.read()


def _checked(texts: dict[str, str]) -> ImagesRequest:
    try:
        return ImagesRequest.model_validate(texts)
    except ValidationError as error:
        raise refused(error) from error


def _values(entry: Entry, body: ImagesRequest) -> dict[str, Any]:
    """The fields that were given: numbers and switches of the model's own parameters are texts in a form."""
    given = body.model_dump(exclude_unset=True)
    known = entry.parameters.get("properties", {})
    for name, value in (body.model_extra or {}).items():
        if known.get(name, {}).get("type") in _WRITTEN:
            try:
                given[name] = from_json(value)
            except ValueError:
                given[name] = value  # the schema says what is wrong with it
    return given


def _message(prompt: str, images: list[bytes]) -> dict[str, Any]:
    """The chat message that says the same; what kind of image each is, its bytes tell."""
    urls = [f"data:image/png;base64,{b64encode(data).decode()}" for data in images]
    parts = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    return {"role": "user", "content": [{"type": "text", "text": prompt}, *parts]}


router = APIRouter(tags=["OpenAI"])
router.routes += [
    VendorRoute(
        PATH,
        edit_images,
        methods=["POST"],
        tags=["OpenAI"],
        summary="Images made of images, as OpenAI has them",
        openapi_extra=request_body(ImageEditForm, "multipart/form-data"),
        responses=documented(*ERRORS, response=Images, events=True),
    ),
    VendorRoute(
        VARIATIONS_PATH,
        vary_images,
        methods=["POST"],
        tags=["OpenAI"],
        summary="Variations of an image: refused",
        responses=documented(UnsupportedFeature),
    ),
]
