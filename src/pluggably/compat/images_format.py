"""OpenAI's image objects and events, written from finished and unfinished pictures.

Source: https://platform.openai.com/docs/api-reference/images/object and …/images-streaming
"""

from __future__ import annotations

import base64
import time
from typing import Any

from pydantic_core import to_json

from pluggably.compat.images_schemas import ImagesRequest
from pluggably.contract.media import MediaItem, MediaProgress, MediaResult
from pluggably.contract.text import Usage
from pluggably.errors import PluggablyError

_BACKGROUNDS = ("transparent", "opaque")
_QUALITIES = ("low", "medium", "high", "xhigh", "max")


def images_object(
    asked: ImagesRequest, model: str, result: MediaResult, addresses: list[str] | None
) -> dict[str, Any]:
    """The whole answer; with `addresses` they stand in place of the pictures.

    `model` and `warnings` are fields of the gateway's own.
    """
    if addresses is None:
        data = [{"b64_json": base64.b64encode(item.data).decode()} for item in result.items]
    else:
        data = [{"url": address} for address in addresses]
    body: dict[str, Any] = {"created": int(time.time()), "data": data, "model": model}
    if result.items:
        body |= {"output_format": _format(result.items[0].media_type), "size": _size(result.items[0])}
    if asked.background in _BACKGROUNDS:
        body["background"] = asked.background
    if asked.quality in _QUALITIES:
        body["quality"] = asked.quality
    if result.usage is not None:
        body["usage"] = _usage(result.usage)
    if result.warnings:
        body["warnings"] = result.warnings
    return body


class ImageWriter:
    """Writes the events of one stream: as many unfinished pictures as the client wants at most, then the finished."""

    def __init__(self, request_id: str, model: str, asked: ImagesRequest, kind: str = "image_generation") -> None:
        self._kind = kind
        self._request_id = request_id
        self._model = model
        self._asked = asked
        self._shown = 0

    def write(self, piece: MediaProgress | MediaResult) -> bytes:
        """The event of an unfinished picture that is due, or those of the finished ones."""
        if isinstance(piece, MediaResult):
            return b"".join(self._completed(piece, item) for item in piece.items)
        wanted = self._asked.partial_images or 0
        if piece.preview is None or self._shown == wanted:
            return b""
        # Evenly over the work: the first ones of many would all be noise.
        if piece.progress_pct is not None and piece.progress_pct < 100 * (self._shown + 1) / (wanted + 1):
            return b""
        head, _, data = piece.preview.partition(",")
        media_type = head.removeprefix("data:").partition(";")[0]
        number, self._shown = self._shown, self._shown + 1
        more = {"partial_image_index": number}
        return self._event("partial_image", data, media_type, self._asked.size or "auto", more)

    def _completed(self, result: MediaResult, item: MediaItem) -> bytes:
        more: dict[str, Any] = {"usage": _usage(result.usage or Usage()), "model": self._model}
        if result.warnings:
            more["warnings"] = result.warnings
        return self._event("completed", base64.b64encode(item.data).decode(), item.media_type, _size(item), more)

    def end(self, usage: Usage | None) -> bytes:
        """Nothing more: the finished pictures are the end."""
        return b""

    def failed(self, error: PluggablyError) -> bytes:
        """The event of a failure."""
        return _encoded("error", {"type": "error", **error.envelope(self._request_id)})

    def _event(self, name: str, data: str, media_type: str, size: str, more: dict[str, Any]) -> bytes:
        kind = f"{self._kind}.{name}"
        asked = self._asked
        event = {
            "type": kind,
            "b64_json": data,
            "created_at": int(time.time()),
            "background": asked.background if asked.background in _BACKGROUNDS else "auto",
            "output_format": _format(media_type),
            "quality": asked.quality if asked.quality in _QUALITIES else "auto",
            "size": size,
            **more,
        }
        return _encoded(kind, event)


def _encoded(name: str, data: dict[str, Any]) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), to_json(data, fallback=str))


def _format(media_type: str) -> str:
    return media_type.partition("/")[2]


def _size(item: MediaItem) -> str:
    return f"{item.width}x{item.height}" if item.width and item.height else "auto"


def _usage(usage: Usage) -> dict[str, Any]:
    """Tokens; all of the prompt is text, since no image goes in."""
    return {
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {"text_tokens": usage.prompt_tokens, "image_tokens": 0},
        "output_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }
