"""No parameter is dropped silently, by no adapter: it arrives at the vendor, or is an error, or is a warning."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pluggably.contract.embeddings import EmbeddingAdapter, EmbeddingRequest
from pluggably.contract.modality import Modality
from pluggably.contract.provider import HasParameters, TextAdapter
from pluggably.contract.text import TextRequest
from pluggably.errors import PluggablyError, UnsupportedFeature, ValidationFailed
from pluggably.features.generation.parameters import as_chat_fields
from pluggably.features.models.parameter_schemas import remote_text_parameters
from pluggably.providers._llama import LlamaChat
from pluggably.providers._translation import NEUTRAL, NO_EFFECT
from pluggably.providers.azure import AzureChat
from pluggably.providers.catalogue import BUILT_IN, LOCAL_PROVIDER
from pluggably.routing.listed_parameters import ListedParameters

pytestmark = pytest.mark.req("SYS-REQ-002")

ADAPTERS: dict[str, TextAdapter] = {
    **{item.name: item.adapters[Modality.TEXT] for item in BUILT_IN if Modality.TEXT in item.adapters},  # type: ignore[misc]
    "azure_dated": AzureChat("2024-10-21"),
}
LOCAL = {"local": LlamaChat()}
EMBEDDERS: dict[str, EmbeddingAdapter] = {
    item.name: item.embeddings for item in (*BUILT_IN, LOCAL_PROVIDER) if item.embeddings is not None
}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [
    {"type": "function", "function": {"name": name, "description": f"About {name}", "parameters": SCHEMA}}
    for name in ("weather", "time")
]
FORMATS: list[Any] = [
    {"type": "json_object"},
    {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True}},
]
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "temperature": st.floats(0, 2),
    "top_p": st.floats(0, 1),
    "top_k": st.integers(1, 100),
    "min_p": st.floats(0, 1),
    "repeat_penalty": st.floats(0.1, 2),
    "max_tokens": st.integers(1, 10_000),
    "max_completion_tokens": st.integers(1, 10_000),
    "n": st.integers(1, 4),
    "seed": st.integers(0, 2**31 - 1),
    "stop": st.text("ab", min_size=1, max_size=3) | st.lists(st.text("ab", min_size=1), min_size=1, max_size=3),
    "presence_penalty": st.floats(-2, 2),
    "frequency_penalty": st.floats(-2, 2),
    "logit_bias": st.dictionaries(st.sampled_from(["1", "2"]), st.integers(-5, 5)),
    "logprobs": st.booleans(),
    "top_logprobs": st.integers(0, 20),
    "tools": st.just(TOOLS),
    "tool_choice": st.sampled_from(
        ["none", "auto", "required", {"type": "function", "function": {"name": "weather"}}]
    ),
    "parallel_tool_calls": st.booleans(),
    "response_format": st.sampled_from(FORMATS),
    "reasoning_effort": st.sampled_from(["none", "minimal", "low", "medium", "high", "xhigh"]),
    "verbosity": st.sampled_from(["low", "medium", "high"]),
    "user": st.sampled_from(["u1", "u2"]),
    "safety_identifier": st.sampled_from(["s1"]),
    "metadata": st.just({"a": "b"}),
    "store": st.booleans(),
    "service_tier": st.sampled_from(["auto", "default", "flex"]),
    "prompt_cache_key": st.just("k"),
    "prediction": st.just({"type": "content", "content": "x"}),
    "thinking": st.just({"type": "enabled", "budget_tokens": 1024}),
    "thinking_config": st.just({"thinkingBudget": 5}),
    "novelty": st.integers(),
}
"""Everything that callers of chat completions send, and some that nobody knows."""
CHOSEN_WITHOUT_TOOLS = ("none", "auto")
"""Without tools, none is called: to say so changes nothing."""


def sent(adapter: TextAdapter, parameters: dict[str, Any]) -> tuple[Any, list[str]]:
    """What goes to the vendor, and the warnings."""
    request = TextRequest([{"role": "user", "content": "Hi"}], dict(parameters), stream=False)
    call = adapter.prepare(request, "model-1")
    return json.loads(call.body or b""), request.warnings


def changes_nothing(name: str, value: Any, parameters: dict[str, Any]) -> bool:
    """Whether a parameter asks for what happens anyway, or says twice what another says."""
    if name in NEUTRAL and value == NEUTRAL[name]:
        return True
    if name in ("tool_choice", "parallel_tool_calls") and "tools" not in parameters:
        return value is True or value is False or value in CHOSEN_WITHOUT_TOOLS
    if name == "tool_choice" and value == "auto":
        return True
    if name == "parallel_tool_calls" and parameters.get("tool_choice") == "none":
        return True
    doubled = {"max_tokens": "max_completion_tokens", "user": "safety_identifier"}
    return doubled.get(name) in parameters or name in {doubled.get(other) for other in parameters}


def test_every_row_of_the_catalogue_is_tried() -> None:
    rows = [item for item in BUILT_IN if item.embeddings is not None or Modality.TEXT in item.adapters]
    assert {item.name for item in rows} | {"azure_dated", "local"} == {*ADAPTERS, *LOCAL, *EMBEDDERS}


@pytest.mark.parametrize("vendor", [*ADAPTERS, *LOCAL])
@settings(deadline=None, max_examples=60)
@given(parameters=st.fixed_dictionaries({}, optional=VALUES))
@example(parameters={"tools": TOOLS, "parallel_tool_calls": False, "tool_choice": "none"})
def test_a_parameter_arrives_or_is_refused_or_warned_of(vendor: str, parameters: dict[str, Any]) -> None:
    adapter = {**ADAPTERS, **LOCAL}[vendor]
    refused, body, warnings = None, None, list[str]()
    try:
        body, warnings = sent(adapter, parameters)
    except (UnsupportedFeature, ValidationFailed) as error:
        refused = error
    if refused is not None:
        assert refused.param in parameters, "the error names what it is about"
        return
    for name, value in parameters.items():
        if changes_nothing(name, value, parameters) or any(f"`{name}`" in warning for warning in warnings):
            continue
        if vendor in LOCAL and name in NO_EFFECT:
            continue  # nobody is paid, nothing is stored: accepted, as documented
        without = {other: given for other, given in parameters.items() if other != name}
        try:
            changed = sent(adapter, without)[0] != body
        except PluggablyError:
            changed = True  # without it the rest makes no sense: it is at work
        assert changed, f"{name}={value!r} was dropped silently"


@pytest.mark.parametrize("vendor", EMBEDDERS)
@given(
    parameters=st.fixed_dictionaries(
        {}, optional={"dimensions": st.integers(1, 3072), "user": st.just("u1"), "output_dtype": st.just("int8")}
    )
)
def test_a_parameter_of_embeddings_arrives_or_is_refused(vendor: str, parameters: dict[str, Any]) -> None:
    refused, call, request = None, None, EmbeddingRequest(["Hi"], dict(parameters))
    try:
        call = EMBEDDERS[vendor].prepare(request, "model-1")
    except UnsupportedFeature as error:
        refused = error
    if call is None:
        assert refused is not None
        assert refused.param in parameters
        return
    body = json.loads(call.body or b"")
    without = {name: value for name, value in body.items() if name not in ("model", "input", "encoding_format")}
    accepted = NO_EFFECT if vendor in LOCAL else {name for name in parameters if f"`{name}`" in str(request.warnings)}
    named = {"dimensions": "output_dimension"} if vendor == "mistral" else {}
    assert without == {named.get(name, name): value for name, value in parameters.items() if name not in accepted}


@pytest.mark.parametrize("vendor", ADAPTERS)
def test_every_parameter_of_a_models_schema_is_one_that_its_adapter_takes(vendor: str) -> None:
    adapter = ADAPTERS[vendor]
    assert isinstance(adapter, HasParameters)
    provider = next(item for item in BUILT_IN if item.name == vendor.removesuffix("_dated"))
    schema = ListedParameters(remote_text_parameters()).of(provider)
    for name, told in schema["properties"].items():
        needs: dict[str, Any] = {"tool_choice": {"tools": TOOLS}, "top_logprobs": {"logprobs": True}}.get(name, {})
        for value in told["examples"]:
            assert sent(adapter, as_chat_fields({**needs, name: value}))[1] == []


@pytest.mark.parametrize(
    ("vendor", "parameters", "body"),
    [
        ("openai", {"max_tokens": 5}, {"max_completion_tokens": 5}),
        ("groq", {"max_tokens": 5}, {"max_completion_tokens": 5}),
        ("deepseek", {"max_completion_tokens": 5, "n": 1}, {"max_tokens": 5}),
        ("mistral", {"seed": 7, "max_completion_tokens": 5}, {"random_seed": 7, "max_tokens": 5}),
        ("openrouter", {"top_k": 5}, {"top_k": 5, "provider": {"require_parameters": True}}),
        ("openrouter", {"provider": {"only": ["x"]}}, {"provider": {"only": ["x"]}}),
        ("openrouter", {}, {}),
        ("together", {"top_k": 5, "seed": 7}, {"top_k": 5, "seed": 7}),
        ("huggingface", {"temperature": 0.5}, {"temperature": 0.5}),
    ],
)
def test_rows_differ_as_their_vendors_do(vendor: str, parameters: dict[str, Any], body: dict[str, Any]) -> None:
    told, _ = sent(ADAPTERS[vendor], parameters)
    assert {name: value for name, value in told.items() if name not in ("model", "messages")} == body


@pytest.mark.parametrize(
    ("vendor", "name", "value"),
    [
        ("deepseek", "seed", 7),
        ("groq", "logprobs", True),
        ("groq", "presence_penalty", 0.5),
        ("mistral", "logit_bias", {"1": 5}),
        ("deepseek", "top_k", 5),
        ("deepseek", "novelty", 5),
        ("deepseek", "response_format", FORMATS[1]),
        ("groq", "n", 2),
        ("together", "verbosity", "low"),
        ("together", "logprobs", True),
        ("huggingface", "logit_bias", {"1": 5}),
        ("openrouter", "n", 2),
        ("xai", "truncation", "auto"),
    ],
)
def test_what_a_row_would_ignore_is_refused(vendor: str, name: str, value: Any) -> None:
    with pytest.raises(UnsupportedFeature) as caught:
        sent(ADAPTERS[vendor], {name: value})
    assert caught.value.param == name


@pytest.mark.parametrize("name", ["store", "metadata", "safety_identifier"])
@pytest.mark.parametrize("vendor", ["deepseek", "groq", "mistral", "together", "huggingface"])
def test_what_changes_nothing_and_a_row_lacks_is_left_out_with_a_warning(vendor: str, name: str) -> None:
    value = {"store": True, "metadata": {"a": "b"}, "safety_identifier": "s1"}[name]
    body, warnings = sent(ADAPTERS[vendor], {name: value, "temperature": 0.5})
    assert set(body) == {"model", "messages", "temperature"}
    title = next(item.title for item in BUILT_IN if item.name == vendor)
    assert warnings == [f"`{name}`: {title} has nothing like it; left out"]


@given(parameters=st.fixed_dictionaries({}, optional=VALUES), stream=st.booleans())
def test_mistral_gets_no_field_that_it_refuses(parameters: dict[str, Any], stream: bool) -> None:
    # Recorded from its answers: status 422, "extra_forbidden".
    forbidden = {
        "store", "metadata", "user", "stream_options", "max_completion_tokens", "seed", "logit_bias", "logprobs",
        "service_tier", "safety_identifier", "prompt_cache_key",
    }  # fmt: skip
    request = TextRequest([{"role": "developer", "content": "Hi"}], dict(parameters), stream=stream)
    with suppress(UnsupportedFeature):
        body = json.loads(ADAPTERS["mistral"].prepare(request, "model-1").body or b"")
        assert not forbidden & set(body)
        assert body["messages"] == [{"role": "system", "content": "Hi"}]
        assert body.get("stream", False) is stream


@pytest.mark.parametrize("vendor", ["mistral", "groq"])
def test_an_answer_can_be_sent_back_to_a_vendor_that_knows_no_thoughts(vendor: str) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "time", "arguments": "{}"}}
    answer = {
        "role": "assistant",
        "content": None,
        "tool_calls": [call],
        "annotations": [],
        "reasoning_content": "Hm",
    }
    result = {"role": "tool", "tool_call_id": "c1", "content": "noon"}
    request = TextRequest([{"role": "user", "content": "Hi"}, answer, result], stream=False)
    told = json.loads(ADAPTERS[vendor].prepare(request, "m").body or b"")["messages"]
    assert told[1] == {"role": "assistant", "content": None, "tool_calls": [call]}
    assert told[2] == result
    assert request.warnings == [f"`messages.reasoning_content`: {vendor.title()} has nothing like it; left out"]


def test_who_speaks_cant_be_told_to_a_vendor_without_names() -> None:
    request = TextRequest([{"role": "user", "content": "Hi", "name": "Ann"}], stream=False)
    with pytest.raises(UnsupportedFeature) as caught:
        ADAPTERS["groq"].prepare(request, "m")
    assert caught.value.param == "messages"
