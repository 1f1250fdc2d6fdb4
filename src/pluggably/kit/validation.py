"""Pydantic's findings as the envelope's `fields`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from pluggably.errors import InvalidJSON, PluggablyError, ValidationFailed

_PLACES = ("body", "query", "path", "header", "cookie")
_MOST_FIELDS = 50
_BRANCH = re.compile(
    r"(?:str|int|float|bool|none|json-or-python|constrained-\w+|model-fields"
    r"|(?:list|dict|set|tuple|union|literal|lax-or-strict|nullable|tagged-union|function-\w+)\[.*\])"
)
"""How pydantic names the branches of a union: no part of the body's own structure."""


def fields_of(errors: Sequence[Any]) -> list[dict[str, str]]:
    """`[{"field": "input.prompt", "message": "…", "type": "missing"}]`, at most 50."""
    found = []
    for error in errors[:_MOST_FIELDS]:
        where = [str(part) for part in error["loc"]]
        if where and where[0] in _PLACES:
            where = where[1:]
        where = [part for part in where if _BRANCH.fullmatch(part) is None]
        message = str(error["msg"]).removeprefix("Value error, ")
        found.append({"field": ".".join(where) or "body", "message": message, "type": str(error["type"])})
    return found


def validation_error(errors: Sequence[Any]) -> PluggablyError:
    """`InvalidJSON` where the body is no JSON, else `ValidationFailed` with the fields."""
    for error in errors:
        if error["type"] in ("json_invalid", "json_type"):
            said = str((error.get("ctx") or {}).get("error") or error["msg"]).removeprefix("Invalid JSON: ")
            return InvalidJSON(f"The body is not valid JSON: {said}")
    fields = fields_of(errors)
    return ValidationFailed("; ".join(f"{f['field']}: {f['message']}" for f in fields[:3]), fields=fields)


def refused(error: ValidationError) -> PluggablyError:
    """The error for a body that pydantic refuses; the values themselves are not repeated."""
    return validation_error(error.errors(include_url=False, include_input=False))
