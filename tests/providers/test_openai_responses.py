"""OpenAI's Responses: literal dictionaries through `prepare` and `parse`, recorded streams cut anywhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pluggably.contract.calls import Reply
from pluggably.contract.provider import HasParameters, ListsModels, RelaysChat
from pluggably.contract.text import TextDelta, TextRequest, Usage
from pluggably.errors import (
    ContentRefused,
    PluggablyError,
    ProviderError,
    ProviderRateLimited,
    UnsupportedFeature,
    ValidationFailed,
)
from pluggably.kit.sse import parse_events
from pluggably.providers._openai_responses import OpenAIResponses
from tests.factories.streams import RECORDINGS, flow

pytestmark = pytest.mark.req("SYS-REQ-002")

ASKED = TextRequest([{"role": "user", "content": "Hi"}])
USAGE = Usage(19, 10, 6, 4)
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": WEATHER}}]


def body_of(parameters: dict[str, Any], messages: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    request = TextRequest(messages or ASKED.messages, parameters, stream=False)
    return json.loads(OpenAIResponses().prepare(request, "gpt-test").body or b"")  # type: ignore[no-any-return]


def recorded(name: str) -> bytes:
    return (RECORDINGS / "responses" / name).read_bytes()


async def deltas_of(*chunks: bytes) -> list[TextDelta]:
    return [delta async for delta in OpenAIResponses().stream(parse_events(flow(chunks)), ASKED)]


def text_of(deltas: list[TextDelta]) -> str:
    return "".join(delta.text or "" for delta in deltas)


# prepare
def test_a_chat_becomes_items_and_nothing_is_kept_at_the_vendor() -> None:
    call = {"id": "a", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Bern"}'}}
    messages = [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBOR=="}},
            ],
        },
        {"role": "assistant", "content": "Let me see.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "a", "content": "Sunny"},
    ]
    made = OpenAIResponses().prepare(TextRequest(messages, {"max_tokens": 5}), "gpt-test")
    assert (made.method, made.path) == ("POST", "/responses")
    assert json.loads(made.body or b"") == {
        "model": "gpt-test",
        "store": False,
        "stream": True,
        "max_output_tokens": 5,
        "input": [
            {"role": "system", "content": [{"type": "input_text", "text": "Be brief."}]},
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "What is this?"},
                    {"type": "input_image", "image_url": "data:image/png;base64,iVBOR=="},
                ],
            },
            {"role": "assistant", "content": [{"type": "output_text", "text": "Let me see."}]},
            {"type": "function_call", "call_id": "a", "name": "weather", "arguments": '{"city": "Bern"}'},
            {"type": "function_call_output", "call_id": "a", "output": "Sunny"},
        ],
    }


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"temperature": 0.5, "top_p": 0.9}, {"temperature": 0.5, "top_p": 0.9}),
        ({"store": True}, {"store": True}),
        ({"user": "u1", "metadata": {"a": "b"}}, {"user": "u1", "metadata": {"a": "b"}}),
        ({"reasoning_effort": "low"}, {"reasoning": {"effort": "low", "summary": "auto"}}),
        ({"verbosity": "low"}, {"text": {"verbosity": "low"}}),
        ({"logprobs": True, "top_logprobs": 3}, {"include": ["message.output_text.logprobs"], "top_logprobs": 3}),
        ({"response_format": {"type": "json_object"}}, {"text": {"format": {"type": "json_object"}}}),
        (
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "c", "schema": WEATHER, "strict": True},
                }
            },
            {"text": {"format": {"type": "json_schema", "name": "c", "schema": WEATHER, "strict": True}}},
        ),
        (
            {"tools": TOOLS, "tool_choice": "required", "parallel_tool_calls": False},
            {
                "tools": [{"type": "function", "name": "weather", "parameters": WEATHER, "strict": False}],
                "tool_choice": "required",
                "parallel_tool_calls": False,
            },
        ),
        (
            {"tools": TOOLS, "tool_choice": {"type": "function", "function": {"name": "weather"}}},
            {"tool_choice": {"type": "function", "name": "weather"}},
        ),
        ({"n": 1, "presence_penalty": 0}, {}),
    ],
)
def test_each_parameter_arrives_as_the_vendor_has_it(parameters: dict[str, Any], said: dict[str, Any]) -> None:
    body = body_of(parameters)
    assert {name: body.get(name) for name in said} == said
    assert set(body) <= {"model", "input", "store", "tools", *said}


@pytest.mark.parametrize(
    ("parameters", "error", "param"),
    [
        ({"stop": "END"}, UnsupportedFeature, "stop"),
        ({"seed": 7}, UnsupportedFeature, "seed"),
        ({"n": 2}, UnsupportedFeature, "n"),
        ({"presence_penalty": 1}, UnsupportedFeature, "presence_penalty"),
        ({"top_logprobs": 3}, ValidationFailed, "top_logprobs"),
        ({"novelty": 1}, UnsupportedFeature, "novelty"),
    ],
)
def test_what_the_format_lacks_is_refused_by_name(
    parameters: dict[str, Any], error: type[PluggablyError], param: str
) -> None:
    with pytest.raises(error) as caught:
        body_of(parameters)
    assert caught.value.param == param


def test_a_message_of_an_unknown_role_is_refused() -> None:
    with pytest.raises(UnsupportedFeature):
        body_of({}, [{"role": "function", "name": "f", "content": "x"}])


# parse and stream
async def test_calls_come_whole_or_in_pieces() -> None:
    assert OpenAIResponses().parse(Reply(200, {}, recorded("tools.json"))).tool_calls == [
        {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Zürich"}'}},
        {"id": "call_2", "type": "function", "function": {"name": "time", "arguments": "{}"}},
    ]
    pieces = [piece for delta in await deltas_of(recorded("tools.txt")) for piece in delta.tool_calls or ()]
    assert [piece["id"] for piece in pieces if "id" in piece] == ["call_1", "call_2"]
    arguments = ["".join(p["function"]["arguments"] for p in pieces if p["index"] == index) for index in (0, 1)]
    assert [json.loads(text) for text in arguments] == [{"city": "Zürich"}, {}]


@pytest.mark.parametrize(
    ("name", "error"),
    [("error_inside", ProviderRateLimited), ("error_event", ProviderError), ("refused", ContentRefused)],
)
async def test_an_error_inside_the_stream_is_raised_with_its_meaning(name: str, error: type[PluggablyError]) -> None:
    with pytest.raises(error):
        await deltas_of(recorded(f"{name}.txt"))


def test_a_failed_response_is_raised_with_its_meaning() -> None:
    with pytest.raises(ContentRefused, match="flagged"):
        OpenAIResponses().parse(Reply(200, {}, recorded("refused.json")))


@pytest.mark.parametrize("body", [b'{"output": [{"type": "message"}]}'])
def test_what_is_no_response_is_the_providers_error(body: bytes) -> None:
    with pytest.raises(ProviderError):
        OpenAIResponses().parse(Reply(200, {}, body))


@pytest.mark.parametrize(
    "data",
    [b'data: {"type": "response.output_text.delta"}\n\n'],
)
async def test_a_broken_stream_is_the_providers_error(data: bytes) -> None:
    with pytest.raises(ProviderError):
        await deltas_of(data)


def test_the_adapter_says_what_it_can_do_by_having_it() -> None:
    adapter = OpenAIResponses()
    assert isinstance(adapter, HasParameters)
    assert isinstance(adapter, ListsModels)
    assert not isinstance(adapter, RelaysChat)
    assert [model.name for model in adapter.parse_models(Reply(200, {}, recorded("models.json")))] == [
        "gpt-test", "gpt-other",
    ]  # fmt: skip
