"""The adapter of the local image and 3D runtimes: one request, a line of JSON for each thing that happens.

The lines are `{"event": "progress", "step", "steps", "preview"}`, then one
`{"event": "output", "items": [{"media_type", "data", …}], "warnings"}` or `{"event": "error", "code", "message"}`;
pictures and meshes travel as base64.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator
from typing import Any

from pydantic_core import from_json, to_json

from pluggably.contract.calls import Call
from pluggably.contract.media import MediaItem, MediaProgress, MediaRequest, MediaResult
from pluggably.errors import (
    ContentRefused,
    InvalidImage,
    PluggablyError,
    ProviderError,
    UnsupportedFeature,
    ValidationFailed,
)

_ERRORS: dict[str, type[PluggablyError]] = {
    "invalid_image": InvalidImage,
    "content_refused": ContentRefused,
    "unsupported_feature": UnsupportedFeature,
}
_LONGEST_LINE = 256 * 1024 * 1024


class WorkerMedia:
    """Speaks to a media worker."""

    def prepare(self, request: MediaRequest, model: str) -> Call:
        """`POST /generate`."""
        body = {
            "modality": request.modality.value,
            "prompt": request.prompt,
            "images": [image.partition(",")[2] for image in request.images],
            "parameters": request.parameters,
            "previews": request.previews,
            "history": request.history,
        }
        return Call("/generate", to_json(body), headers={"content-type": "application/json"})

    async def stream(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[MediaProgress | MediaResult]:
        """Read the lines. Raises the error that a line stands for, or `ProviderError`."""
        finished = False
        async for line in _lines(chunks):
            try:
                event = from_json(line)
                read = self._read(event)
            except (ValueError, KeyError, TypeError, binascii.Error) as error:
                raise ProviderError("The runtime sent a line that can't be read.") from error
            if read is not None:
                finished = finished or isinstance(read, MediaResult)
                yield read
        if not finished:
            raise ProviderError("The runtime ended before the result was complete.")

    @staticmethod
    def _read(event: dict[str, Any]) -> MediaProgress | MediaResult | None:
        match event["event"]:
            case "progress":
                steps = max(1, int(event["steps"]))
                preview = event.get("preview")
                return MediaProgress(
                    progress_pct=round(100 * int(event["step"]) / steps, 1),
                    step=int(event["step"]),
                    steps=steps,
                    preview=f"data:image/png;base64,{preview}" if preview else None,
                )
            case "output":
                items = [_item(item) for item in event["items"]]
                return MediaResult(items, list(event.get("warnings") or ()), seed=event.get("seed"))
            case "error":
                raise _error(event)
        return None


def _error(event: dict[str, Any]) -> PluggablyError:
    code, message, param = str(event.get("code")), str(event.get("message")), event.get("param")
    param = param if isinstance(param, str) else None
    if code == ValidationFailed.code:
        field = param or "parameters"
        return ValidationFailed.of(field, message.removeprefix(f"{field}: "))
    return _ERRORS.get(code, ProviderError)(message, param=param)


def _item(item: dict[str, Any]) -> MediaItem:
    preview = item.get("preview")
    return MediaItem(
        media_type=str(item["media_type"]),
        data=base64.b64decode(item["data"], validate=True),
        width=item.get("width"),
        height=item.get("height"),
        vertices=item.get("vertices"),
        faces=item.get("faces"),
        preview=base64.b64decode(preview, validate=True) if preview else None,
    )


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    pending = bytearray()
    async for chunk in chunks:
        pending += chunk
        if len(pending) > _LONGEST_LINE:
            raise ProviderError("The runtime's result is too large.")
        if b"\n" in chunk:
            *whole, rest = bytes(pending).split(b"\n")
            pending = bytearray(rest)
            for line in whole:
                if line:
                    yield line
    if pending:
        yield bytes(pending)
