"""Bodies in a vendor's shape: read once, checked as far as the gateway looks at them."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from pluggably.errors import InvalidJSON, ValidationFailed
from pluggably.kit.validation import refused

Body = TypeVar("Body", bound=BaseModel)


def read_vendor_body(body: bytes, schema: type[Body]) -> tuple[dict[str, Any], Body]:
    """The body's fields as they came, and checked. Raises `InvalidJSON` or `ValidationFailed`."""
    try:
        fields = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidJSON(f"The body is not valid JSON: {error}") from error
    if not isinstance(fields, dict):
        raise ValidationFailed.of("body", "must be a JSON object", "dict_type")
    try:
        return fields, schema.model_validate(fields)
    except ValidationError as error:
        raise refused(error) from error
