"""The input of a text request as chat messages; images are checked before anything is asked."""

from __future__ import annotations

from typing import Any

from pluggably.errors import BlockedURL, InvalidImage, UnsupportedFeature
from pluggably.features.generation.schemas import GenerateRequest
from pluggably.routing.catalogue import LOCAL, Entry


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


def check_images(entry: Entry, urls: list[str]) -> None:
    """Raise unless the model takes these images.

    The local engine would fetch an address by itself, wherever it leads: it gets data URLs only.
    """
    if not urls:
        return
    if not entry.takes_images:
        raise UnsupportedFeature(f"{entry.id} takes no images.", param="input.images")
    for url in urls:
        scheme = url.partition(":")[0].lower()
        if scheme == "data":
            if not url.lower().startswith("data:image/"):
                raise InvalidImage("A data URL of an image begins with `data:image/`.", param="input.images")
        elif scheme == "artifact":
            raise UnsupportedFeature("Artifact references are not supported yet.", param="input.images")
        elif scheme not in ("http", "https"):
            raise BlockedURL(f"Addresses of the kind `{scheme[:16]}:` are not fetched.", param="input.images")
        elif entry.provider == LOCAL:
            raise UnsupportedFeature(
                "Models of this machine take images as data URLs (`data:image/png;base64,…`).", param="input.images"
            )
