"""OpenAI's fields for images in the words of a model's own schema."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pluggably.compat.images_schemas import model_parameters
from pluggably.contract.modality import Modality
from pluggably.errors import UnsupportedFeature, ValidationFailed
from pluggably.routing.catalogue import Entry
from tests.factories.catalogues import entry


def model(*, open_ended: bool = False, **properties: Any) -> Entry:
    schema = {"type": "object", "properties": properties, "additionalProperties": open_ended}
    return replace(entry("acme:painter", "acme", Modality.IMAGE), parameters=schema)


def test_fields_get_the_names_of_the_models_parameters() -> None:
    painter = model(count={"type": "integer"}, format={"enum": ["png", "jpeg"]}, size={}, quality={}, seed={})
    asked = {
        "model": "x", "prompt": "a", "n": 2, "output_format": "jpeg", "size": "64x64", "quality": "high", "seed": 7,
        "user": "me", "response_format": "url", "stream": True, "partial_images": 1, "style": None,
    }  # fmt: skip
    assert model_parameters(painter, asked) == {
        "count": 2, "format": "jpeg", "size": "64x64", "quality": "high", "seed": 7,
    }  # fmt: skip


def test_a_size_may_be_two_sides() -> None:
    painter = model(width={"maximum": 512}, height={})
    assert model_parameters(painter, {"size": "320x200"}) == {"width": 320, "height": 200}
    for size in ("huge", "x", "12x", 7):
        with pytest.raises(ValidationFailed) as refused:
            model_parameters(painter, {"size": size})
        assert refused.value.param == "size"


def test_some_spell_it_jpg() -> None:
    assert model_parameters(model(format={"enum": ["png", "jpg"]}), {"output_format": "jpeg"}) == {"format": "jpg"}


@pytest.mark.parametrize("asked", [{"n": 1}, {"size": "auto"}, {"quality": "standard"}, {"background": "auto"}])
def test_what_asks_for_what_happens_anyway_is_left_out(asked: dict[str, Any]) -> None:
    assert model_parameters(model(), asked) == {}
    (name,) = asked
    parameter = "count" if name == "n" else name
    if name != "n":
        assert model_parameters(model(**{parameter: {"enum": [asked[name]]}}), asked) == asked


@pytest.mark.parametrize("asked", [{"n": 2}, {"size": "64x64"}, {"quality": "high"}, {"style": "vivid"}, {"mood": 1}])
def test_what_the_model_has_no_parameter_for_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedFeature) as refused:
        model_parameters(model(), asked)
    assert [refused.value.param] == list(asked)


def test_a_model_that_takes_others_gets_them() -> None:
    assert model_parameters(model(open_ended=True), {"mood": "blue", "n": 3}) == {"mood": "blue", "count": 3}


def test_a_bad_value_is_told_by_openais_name() -> None:
    painter = model(count={"type": "integer", "maximum": 4}, quality={"enum": ["low"]})
    with pytest.raises(ValidationFailed) as refused:
        model_parameters(painter, {"n": 9, "quality": "high"})
    assert {line["field"] for line in (refused.value.details or {})["fields"]} == {"n", "quality"}
    assert "count" not in refused.value.message
