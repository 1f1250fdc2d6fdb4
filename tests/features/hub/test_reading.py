"""What the hub's facts mean here, whatever shape they come in."""

from __future__ import annotations

import math
from typing import Any

import pytest
from huggingface_hub import ModelInfo

from pluggably.features.hub import reading


def model(**facts: Any) -> ModelInfo:
    return ModelInfo(id="org/x", **facts)


@pytest.mark.parametrize(
    ("facts", "hints"),
    [
        ({"pipeline_tag": "text-generation"}, ["text"]),
        ({"pipeline_tag": "any-to-any"}, ["text", "image"]),
        ({"pipeline_tag": "text-to-image", "tags": ["gguf"]}, ["image"]),
        ({"pipeline_tag": "text-to-3d"}, ["3d"]),
        ({"pipeline_tag": "audio-classification", "tags": ["gguf"]}, []),
        ({"tags": ["gguf"]}, ["text"]),
        ({"library_name": "diffusers"}, ["image"]),
        ({}, []),
    ],
)
def test_the_task_or_the_kind_of_files_hints_at_the_modality(facts: dict[str, Any], hints: list[str]) -> None:
    assert reading.modality_hints(model(**facts)) == hints


@pytest.mark.parametrize(
    ("facts", "size"),
    [
        ({"gguf": {"total": 7, "totalFileSize": 99}}, 99),
        ({"gguf": {"total": 7}}, None),
        ({"gguf": {"totalFileSize": "99"}}, None),
        ({"safetensors": {"parameters": {"F32": 10, "BF16": 10, "F8_E4M3": 10, "I64": 10}, "total": 40}}, 150),
        ({"safetensors": {"parameters": {}, "total": 0}}, None),
        ({"siblings": [{"rfilename": "a", "size": 5}, {"rfilename": "b", "size": 6}], "gguf": {"total": 5}}, 11),
        ({"siblings": [{"rfilename": "a"}]}, None),
    ],
)  # fmt: skip
def test_a_size_is_told_only_where_it_is_known(facts: dict[str, Any], size: int | None) -> None:
    assert reading.size_bytes(model(**facts)) == size


@pytest.mark.parametrize(
    ("facts", "licence"),
    [
        ({"cardData": {"license": "mit"}, "tags": ["license:apache-2.0"]}, "mit"),
        ({"cardData": {"license": "other", "license_name": "acme-1.0"}}, "acme-1.0"),
        ({"cardData": {"license": "other"}}, "other"),
        ({"cardData": {"license": ["mit", "x"]}, "tags": ["license:mit"]}, "mit"),
        ({"tags": ["a", "license:openrail"]}, "openrail"),
        ({"cardData": {"license": "x" * 300}}, "x" * 255),
        ({}, None),
    ],
)
def test_the_licence_is_found_in_the_card_or_in_the_tags(facts: dict[str, Any], licence: str | None) -> None:
    assert reading.licence(model(**facts)) == licence


@pytest.mark.parametrize(
    ("config", "tokens"),
    [
        ({"max_position_embeddings": 4096}, 4096),
        ({"n_positions": 1024}, 1024),
        ({"text_config": {"max_position_embeddings": 8192}}, 8192),
        ({"max_position_embeddings": -1}, None),
        ({"max_position_embeddings": 10**30}, None),
        ({"max_position_embeddings": True}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_a_context_length_is_a_positive_number_or_none(config: Any, tokens: int | None) -> None:
    assert reading.context_of_config(config) == tokens


def test_a_chat_template_may_be_one_of_several() -> None:
    several = [{"name": "default", "template": "{{ a }}"}, {"name": "tool_use", "template": "{{ tools }}"}, 3]
    assert reading.chat_template(model(config={"tokenizer_config": {"chat_template": several}})) == (
        "{{ a }}\n{{ tools }}"
    )
    assert reading.chat_template(model(gguf={"chat_template": ""}, config={})) is None


def test_recommended_parameters_are_numbers_under_our_names() -> None:
    config = {"temperature": 0.7, "top_k": 40, "repetition_penalty": 1.1, "top_p": None, "min_p": math.inf, "x": 1}
    assert reading.recommended(config) == {"temperature": 0.7, "top_k": 40, "repeat_penalty": 1.1}
    assert reading.recommended({"temperature": "0.1", "top_p": True}) == {}
    assert reading.recommended([1]) == {}
