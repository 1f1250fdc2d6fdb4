"""Anthropic's Messages: literal dictionaries through `prepare` and `parse`, recorded streams cut anywhere."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from pluggably.contract.calls import Call, Reply
from pluggably.contract.provider import (
    CountsTokens,
    HasParameters,
    ListsModelsInPages,
    RelaysChat,
    RelaysMessages,
    RemoteModel,
)
from pluggably.contract.text import TextDelta, TextRequest, Usage, VendorRequest
from pluggably.errors import (
    ContentRefused,
    PluggablyError,
    ProviderError,
    ProviderUnavailable,
    UnsupportedFeature,
    ValidationFailed,
)
from pluggably.kit.sse import parse_events
from pluggably.providers.anthropic import AnthropicMessages, MessagesRelay
from tests.factories.streams import RECORDINGS, cut, flow, places

pytestmark = pytest.mark.req("SYS-REQ-002")

ASKED = TextRequest([{"role": "user", "content": "Hi"}])
USAGE = Usage(19, 10, 6, 4)
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOLS = [{"type": "function", "function": {"name": "weather", "description": "The weather", "parameters": WEATHER}}]


def body_of(parameters: dict[str, Any], messages: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    request = TextRequest(messages or ASKED.messages, parameters, stream=False)
    return json.loads(AnthropicMessages().prepare(request, "claude-test").body or b"")  # type: ignore[no-any-return]


def recorded(name: str) -> bytes:
    return (RECORDINGS / "anthropic" / name).read_bytes()


async def deltas_of(*chunks: bytes) -> list[TextDelta]:
    return [delta async for delta in AnthropicMessages().stream(parse_events(flow(chunks)), ASKED)]


def text_of(deltas: list[TextDelta]) -> str:
    return "".join(delta.text or "" for delta in deltas)


# prepare
def test_a_chat_becomes_a_system_prompt_and_turns() -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello!"},
        {"role": "user", "content": [{"type": "text", "text": "Bye"}, {"type": "text", "text": ""}]},
    ]
    call = AnthropicMessages().prepare(TextRequest(messages, {"max_tokens": 5}), "claude-test")
    assert (call.method, call.path) == ("POST", "/v1/messages")
    assert json.loads(call.body or b"") == {
        "model": "claude-test",
        "max_tokens": 5,
        "stream": True,
        "system": "Be brief.\n\nBe kind.",
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "Hello!"}]},
            {"role": "user", "content": [{"type": "text", "text": "Bye"}]},
        ],
    }


def test_images_travel_as_base64_or_by_their_address() -> None:
    content = [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBOR=="}},
        {"type": "image_url", "image_url": {"url": "https://example.org/cat.png", "detail": "low"}},
        {"type": "text", "text": "What is this?"},
    ]
    assert body_of({}, [{"role": "user", "content": content}])["messages"][0]["content"] == [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBOR=="}},
        {"type": "image", "source": {"type": "url", "url": "https://example.org/cat.png"}},
        {"type": "text", "text": "What is this?"},
    ]


def test_calls_and_their_results_become_blocks_of_one_turn_each() -> None:
    calls = [
        {"id": "a", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Bern"}'}},
        {"id": "b", "type": "function", "function": {"name": "time", "arguments": ""}},
    ]
    messages = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "tool_call_id": "a", "content": "Sunny"},
        {"role": "tool", "tool_call_id": "b", "content": "Noon"},
        {"role": "user", "content": "And?"},
    ]
    assert body_of({"tools": TOOLS}, messages)["messages"][1:] == [
        {
            "role": "assistant",
            "content": [
                {"type": "tool_use", "id": "a", "name": "weather", "input": {"city": "Bern"}},
                {"type": "tool_use", "id": "b", "name": "time", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "a", "content": [{"type": "text", "text": "Sunny"}]},
                {"type": "tool_result", "tool_use_id": "b", "content": [{"type": "text", "text": "Noon"}]},
                {"type": "text", "text": "And?"},
            ],
        },
    ]


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"temperature": 0.5, "top_p": 0.9, "top_k": 3}, {"temperature": 0.5, "top_p": 0.9, "top_k": 3}),
        ({"max_completion_tokens": 7}, {"max_tokens": 7}),
        ({}, {"max_tokens": 8192}),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, {"max_tokens": 8192 + 1024}),
        ({"stop": "END"}, {"stop_sequences": ["END"]}),
        ({"stop": ["A", "B"]}, {"stop_sequences": ["A", "B"]}),
        ({"reasoning_effort": "high"}, {"output_config": {"effort": "high"}}),
        ({"reasoning_effort": "none"}, {"thinking": {"type": "disabled"}}),
        ({"user": "u1"}, {"metadata": {"user_id": "u1"}}),
        ({"service_tier": "default"}, {"service_tier": "standard_only"}),
        ({"n": 1, "logprobs": False, "presence_penalty": 0, "seed": None}, {}),
        (
            {"tools": TOOLS, "tool_choice": "required", "parallel_tool_calls": False},
            {
                "tools": [{"name": "weather", "description": "The weather", "input_schema": WEATHER}],
                "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
            },
        ),
        ({"tools": TOOLS, "tool_choice": "none"}, {"tool_choice": {"type": "none"}}),
        (
            {"tools": TOOLS, "tool_choice": {"type": "function", "function": {"name": "weather"}}},
            {"tool_choice": {"type": "tool", "name": "weather"}},
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "c", "schema": WEATHER}}},
            {"output_config": {"format": {"type": "json_schema", "schema": WEATHER}}},
        ),
        (
            {"response_format": {"type": "json_object"}},
            {"tool_choice": {"type": "tool", "name": "pluggably_json_answer"}},
        ),
        ({"response_format": {"type": "text"}}, {}),
    ],
)
def test_each_parameter_arrives_as_the_vendor_has_it(parameters: dict[str, Any], said: dict[str, Any]) -> None:
    body = body_of(parameters)
    assert {name: body.get(name) for name in said} == said
    without = {"model", "messages", "max_tokens", *said, "tools", "thinking"}
    assert set(body) <= without


@pytest.mark.parametrize(
    ("parameters", "error", "param"),
    [
        ({"seed": 7}, UnsupportedFeature, "seed"),
        ({"n": 2}, UnsupportedFeature, "n"),
        ({"logprobs": True}, UnsupportedFeature, "logprobs"),
        ({"frequency_penalty": 0.5}, UnsupportedFeature, "frequency_penalty"),
        ({"novelty": 1}, UnsupportedFeature, "novelty"),
        ({"temperature": 1.5}, ValidationFailed, "temperature"),
        ({"tool_choice": "required"}, ValidationFailed, "tool_choice"),
        ({"tools": [{"type": "web_search"}]}, UnsupportedFeature, "tools"),
        ({"response_format": {"type": "grammar"}}, ValidationFailed, "response_format"),
        ({"response_format": {"type": "json_object"}, "tools": TOOLS}, UnsupportedFeature, "response_format"),
        ({"reasoning_effort": "huge"}, ValidationFailed, "reasoning_effort"),
        ({"service_tier": "flex"}, ValidationFailed, "service_tier"),
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
        {"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]},
        {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{broken"}}]},
    ],
)
def test_a_message_that_can_not_be_passed_on_is_refused(message: dict[str, Any]) -> None:
    with pytest.raises((UnsupportedFeature, ValidationFailed)) as caught:
        body_of({}, [message])
    assert caught.value.param == "messages"


def test_what_does_no_harm_is_left_out_with_a_warning() -> None:
    messages = [{"role": "user", "content": "Hi"}, {"role": "system", "content": "Be brief."}]
    request = TextRequest(messages, {"store": True, "prompt_cache_key": "k", "reasoning_effort": "minimal"})
    AnthropicMessages().prepare(request, "claude-test")
    assert [warning.split("`")[1] for warning in request.warnings] == [
        "messages", "reasoning_effort", "store", "prompt_cache_key",
    ]  # fmt: skip


# parse
def test_parallel_calls_of_a_whole_answer() -> None:
    assert AnthropicMessages().parse(Reply(200, {}, recorded("tools.json"))).tool_calls == [
        {"id": "toolu_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Zürich"}'}},
        {"id": "toolu_2", "type": "function", "function": {"name": "time", "arguments": "{}"}},
    ]


async def test_parallel_calls_of_a_stream_come_in_pieces() -> None:
    pieces = [piece for delta in await deltas_of(recorded("tools.txt")) for piece in delta.tool_calls or ()]
    assert [piece["id"] for piece in pieces if "id" in piece] == ["toolu_1", "toolu_2"]
    arguments = ["".join(p["function"]["arguments"] for p in pieces if p["index"] == index) for index in (0, 1)]
    assert [json.loads(text) for text in arguments] == [{"city": "Zürich"}, {}]


async def test_thoughts_before_a_call_go_back_with_it() -> None:
    thoughts = [
        {"type": "thinking", "thinking": "Look outside.", "signature": "EqQB"},
        {"type": "redacted_thinking", "data": "Xx"},
    ]
    extra = {"anthropic": {"thinking_blocks": thoughts}}
    calls = AnthropicMessages().parse(Reply(200, {}, recorded("thinking_tools.json"))).tool_calls or []
    assert [call.get("extra_content") for call in calls] == [extra, None]
    pieces = [piece for delta in await deltas_of(recorded("thinking_tools.txt")) for piece in delta.tool_calls or ()]
    assert [piece.get("extra_content") for piece in pieces if "id" in piece] == [extra, None]
    history = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": None, "tool_calls": calls},
        *({"role": "tool", "tool_call_id": call["id"], "content": "Sunny"} for call in calls),
    ]
    assert body_of({"tools": TOOLS}, history)["messages"][1]["content"][:2] == thoughts


@pytest.mark.parametrize("body", [b'{"content": [{"type": "text"}]}'])
def test_what_is_no_message_is_the_providers_error(body: bytes) -> None:
    with pytest.raises(ProviderError):
        AnthropicMessages().parse(Reply(200, {}, body))


async def test_a_refusal_without_an_answer_says_why() -> None:
    with pytest.raises(ContentRefused, match="It could do harm"):
        AnthropicMessages().parse(Reply(200, {}, recorded("refused.json")))
    with pytest.raises(ContentRefused, match="It could do harm"):
        await deltas_of(recorded("refused.txt"))


# stream
async def test_an_error_inside_the_stream_is_raised_with_its_meaning() -> None:
    with pytest.raises(ProviderUnavailable, match="Overloaded"):
        await deltas_of(recorded("error_inside.txt"))


@pytest.mark.parametrize(
    "data",
    [
        b'data: {"type": "content_block_delta", "index": 0}\n\n',
        b'data: {"type": "message_stop"}\n\n',
    ],
)
async def test_a_broken_stream_is_the_providers_error(data: bytes) -> None:
    with pytest.raises(ProviderError):
        await deltas_of(data)


# models
def test_models_are_listed_page_by_page() -> None:
    adapter = AnthropicMessages()
    assert isinstance(adapter, ListsModelsInPages)
    assert adapter.list_call() == Call("/v1/models?limit=1000", method="GET")
    first, second = (Reply(200, {}, recorded(name)) for name in ("models.json", "models_2.json"))
    assert adapter.parse_models(first) == [RemoteModel("claude-test", 1770163200, 200_000, "Claude Test")]
    assert adapter.next_list_call(first) == Call("/v1/models?limit=1000&after_id=claude-gone", method="GET")
    assert adapter.parse_models(second) == [RemoteModel("claude-other", None, None, "Claude Other")]
    assert adapter.next_list_call(second) is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"data": [7]}', b"[]"])
def test_what_is_no_list_of_models_is_the_providers_error(body: bytes) -> None:
    with pytest.raises(ProviderError):
        AnthropicMessages().parse_models(Reply(200, {}, body))


def test_the_adapter_says_what_it_can_do_by_having_it() -> None:
    assert isinstance(AnthropicMessages(), HasParameters)
    assert not isinstance(AnthropicMessages(), RelaysChat)


# As the vendor's own client sent it
def test_a_request_of_the_vendors_own_goes_as_it_came() -> None:
    fields = {"model": "anthropic:x", "messages": [{"role": "user", "content": "Hi"}], "stream": None, "new": [1]}
    request = TextRequest([], stream=True, original=VendorRequest(fields, {"anthropic-beta": "b"}))
    call = AnthropicMessages().prepare(request, "claude-test")
    assert json.loads(call.body or b"") == {
        "model": "claude-test", "messages": fields["messages"], "new": [1], "stream": True,
    }  # fmt: skip
    assert call.headers["anthropic-beta"] == "b"


STREAMS = ["plain.txt", "tools.txt", "thinking.txt", "thinking_tools.txt", "unknown.txt", "length.txt", "refused.txt"]


@pytest.mark.parametrize("name", STREAMS)
@settings(max_examples=30)
@given(places=places)
def test_a_relay_passes_every_event_on_whole(name: str, places: list[int]) -> None:
    relay = AnthropicMessages().relay_messages()
    passed = [relay.feed(piece) for piece in cut(recorded(name), places)]
    assert b"".join(passed) == recorded(name)
    assert all(piece.endswith(b"\n\n") for piece in passed if piece)
    assert (relay.finished, relay.error) == (True, None)
    assert relay.usage is not None
    assert (relay.usage.prompt_tokens, relay.usage.cached_prompt_tokens) == (19, 6)


@settings(max_examples=30)
@given(places=places)
def test_a_relay_keeps_an_error_back_and_tells_it(places: list[int]) -> None:
    relay = MessagesRelay()
    passed = b""
    for piece in cut(recorded("error_inside.txt"), places):
        passed += relay.feed(piece)
        if relay.error is not None:
            break
    assert isinstance(relay.error, ProviderUnavailable)
    assert passed
    assert b"overloaded" not in passed
    assert not relay.finished


def test_a_relayed_stream_is_followed_by_its_data_alone() -> None:
    relay = MessagesRelay()
    assert relay.feed(b'data: {"type": "message_stop"}\r\n\r\n')
    assert relay.finished


def test_words_that_look_like_an_end_do_not_end_a_relayed_stream() -> None:
    said = json.dumps({"type": "message_stop"})
    data = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": said}}
    relay = MessagesRelay()
    assert relay.feed(b"event: content_block_delta\ndata: " + json.dumps(data).encode() + b"\n\n")
    nested = {"type": "content_block_start", "index": 0, "content_block": {"type": "new", "x": {"type": "error"}}}
    assert relay.feed(b"data: " + json.dumps(nested).encode() + b"\n\n")
    assert (relay.finished, relay.error) == (False, None)


@pytest.mark.parametrize("data", [b'data: {"type":"message_start"}\n\n', b'data: ["type":"error"\n\n'])
def test_a_relayed_event_that_can_not_be_read_is_the_providers_error(data: bytes) -> None:
    with pytest.raises(ProviderError):
        MessagesRelay().feed(data)


def test_a_relayed_event_without_end_is_refused() -> None:
    relay = MessagesRelay()
    with pytest.raises(ProviderError):
        relay.feed(b"x" * 17 * 1024 * 1024)


# Counting
def test_a_prompt_is_counted_without_what_is_no_part_of_it() -> None:
    request = TextRequest(ASKED.messages, {"tools": TOOLS, "temperature": 0.5, "max_tokens": 5, "stop": ["x"]})
    call = AnthropicMessages().count_call(request, "claude-test")
    assert call.path == "/v1/messages/count_tokens"
    assert set(json.loads(call.body or b"")) == {"model", "messages", "tools"}


def test_a_count_is_read() -> None:
    assert AnthropicMessages().parse_count(Reply(200, {}, b'{"input_tokens": 7}')) == 7


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"7", b"{}", b'{"input_tokens": "7"}', b'{"input_tokens": true}', b'{"input_tokens": -1}']
)
def test_what_is_no_count_is_the_providers_error(body: bytes) -> None:
    with pytest.raises(ProviderError):
        AnthropicMessages().parse_count(Reply(200, {}, body))


def test_the_adapter_says_that_it_relays_and_counts_by_doing_it() -> None:
    assert isinstance(AnthropicMessages(), RelaysMessages)
    assert isinstance(AnthropicMessages(), CountsTokens)
