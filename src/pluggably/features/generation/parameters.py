"""Parameters: checked against the model's own schema, and translated into a chat completion's fields."""

from __future__ import annotations

from typing import Any

import jsonschema_rs

from pluggably.errors import ValidationFailed
from pluggably.routing.catalogue import Entry

_VALIDATORS: dict[str, tuple[dict[str, Any], jsonschema_rs.Draft202012Validator]] = {}


def check_parameters(entry: Entry, parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters without nulls. Raises `ValidationFailed` with a line for each one that the schema refuses."""
    given = {name: value for name, value in parameters.items() if value is not None}
    if not given:
        return given
    problems = []
    for error in _validator(entry).iter_errors(given):
        path = ".".join(str(part) for part in error.instance_path)
        kind = str(getattr(error.kind, "name", "value_error"))
        if not path and kind == "additionalProperties":
            unknown = sorted(set(given) - set(entry.parameters.get("properties", {})))
            problems += [
                {"field": f"parameters.{name}", "message": f"{entry.id} has no such parameter", "type": "unknown"}
                for name in unknown
            ]
            continue
        field = f"parameters.{path}" if path else "parameters"
        problems.append({"field": field, "message": error.message[:500], "type": kind})
    if problems:
        message = "; ".join(f"{problem['field']}: {problem['message']}" for problem in problems[:3])
        raise ValidationFailed(message, fields=problems[:50])
    return given


def _validator(entry: Entry) -> jsonschema_rs.Draft202012Validator:
    known = _VALIDATORS.get(entry.id)
    if known is None or known[0] is not entry.parameters:
        if len(_VALIDATORS) > 4096:
            _VALIDATORS.clear()
        schema = entry.parameters or {"type": "object"}
        known = _VALIDATORS[entry.id] = (entry.parameters, jsonschema_rs.Draft202012Validator(schema, offline=True))
    return known[1]


def as_chat_fields(parameters: dict[str, Any]) -> dict[str, Any]:
    """The fields of a chat completion request that say the same."""
    fields = dict(parameters)
    wanted = fields.pop("format", "text")
    schema = fields.pop("json_schema", None)
    if schema is not None:
        fields["response_format"] = {"type": "json_schema", "json_schema": {"name": "output", "schema": schema}}
    elif wanted == "json":
        fields["response_format"] = {"type": "json_object"}
    return fields
