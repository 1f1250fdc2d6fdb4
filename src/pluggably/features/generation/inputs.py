"""The input of a text request as chat messages; images are checked before anything is asked."""

from __future__ import annotations

from typing import Any

from pluggably.contract.media import MediaRequest
from pluggably.errors import BlockedURL, InvalidImage, UnsupportedFeature
from pluggably.features.generation.schemas import MAX_IMAGES, GenerateRequest
from pluggably.kit.images import MAX_PIXELS, read_data_url
from pluggably.routing.catalogue import LOCAL, Entry

_PARAM = "input.images"


def has_images(request: GenerateRequest) -> bool:
    """Whether a request brings images, beside the messages or in them."""
    messages = request.input.messages or ()
    return bool(request.input.images) or any(
        part.type == "image_url"
        for message in messages
        if isinstance(message.content, list)
        for part in message.content
    )


def chat_messages(request: GenerateRequest) -> list[dict[str, Any]]:
    """OpenAI's chat messages for this request."""
    given = request.input
    messages: list[dict[str, Any]]
    if given.messages is not None:
        messages = [message.model_dump(exclude_none=True, mode="json") for message in given.messages]
    else:
        messages = [{"role": "user", "content": given.prompt or ""}]
    if given.images:
        last = messages[-1]
        content = last.get("content") or []
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else list(content)
        parts += [{"type": "image_url", "image_url": {"url": image}} for image in given.images]
        messages[-1] = {**last, "content": parts}
    if request.system_prompt:
        messages.insert(0, {"role": "system", "content": request.system_prompt})
    return messages


async def media_request(entry: Entry, request: GenerateRequest, parameters: dict[str, Any]) -> MediaRequest:
    """What to draw or to model: the last thing that the user said, with the images of the whole chat.

    Raises what `checked_messages` raises, and `UnsupportedFeature` for a system prompt, which would be dropped.
    """
    if request.system_prompt:
        raise UnsupportedFeature(f"{entry.id} takes no system prompt.", param="system_prompt")
    messages = await checked_messages(entry, chat_messages(request))
    said = [message.get("content") for message in messages if message["role"] == "user"] or [""]
    prompt = "".join(part.get("text", "") for part in said[-1]) if isinstance(said[-1], list) else said[-1] or ""
    return MediaRequest(entry.modality, prompt, image_urls(messages), parameters, previews=bool(request.stream))


def image_urls(messages: list[dict[str, Any]]) -> list[str]:
    """The addresses of all images in chat messages."""
    found = []
    for message in messages:
        content = message.get("content")
        if isinstance(content, list):
            for part in content:
                image = part.get("image_url") if isinstance(part, dict) else None
                url = image.get("url") if isinstance(image, dict) else image
                if isinstance(url, str):
                    found.append(url)
    return found


async def checked_messages(entry: Entry, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages as the model gets them. Raises unless it takes the images (and the other parts) in them.

    The local engine fetches addresses by itself, wherever they lead, in images and in videos, and tries ffmpeg on
    what it can't read. So it gets text and images alone, and images as data URLs whose content was looked at.

    Raises `UnsupportedFeature`, `InvalidImage` or `BlockedURL`.
    """
    urls = image_urls(messages)
    if urls and not entry.takes_images:
        raise UnsupportedFeature(f"{entry.id} takes no images.", param=_PARAM)
    for url in urls:
        _check_address(entry, url)
    return await _for_engine(entry, messages) if entry.provider == LOCAL else messages


def _check_address(entry: Entry, url: str) -> None:
    scheme = url.partition(":")[0].lower()
    if scheme == "data":
        if url[:11].lower() != "data:image/":
            raise InvalidImage("A data URL of an image begins with `data:image/`.", param=_PARAM)
    elif scheme == "artifact":
        raise UnsupportedFeature("Artifact references are not supported yet.", param=_PARAM)
    elif scheme not in ("http", "https"):
        raise BlockedURL(f"Addresses of the kind `{scheme[:16]}:` are not fetched.", param=_PARAM)
    elif entry.provider == LOCAL:
        raise UnsupportedFeature(
            "Models of this machine take images as data URLs (`data:image/png;base64,…`).", param=_PARAM
        )


async def _for_engine(entry: Entry, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    images, pixels = 0, 0
    told = []
    for message in messages:
        content = message.get("content")
        if not isinstance(content, list):
            told.append(message)
            continue
        parts = []
        for part in content:
            kind = part.get("type") if isinstance(part, dict) else None
            if kind == "image_url":
                images += 1
                if images > MAX_IMAGES:
                    raise InvalidImage(f"A request has at most {MAX_IMAGES} images.", param=_PARAM)
                (url,) = image_urls([{"content": [part]}]) or ("",)
                image = await read_data_url(url, param=_PARAM, max_pixels=MAX_PIXELS - pixels)
                pixels += image.pixels
                parts.append({"type": "image_url", "image_url": {"url": image.url}})
            elif kind == "text":
                parts.append(part)
            else:
                raise UnsupportedFeature(
                    f"{entry.id} takes parts of the type `text` or `image_url`, not `{str(kind)[:32]}`.",
                    param="messages",
                )
        told.append({**message, "content": parts})
    return told
