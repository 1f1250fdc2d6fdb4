"""What request bodies are made of."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

MAX_OBJECT_BYTES = 64 * 1024

Line = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""One line of text."""
Text = Annotated[str, StringConstraints(max_length=16_384, pattern=r"^[^\x00]*$")]


def _storable(value: dict[str, Any]) -> dict[str, Any]:
    try:
        encoded = json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise ValueError("is no JSON that can be stored") from None
    if len(encoded) > MAX_OBJECT_BYTES or b"\\u0000" in encoded:
        raise ValueError(f"must be at most {MAX_OBJECT_BYTES} bytes of JSON without NUL characters")
    return value


JsonObject = Annotated[dict[str, Any], AfterValidator(_storable)]
"""An object that either database can store."""


class Body(BaseModel):
    """A request body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")
