"""The input of a request as chat messages, or as something to draw or to model."""

from __future__ import annotations

from typing import Any

from pluggably.contract.media import MediaRequest
from pluggably.errors import UnsupportedFeature
from pluggably.features.generation.images import ImageInputs, image_urls
from pluggably.features.generation.schemas import GenerateRequest
from pluggably.routing.catalogue import Entry


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
    messages = said(request)
    if request.system_prompt:
        messages.insert(0, {"role": "system", "content": request.system_prompt})
    return messages


def said(request: GenerateRequest) -> list[dict[str, Any]]:
    """The same without the system prompt."""
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
    return messages


async def media_request(
    entry: Entry,
    request: GenerateRequest,
    parameters: dict[str, Any],
    images: ImageInputs,
    user_id: str,
    brought: dict[str, bytes],
) -> MediaRequest:
    """What to draw or to model: the last thing that the user said, with the images of the whole chat.

    Raises what `ImageInputs.checked` raises, and `UnsupportedFeature` for a system prompt, which would be dropped.
    """
    if request.system_prompt:
        raise UnsupportedFeature(f"{entry.id} takes no system prompt.", param="system_prompt")
    messages = await images.checked(entry, chat_messages(request), user_id, brought)
    said = [message.get("content") for message in messages if message["role"] == "user"] or [""]
    prompt = "".join(part.get("text", "") for part in said[-1]) if isinstance(said[-1], list) else said[-1] or ""
    return MediaRequest(entry.modality, prompt, image_urls(messages), parameters, previews=bool(request.stream))
