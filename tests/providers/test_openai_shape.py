"""OpenAI's chat completions: literal dictionaries through `prepare` and `parse`, vendors' streams cut anywhere."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from pluggably.contract.calls import Reply
from pluggably.contract.provider import ListsModels, RelaysChat, RemoteModel
from pluggably.contract.text import TextDelta, TextRequest, Usage
from pluggably.errors import PluggablyError, ProviderError, ProviderRateLimited
from pluggably.kit.sse import EventParser, parse_events
from pluggably.providers._openai_shape import ChatRelay, OpenAIChat
from tests.factories.streams import NAMES, WHOLE, cut, flow, places, recording

ASKED = TextRequest([{"role": "user", "content": "Hi"}])
USAGE = Usage(19, 10)
USAGES = {"openai.txt": Usage(19, 10, 0, 0), "deepseek.txt": Usage(19, 10, 0, 4)}
"""Of the vendors that tell cached and reasoning tokens."""


async def deltas_of(*chunks: bytes) -> list[TextDelta]:
    return [delta async for delta in OpenAIChat().stream(parse_events(flow(chunks)), ASKED)]


def text_of(deltas: list[TextDelta]) -> str:
    return "".join(delta.text or "" for delta in deltas)


def passed(relay: ChatRelay, *chunks: bytes) -> bytes:
    return b"".join(relay.feed(chunk) for chunk in chunks)


def reply(body: Any) -> Reply:
    return Reply(200, {}, body if isinstance(body, bytes) else json.dumps(body).encode())


# prepare
def test_a_request_is_passed_on_field_by_field() -> None:
    request = TextRequest([{"role": "user", "content": "Hi"}], {"temperature": 0.2, "max_tokens": 5}, stream=False)
    call = OpenAIChat().prepare(request, "gpt-test")
    assert (call.method, call.path, call.headers) == (
        "POST", "/chat/completions", {"content-type": "application/json"},
    )  # fmt: skip
    assert json.loads(call.body or b"") == {
        "model": "gpt-test",
        "messages": [{"role": "user", "content": "Hi"}],
        "temperature": 0.2,
        "max_tokens": 5,
    }


def test_a_stream_always_asks_for_its_usage() -> None:
    body = json.loads(OpenAIChat().prepare(ASKED, "m").body or b"")
    assert (body["stream"], body["stream_options"]) == (True, {"include_usage": True})


def test_vendors_that_renamed_max_tokens_get_the_new_name() -> None:
    adapter = OpenAIChat(max_tokens="max_completion_tokens")
    body = json.loads(adapter.prepare(TextRequest([], {"max_tokens": 5}), "m").body or b"")
    assert body["max_completion_tokens"] == 5
    assert "max_tokens" not in body


# parse
def test_a_whole_answer_is_read() -> None:
    body = {
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "42", "reasoning_content": "6 times 7"},
                "logprobs": {"content": []},
                "finish_reason": "length",
            }
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
    }
    result = OpenAIChat().parse(reply(body))
    assert (result.text, result.reasoning, result.finish_reason, result.usage) == (
        "42", "6 times 7", "length", Usage(3, 1),
    )  # fmt: skip


def test_thoughts_in_the_content_come_apart_from_the_answer() -> None:
    thought = {
        "type": "thinking",
        "thinking": [{"type": "text", "text": "Let me "}, {"type": "text", "text": "see."}],
    }
    content = [thought, {"type": "text", "text": "Hello"}]
    body = {"choices": [{"message": {"role": "assistant", "content": content}, "finish_reason": "stop"}]}
    result = OpenAIChat().parse(Reply(200, {}, json.dumps(body).encode()))
    assert (result.text, result.reasoning) == ("Hello", "Let me see.")


def test_content_in_parts_is_joined() -> None:
    parts = [{"type": "thinking", "thinking": []}, {"type": "text", "text": "4"}, {"type": "text", "text": "2"}]
    body = {"choices": [{"message": {"content": parts}, "finish_reason": "stop"}]}
    assert OpenAIChat().parse(reply(body)).text == "42"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"[]", b'"text"', b"<html>", b"\xff", b"[" * 10_000, {}, {"choices": None},
        {"choices": []}, {"choices": "what"}, {"choices": [1]}, {"choices": [{}]}, {"choices": [{"message": None}]},
        {"choices": [{"message": "x"}]}, {"choices": [{"message": {}}], "usage": {"prompt_tokens": "many"}},
        {"choices": [{"message": {}, "finish_reason": ["stop"]}]},
    ],
)  # fmt: skip
def test_what_is_no_chat_completion_is_the_providers_error(body: Any) -> None:
    with pytest.raises(ProviderError):
        OpenAIChat().parse(reply(body))


# stream
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("openai.txt", "Grüß Gott, 世界 🌍!"),
        ("openai_refusal.txt", "I'm sorry, but I can't assist with that."),
        ("azure.txt", "Hello there"),
        ("openrouter.txt", "Hi there"),
        ("llama_cpp.txt", "Hello"),
        ("deepseek.txt", "Forty-two"),
        ("groq.txt", "Fast!"),
        ("mistral.txt", "Bonjour"),
        ("anonymous_proxy.txt", "One two"),
    ],
)
async def test_a_vendors_stream_is_read_to_its_usage(name: str, text: str) -> None:
    deltas = await deltas_of(recording(name))
    assert text_of(deltas) == text
    assert [delta.usage for delta in deltas if delta.usage] == [USAGES.get(name, USAGE)]
    assert [delta.finish_reason for delta in deltas if delta.finish_reason] == [
        {"azure.txt": "content_filter", "llama_cpp.txt": "length"}.get(name, "stop")
    ]


@pytest.mark.parametrize("name", WHOLE)
@given(places=places)
async def test_a_vendors_stream_reads_the_same_however_it_is_cut(name: str, places: list[int]) -> None:
    data = recording(name)
    assert await deltas_of(*cut(data, places)) == await deltas_of(data)


async def test_reasoning_comes_apart_from_the_answer() -> None:
    deltas = await deltas_of(recording("deepseek.txt"))
    assert "".join(delta.reasoning or "" for delta in deltas) == "Let me think"


async def test_tool_calls_keep_their_pieces() -> None:
    deltas = await deltas_of(recording("openai_tools.txt"))
    calls: dict[int, str] = {}
    for delta in deltas:
        for call in delta.tool_calls or ():
            calls[call["index"]] = calls.get(call["index"], "") + call["function"]["arguments"]
    assert calls == {0: '{"city":"Zürich"}', 1: "{}"}
    assert [delta.finish_reason for delta in deltas if delta.finish_reason] == ["tool_calls"]


@pytest.mark.parametrize(
    ("name", "expected", "said"),
    [
        ("openrouter_error.txt", ProviderRateLimited, "limits the rate"),
        ("llama_cpp_error.txt", ProviderError, "Context size has been exceeded"),
    ],
)
async def test_an_error_inside_a_stream_ends_it(name: str, expected: type[PluggablyError], said: str) -> None:
    with pytest.raises(expected, match=said):
        await deltas_of(recording(name))
    relay = ChatRelay(include_usage=True)
    rest = passed(relay, recording(name))
    assert isinstance(relay.error, expected)
    assert not relay.finished
    assert b'"error"' not in rest


async def test_a_stream_that_stops_too_early_is_an_error() -> None:
    with pytest.raises(ProviderError, match="before the answer did"):
        await deltas_of(recording("openai.txt")[:600])
    relay = ChatRelay(include_usage=True)
    passed(relay, recording("openai.txt")[:600])
    assert not relay.finished


@pytest.mark.parametrize(
    "data",
    ["no json", '{"choices": 7}', '{"choices": [7]}', '{"choices": "what"}', '{"usage": {"prompt_tokens": []}}',
     '{"choices": [{"delta": [1]}]}', "[" * 10_000],
)  # fmt: skip
async def test_what_is_no_chunk_is_the_providers_error(data: str) -> None:
    with pytest.raises(ProviderError):
        await deltas_of(f"data: {data}\n\n".encode())


async def test_values_of_the_wrong_kind_are_left_out() -> None:
    strange = {"content": 7, "reasoning": {"a": 1}, "tool_calls": "call"}
    chunk = {"choices": [{"index": "first", "delta": strange, "logprobs": 3, "finish_reason": "eos"}]}
    assert await deltas_of(f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n".encode()) == [
        TextDelta(finish_reason="stop")
    ]


# relay
@pytest.mark.parametrize("name", WHOLE)
@given(places=places)
def test_a_relay_passes_every_event_on_whole(name: str, places: list[int]) -> None:
    data = recording(name)
    relay = ChatRelay(include_usage=True)
    pieces = [relay.feed(chunk) for chunk in cut(data, places)]
    assert b"".join(pieces) == data
    assert relay.usage == USAGES.get(name, USAGE)
    assert relay.finished
    assert relay.error is None
    for piece in pieces:
        assert not piece or piece.endswith((b"\n\n", b"\r\n\r\n"))


@pytest.mark.parametrize("name", WHOLE)
@given(places=places)
def test_a_relay_keeps_back_the_usage_that_only_the_gateway_asked_for(name: str, places: list[int]) -> None:
    relay = ChatRelay(include_usage=False)
    rest = passed(relay, *cut(recording(name), places))
    assert relay.usage == USAGES.get(name, USAGE)
    chunks = [json.loads(event.data) for event in EventParser().feed(rest) if event.data != "[DONE]"]
    assert all(chunk["choices"] or "prompt_filter_results" in chunk for chunk in chunks)
    everything = [json.loads(event.data) for event in EventParser().feed(recording(name)) if event.data != "[DONE]"]
    answer = [chunk for chunk in everything if chunk["choices"] or not chunk.get("usage")]
    assert chunks == answer, "something else than the usage was kept back"
    assert rest.rstrip().endswith(b"[DONE]")


@given(places=places)
@pytest.mark.parametrize("name", [name for name in NAMES if name not in WHOLE])
def test_a_relay_finds_an_error_however_it_is_cut(name: str, places: list[int]) -> None:
    relay = ChatRelay(include_usage=False)
    rest = passed(relay, *cut(recording(name), places))
    assert relay.error is not None
    assert b'"error"' not in rest


def test_words_that_look_like_the_end_do_not_end_a_relayed_stream() -> None:
    said = json.dumps({"choices": [{"index": 0, "delta": {"content": 'data: [DONE] "usage": {"error"'}}]})
    data = f"data: {said}\n\n".encode()
    relay = ChatRelay(include_usage=False)
    assert relay.feed(data) == data
    assert (relay.finished, relay.usage, relay.error) == (False, None, None)


def test_a_relayed_event_without_end_is_refused() -> None:
    relay = ChatRelay(include_usage=False)
    with pytest.raises(ProviderError, match="16 MiB"):
        passed(relay, *[b"data: " + b"x" * 1024 * 1024] * 20)


# models
def test_a_list_of_models_is_read_with_what_compatible_servers_add() -> None:
    body = {
        "data": [
            {"id": "a", "created": 1_700_000_000, "context_length": 8192, "description": "Good."},
            {"id": "b", "created": 10**30, "max_model_len": 4096, "description": {"en": "?"}},
            {"id": "", "object": "model"},
            {"id": 7},
            {"id": "x" * 1000},
        ]
    }
    assert OpenAIChat().parse_models(reply(body)) == [
        RemoteModel("a", 1_700_000_000, 8192, "Good."),
        RemoteModel("b", None, 4096, None),
    ]
    assert OpenAIChat().parse_models(reply([{"id": "bare"}])) == [RemoteModel("bare")]


@pytest.mark.parametrize("body", [b"", b"<html>", {}, {"data": None}, {"data": [1]}, 7, {"data": {"id": "x"}}])
def test_what_is_no_list_of_models_is_the_providers_error(body: Any) -> None:
    with pytest.raises(ProviderError):
        OpenAIChat().parse_models(reply(body))


def test_the_adapter_says_what_it_can_do_by_having_it() -> None:
    assert isinstance(OpenAIChat(), RelaysChat)
    assert isinstance(OpenAIChat(), ListsModels)


async def test_the_stop_that_ended_the_answer_is_told_where_the_vendor_names_it() -> None:
    body = {"choices": [{"message": {"content": "a"}, "finish_reason": "stop", "stop_reason": ","}]}
    assert OpenAIChat().parse(Reply(200, {}, json.dumps(body).encode())).stop_sequence == ","
    body["choices"][0]["stop_reason"] = 128009  # type: ignore[assignment]
    assert OpenAIChat().parse(Reply(200, {}, json.dumps(body).encode())).stop_sequence is None, (
        "a token of the model's"
    )
