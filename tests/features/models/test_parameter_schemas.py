"""The schemas are schemas, and say of themselves what a form needs."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from pluggably.features.models.parameter_schemas import (
    documented_parameters,
    local_text_parameters,
    no_parameters,
    remote_text_parameters,
)

SCHEMAS = [local_text_parameters(), remote_text_parameters(), no_parameters()]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_each_is_a_valid_schema_of_the_2020_draft_that_refuses_unknown_names(schema: dict[str, Any]) -> None:
    jsonschema_rs.meta.validate(schema)
    assert schema["$schema"].endswith("2020-12/schema")
    assert not jsonschema_rs.is_valid(schema, {"no_such_parameter": 1})
    assert jsonschema_rs.is_valid(schema, {})


@pytest.mark.parametrize(("name", "schema"), documented_parameters().items())
def test_each_parameter_is_described_and_its_default_and_examples_are_valid(
    name: str, schema: dict[str, Any]
) -> None:
    assert schema["title"]
    assert schema["description"]
    assert schema["examples"]
    for value in [*schema["examples"], *([schema["default"]] if "default" in schema else [])]:
        jsonschema_rs.validate(schema, value)
    if schema.get("type") in ("number", "integer"):
        assert schema["minimum"] < schema["maximum"]


@pytest.mark.parametrize(
    "parameters",
    [
        {"temperature": 2.1},
        {"temperature": "hot"},
        {"max_tokens": 0},
        {"max_tokens": 1.5},
        {"top_p": -0.1},
        {"stop": []},
        {"stop": ["x"] * 17},
        {"stop": ""},
        {"format": "xml"},
        {"json_schema": "{}"},
        {"top_logprobs": 21},
        {"tools": [{"type": "function"}]},
        {"tools": [{"type": "function", "function": {"name": "a b"}}]},
        {"tool_choice": "sometimes"},
    ],
)
@pytest.mark.parametrize("schema", SCHEMAS[:2])
def test_values_out_of_bounds_are_refused(schema: dict[str, Any], parameters: dict[str, Any]) -> None:
    assert not jsonschema_rs.is_valid(schema, parameters)


def test_what_only_the_local_engine_knows_is_refused_for_providers() -> None:
    local, remote = (set(schema["properties"]) for schema in SCHEMAS[:2])
    assert local - remote == {"top_k", "min_p", "repeat_penalty"}
    assert not remote - local
    assert set(documented_parameters()) == local | {"stream"}


def test_a_schema_that_is_changed_changes_no_other() -> None:
    local_text_parameters()["properties"]["tools"]["items"].clear()
    assert local_text_parameters()["properties"]["tools"]["items"]
