"""Google's Gemini: literal dictionaries through `prepare` and `parse`, recorded streams cut anywhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pluggably.contract.calls import Call, Reply
from pluggably.contract.provider import HasParameters, ListsModelsInPages, RemoteModel
from pluggably.contract.text import TextDelta, TextRequest, Usage
from pluggably.errors import (
    ContentRefused,
    ModelNotFound,
    PluggablyError,
    ProviderError,
    ProviderUnavailable,
    UnsupportedFeature,
    ValidationFailed,
)
from pluggably.kit.sse import parse_events
from pluggably.providers.google import GeminiText
from tests.factories.streams import RECORDINGS, flow
from tests.fakes.vendors import TEXT

pytestmark = pytest.mark.req("SYS-REQ-002")

ASKED = TextRequest([{"role": "user", "content": "Hi"}])
USAGE = Usage(19, 10, 6, 4)
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOLS = [{"type": "function", "function": {"name": "weather", "description": "The weather", "parameters": WEATHER}}]


def body_of(
    parameters: dict[str, Any], messages: list[dict[str, Any]] | None = None, model: str = "gemini-test"
) -> dict[str, Any]:
    request = TextRequest(messages or ASKED.messages, parameters, stream=False)
    return json.loads(GeminiText().prepare(request, model).body or b"")  # type: ignore[no-any-return]


def recorded(name: str) -> bytes:
    return (RECORDINGS / "google" / name).read_bytes()


async def deltas_of(*chunks: bytes) -> list[TextDelta]:
    return [delta async for delta in GeminiText().stream(parse_events(flow(chunks)), ASKED)]


def text_of(deltas: list[TextDelta]) -> str:
    return "".join(delta.text or "" for delta in deltas)


# prepare
def test_a_chat_becomes_a_system_instruction_and_contents() -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello!"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBOR=="}},
            ],
        },
    ]
    call = GeminiText().prepare(TextRequest(messages, {"max_tokens": 5}), "gemini-test")
    assert (call.method, call.path) == ("POST", "/models/gemini-test:streamGenerateContent?alt=sse")
    assert json.loads(call.body or b"") == {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "Hi"}]},
            {"role": "model", "parts": [{"text": "Hello!"}]},
            {
                "role": "user",
                "parts": [{"text": "What is this?"}, {"inlineData": {"mimeType": "image/png", "data": "iVBOR=="}}],
            },
        ],
        "generationConfig": {"maxOutputTokens": 5},
    }


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("gemini-test", "/models/gemini-test:generateContent"),
        ("models/gemini-test", "/models/gemini-test:generateContent"),
        ("tunedModels/mine", "/tunedModels/mine:generateContent"),
    ],
)
def test_the_model_stands_in_the_path(model: str, path: str) -> None:
    assert GeminiText().prepare(TextRequest(ASKED.messages, stream=False), model).path == path


@pytest.mark.req("SYS-NFR-001")
@pytest.mark.parametrize(
    "model", ["../../v1/keys", "a/../b", "a?key=1", "a#b", "a b", "a:b", "", "/", "a//b", "a%2fb"]
)
def test_no_name_of_a_model_leads_to_another_path(model: str) -> None:
    with pytest.raises(ModelNotFound):
        GeminiText().prepare(ASKED, model)


def test_calls_keep_their_signature_and_results_name_the_function() -> None:
    calls = [
        {
            "id": "a",
            "type": "function",
            "function": {"name": "weather", "arguments": '{"city": "Bern"}'},
            "extra_content": {"google": {"thought_signature": "CiQB"}},
        },
        {"id": "b", "type": "function", "function": {"name": "time", "arguments": "{}"}},
    ]
    messages = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "tool_call_id": "a", "content": '{"sun": true}'},
        {"role": "tool", "tool_call_id": "b", "content": "Noon"},
    ]
    assert body_of({"tools": TOOLS}, messages)["contents"][1:] == [
        {
            "role": "model",
            "parts": [
                {
                    "functionCall": {"name": "weather", "args": {"city": "Bern"}, "id": "a"},
                    "thoughtSignature": "CiQB",
                },
                {"functionCall": {"name": "time", "args": {}, "id": "b"}},
            ],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"name": "weather", "response": {"sun": True}, "id": "a"}},
                {"functionResponse": {"name": "time", "response": {"result": "Noon"}, "id": "b"}},
            ],
        },
    ]


@pytest.mark.parametrize(
    ("parameters", "config"),
    [
        (
            {"temperature": 0.5, "top_p": 0.9, "top_k": 3, "seed": 7},
            {"temperature": 0.5, "topP": 0.9, "topK": 3, "seed": 7},
        ),
        ({"max_completion_tokens": 7}, {"maxOutputTokens": 7}),
        ({"stop": "END"}, {"stopSequences": ["END"]}),
        (
            {"presence_penalty": 0.5, "frequency_penalty": 0.25},
            {"presencePenalty": 0.5, "frequencyPenalty": 0.25},
        ),
        ({"logprobs": True, "top_logprobs": 3}, {"responseLogprobs": True, "logprobs": 3}),
        ({"reasoning_effort": "low"}, {"thinkingConfig": {"thinkingLevel": "low", "includeThoughts": True}}),
        ({"thinking_config": {"thinkingBudget": 5}}, {"thinkingConfig": {"thinkingBudget": 5}}),
        ({"response_format": {"type": "json_object"}}, {"responseMimeType": "application/json"}),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"schema": WEATHER}}},
            {"responseMimeType": "application/json", "responseJsonSchema": WEATHER},
        ),
        ({"n": 1, "parallel_tool_calls": True, "response_format": {"type": "text"}}, None),
    ],
)
def test_each_parameter_arrives_as_the_vendor_has_it(
    parameters: dict[str, Any], config: dict[str, Any] | None
) -> None:
    assert body_of(parameters).get("generationConfig") == config


def test_models_that_know_no_levels_get_a_budget_to_think_with() -> None:
    assert body_of({"reasoning_effort": "none"}, model="gemini-2.5-flash")["generationConfig"] == {
        "thinkingConfig": {"thinkingBudget": 0, "includeThoughts": False}
    }


@pytest.mark.parametrize(
    ("choice", "calling"),
    [
        ("auto", {"mode": "AUTO"}),
        ("none", {"mode": "NONE"}),
        ("required", {"mode": "ANY"}),
        (
            {"type": "function", "function": {"name": "weather"}},
            {"mode": "ANY", "allowedFunctionNames": ["weather"]},
        ),
    ],
)
def test_tools_are_declared_and_chosen(choice: Any, calling: dict[str, Any]) -> None:
    body = body_of({"tools": TOOLS, "tool_choice": choice})
    declared = {"name": "weather", "description": "The weather", "parametersJsonSchema": WEATHER}
    assert body["tools"] == [{"functionDeclarations": [declared]}]
    assert body["toolConfig"] == {"functionCallingConfig": calling}


@pytest.mark.parametrize(
    ("parameters", "error", "param"),
    [
        ({"n": 2}, UnsupportedFeature, "n"),
        ({"logit_bias": {"1": 2}}, UnsupportedFeature, "logit_bias"),
        ({"parallel_tool_calls": False}, UnsupportedFeature, "parallel_tool_calls"),
        ({"novelty": 1}, UnsupportedFeature, "novelty"),
        ({"tool_choice": "required"}, ValidationFailed, "tool_choice"),
        ({"reasoning_effort": "none"}, ValidationFailed, "reasoning_effort"),
        ({"reasoning_effort": "low", "thinking_config": {}}, ValidationFailed, "reasoning_effort"),
    ],
)
def test_what_the_vendor_lacks_is_refused_by_name(
    parameters: dict[str, Any], error: type[PluggablyError], param: str
) -> None:
    with pytest.raises(error) as caught:
        body_of(parameters)
    assert caught.value.param == param


@pytest.mark.parametrize(
    "message",
    [
        {"role": "function", "name": "f", "content": "x"},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.org/cat.png"}}]},
        {"role": "tool", "tool_call_id": "nobody", "content": "x"},
    ],
)
def test_a_message_that_can_not_be_passed_on_is_refused(message: dict[str, Any]) -> None:
    with pytest.raises((UnsupportedFeature, ValidationFailed)) as caught:
        body_of({}, [message])
    assert caught.value.param == "messages"


# parse and stream
async def test_parallel_calls_come_with_their_signature() -> None:
    first = {
        "id": "fc_1",
        "type": "function",
        "function": {"name": "weather", "arguments": '{"city":"Zürich"}'},
        "extra_content": {"google": {"thought_signature": "CiQB"}},
    }
    second = {"id": "fc_2", "type": "function", "function": {"name": "time", "arguments": "{}"}}
    assert GeminiText().parse(Reply(200, {}, recorded("tools.json"))).tool_calls == [first, second]
    pieces = [piece for delta in await deltas_of(recorded("tools.txt")) for piece in delta.tool_calls or ()]
    assert pieces == [{"index": 0, **first}, {"index": 1, **second}]


def test_log_probabilities_are_told_as_openai_tells_them() -> None:
    body = json.loads(recorded("plain.json"))
    ja, nein = {"token": "Ja", "logProbability": -0.1}, {"token": "Nein", "logProbability": -2.5}
    body["candidates"][0]["logprobsResult"] = {
        "chosenCandidates": [ja],
        "topCandidates": [{"candidates": [ja, nein]}],
    }
    told = GeminiText().parse(Reply(200, {}, json.dumps(body).encode())).logprobs
    yes = {"token": "Ja", "logprob": -0.1, "bytes": [74, 97]}
    no = {"token": "Nein", "logprob": -2.5, "bytes": [78, 101, 105, 110]}
    assert told == {"content": [{**yes, "top_logprobs": [yes, no]}]}


@pytest.mark.parametrize("body", [b'{"candidates": [{"content": 7}]}'])
def test_what_is_no_answer_is_the_providers_error(body: bytes) -> None:
    with pytest.raises(ProviderError):
        GeminiText().parse(Reply(200, {}, body))


@pytest.mark.parametrize(("name", "reason"), [("refused", "SAFETY"), ("blocked", "PROHIBITED_CONTENT")])
async def test_a_refusal_without_an_answer_says_why(name: str, reason: str) -> None:
    with pytest.raises(ContentRefused, match=reason):
        GeminiText().parse(Reply(200, {}, recorded(f"{name}.json")))
    with pytest.raises(ContentRefused, match=reason):
        await deltas_of(recorded(f"{name}.txt"))


async def test_an_answer_that_is_cut_off_by_the_filter_is_kept_and_says_so() -> None:
    data = recorded("plain.txt").replace(b'"STOP"', b'"SAFETY"')
    deltas = await deltas_of(data)
    assert text_of(deltas) == TEXT
    assert [delta.finish_reason for delta in deltas if delta.finish_reason] == ["content_filter"]


async def test_a_call_that_the_model_wrote_wrongly_is_an_error() -> None:
    with pytest.raises(ProviderError, match="MALFORMED_FUNCTION_CALL"):
        await deltas_of(recorded("plain.txt").replace(b'"STOP"', b'"MALFORMED_FUNCTION_CALL"'))


async def test_an_error_inside_the_stream_is_raised_with_its_meaning() -> None:
    with pytest.raises(ProviderUnavailable, match="overloaded"):
        await deltas_of(recorded("error_inside.txt"))


@pytest.mark.parametrize("data", [b"data: 7\n\n"])
async def test_a_broken_stream_is_the_providers_error(data: bytes) -> None:
    with pytest.raises(ProviderError):
        await deltas_of(data)


# models
def test_models_that_generate_content_are_listed_page_by_page() -> None:
    adapter = GeminiText()
    assert isinstance(adapter, ListsModelsInPages)
    assert isinstance(adapter, HasParameters)
    assert adapter.list_call() == Call("/models?pageSize=1000", method="GET")
    first, second = (Reply(200, {}, recorded(name)) for name in ("models.json", "models_2.json"))
    assert adapter.parse_models(first) == [RemoteModel("gemini-test", None, 1_048_576, "Good.")]
    assert adapter.next_list_call(first) == Call("/models?pageSize=1000&pageToken=page%20two%2F%2B", method="GET")
    assert adapter.parse_models(second) == [RemoteModel("gemini-other")]
    assert adapter.next_list_call(second) is None


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"models": [7]}', b"[]"])
def test_what_is_no_list_of_models_is_the_providers_error(body: bytes) -> None:
    with pytest.raises(ProviderError):
        GeminiText().parse_models(Reply(200, {}, body))


def test_a_prompt_is_counted_with_its_system_prompt_and_tools() -> None:
    adapter = GeminiText()
    request = TextRequest([{"role": "system", "content": "s"}, {"role": "user", "content": "Hi"}], {"max_tokens": 3})
    call = adapter.count_call(request, "gemini-test")
    assert call.path == "/models/gemini-test:countTokens"
    inner = json.loads(call.body or b"")["generateContentRequest"]
    assert inner["model"] == "models/gemini-test"
    assert inner["systemInstruction"] == {"parts": [{"text": "s"}]}
    assert adapter.parse_count(Reply(200, {}, b'{"totalTokens": 9}')) == 9
