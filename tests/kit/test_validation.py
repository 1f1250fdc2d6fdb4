"""Pydantic's findings as the envelope's fields."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pluggably.errors import InvalidJSON, PluggablyError, ValidationFailed
from pluggably.kit.validation import refused


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    prompt: str

    @model_validator(mode="after")
    def _no_shouting(self) -> Inner:
        if self.prompt.isupper():
            raise ValueError("do not shout")
        return self


class Body(BaseModel):
    input: Inner
    many: list[int] = Field(default_factory=list)
    stop: str | Annotated[list[str], Field(max_length=2)] | None = None


def refusal(body: bytes) -> PluggablyError:
    with pytest.raises(ValidationError) as caught:
        Body.model_validate_json(body)
    return refused(caught.value)


@pytest.mark.req("TEST-UNIT-001", "SYS-REQ-001")
@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"{}", [{"field": "input", "message": "Field required", "type": "missing"}]),
        (b'{"input": {}}', [{"field": "input.prompt", "message": "Field required", "type": "missing"}]),
        (
            b'{"input": {"prompt": "x", "promt": 1}}',
            [{"field": "input.promt", "message": "Extra inputs are not permitted", "type": "extra_forbidden"}],
        ),
        (b'{"input": {"prompt": "X"}}', [{"field": "input", "message": "do not shout", "type": "value_error"}]),
        (b"[]", [{"field": "body", "message": "Input should be an object", "type": "model_type"}]),
    ],
)
def test_each_field_that_is_wrong_is_named(body: bytes, fields: list[dict[str, str]]) -> None:
    error = refusal(body)
    assert isinstance(error, ValidationFailed)
    assert error.details == {"fields": fields}
    assert error.param == fields[0]["field"]


def test_an_item_of_a_list_is_named_by_its_place() -> None:
    error = refusal(b'{"input": {"prompt": "x"}, "many": [1, "two"]}')
    assert error.param == "many.1"


@pytest.mark.parametrize(
    ("stop", "fields"), [(b"7", {"stop"}), (b'["a", "b", "c"]', {"stop"}), (b'["a", 1]', {"stop", "stop.1"})]
)
def test_a_field_of_several_kinds_is_named_as_the_body_has_it(stop: bytes, fields: set[str]) -> None:
    error = refusal(b'{"input": {"prompt": "x"}, "stop": ' + stop + b"}")
    assert error.details is not None
    assert {field["field"] for field in error.details["fields"]} == fields


def test_many_findings_are_cut_short() -> None:
    error = refusal(b'{"input": {"prompt": "x"}, "many": [' + b",".join([b'"x"'] * 500) + b"]}")
    assert error.details is not None
    assert len(error.details["fields"]) == 50
    assert len(error.message) < 1000


@pytest.mark.parametrize(
    "body", [b"", b"{", b"{]", b"nul", b'{"a": }', b"\xff\xfe", b"[" * 10_000, b'{"a":1}x', b"\x00"]
)
def test_what_is_no_json_is_said_to_be_none(body: bytes) -> None:
    error = refusal(body)
    assert isinstance(error, InvalidJSON)
    assert (error.status, error.code) == (400, "invalid_json")


@pytest.mark.req("SYS-NFR-001")
def test_the_values_themselves_are_not_repeated() -> None:
    for body in (b'{"input": {"prompt": ["CANARY"]}}', b'{"input": "CANARY"}', b'{"input": CANARY}'):
        error = refusal(body)
        assert "CANARY" not in str(error.envelope("req_1"))
