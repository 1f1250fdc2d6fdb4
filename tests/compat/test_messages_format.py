"""Messages and stream events of Anthropic's, read by the types of its own client."""

from __future__ import annotations

import json
from typing import Any

import pytest
from anthropic.lib.streaming._messages import accumulate_event
from anthropic.types import Message, RawMessageStreamEvent
from pydantic import TypeAdapter

from pluggably.compat.messages_format import PING, EventWriter, message, usage_object
from pluggably.contract.text import TextDelta, TextResult, Usage
from pluggably.errors import ProviderError, QueueFull
from pluggably.kit.sse import EventParser

pytestmark = pytest.mark.req("SYS-REQ-017")

EVENT: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)


def call(index: int, arguments: str = "", **head: Any) -> TextDelta:
    name = {"name": head.pop("name")} if "name" in head else {}
    return TextDelta(tool_calls=[{"index": index, **head, "function": {**name, "arguments": arguments}}])


def events_of(*deltas: TextDelta, usage: Usage | None = None) -> list[Any]:
    writer = EventWriter("req_1", "m", [])
    written = b"".join(writer.write(delta) for delta in deltas) + writer.end(usage)
    return [EVENT.validate_python(json.loads(event.data), strict=True) for event in EventParser().feed(written)]


def put_together(events: list[Any]) -> dict[str, Any]:
    """What the official client makes of a stream."""
    snapshot: Any = None
    buffers: dict[int, bytes] = {}
    for event in events:
        snapshot = accumulate_event(event=event, current_snapshot=snapshot, json_bufs=buffers)
    told: dict[str, Any] = snapshot.to_dict()
    return told


def test_a_stream_says_what_the_whole_message_says() -> None:
    usage = Usage(20, 9, 12, 3)
    calls = [
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x":"é"}'}},
        {"id": "b", "type": "function", "function": {"name": "g", "arguments": ""}},
    ]
    whole = json.loads(message("req_1", "m", TextResult("Hi!", "Hm.", calls, None, "tool_calls"), usage, []))
    streamed = put_together(
        events_of(
            TextDelta(reasoning="H"), TextDelta(reasoning="m."), TextDelta(text="Hi"), TextDelta(text="!"),
            call(0, id="a", name="f"), call(0, '{"x":'), call(0, '"é"}'), call(1, id="b", name="g"),
            TextDelta(finish_reason="tool_calls"), usage=usage,
        )
    )  # fmt: skip
    Message.model_validate(whole, strict=True)
    assert streamed["content"] == whole["content"]
    assert streamed["usage"] == whole["usage"] == {
        "input_tokens": 8, "output_tokens": 9, "cache_read_input_tokens": 12,
        "output_tokens_details": {"thinking_tokens": 3},
    }  # fmt: skip
    assert {name: streamed[name] for name in ("id", "stop_reason", "model", "role")} == {
        name: whole[name] for name in ("id", "stop_reason", "model", "role")
    }


def test_blocks_follow_each_other_whatever_the_order() -> None:
    deltas = [TextDelta(text="a"), TextDelta(reasoning="b"), call(0, "{}", id="c", name="f"), TextDelta(text="d")]
    blocks = put_together(events_of(*deltas))["content"]
    assert [block["type"] for block in blocks] == ["text", "thinking", "tool_use", "text"]


def test_an_answer_of_nothing_is_a_message_all_the_same() -> None:
    told = put_together(events_of(TextDelta(finish_reason="stop"), usage=Usage(5, 0)))
    assert (told["content"], told["stop_reason"], told["usage"]["input_tokens"]) == ([], "end_turn", 5)


@pytest.mark.parametrize(
    ("finish", "sequence", "called", "reason"),
    [
        ("stop", None, False, "end_turn"),
        ("stop", "END", False, "stop_sequence"),
        ("length", None, False, "max_tokens"),
        ("tool_calls", None, True, "tool_use"),
        ("stop", None, True, "tool_use"),
        ("length", None, True, "max_tokens"),
        ("content_filter", None, False, "refusal"),
    ],
)
def test_every_end_has_its_word(finish: Any, sequence: str | None, called: bool, reason: str) -> None:
    deltas = [call(0, "{}", id="a", name="f")] if called else [TextDelta(text="x")]
    streamed = put_together(events_of(*deltas, TextDelta(finish_reason=finish, stop_sequence=sequence)))
    calls = [{"id": "a", "function": {"name": "f", "arguments": "{}"}}] if called else None
    result = TextResult("x", None, calls, None, finish, stop_sequence=sequence)
    whole = json.loads(message("req_1", "m", result, None, []))
    assert (streamed["stop_reason"], streamed.get("stop_sequence")) == (reason, sequence)
    assert (whole["stop_reason"], whole["stop_sequence"]) == (reason, sequence)


def test_what_a_vendor_wants_back_stands_before_its_call() -> None:
    extra = {"google": {"thought_signature": "CiQB"}}
    streamed = put_together(events_of(call(0, "{}", id="a", name="f", extra_content=extra)))["content"]
    calls = [{"id": "a", "function": {"name": "f", "arguments": "{}"}, "extra_content": extra}]
    whole = json.loads(message("req_1", "m", TextResult("", None, calls), None, []))["content"]
    assert streamed == whole
    assert [block["type"] for block in whole] == ["redacted_thinking", "tool_use"]


def test_a_call_without_an_id_gets_one() -> None:
    calls = [{"id": None, "function": {"name": "f", "arguments": "{}"}}] * 2
    blocks = json.loads(message("req_1", "m", TextResult("", None, calls), None, []))["content"]
    assert len({block["id"] for block in blocks}) == 2
    assert put_together(events_of(call(0, "{}", name="f")))["content"][0]["id"].startswith("toolu_")


@pytest.mark.parametrize("arguments", ["[1]", '"x"', '{"a":', "nonsense"])
def test_arguments_that_are_no_object_are_the_providers_fault(arguments: str) -> None:
    calls = [{"id": "a", "function": {"name": "f", "arguments": arguments}}]
    with pytest.raises(ProviderError):
        message("req_1", "m", TextResult("", None, calls), None, [])


@pytest.mark.parametrize(("arguments", "left"), [('{"a": 1, "b": "x', {"a": 1}), ("{", {}), ("nonsense", {})])
def test_of_arguments_that_were_cut_off_what_is_there_is_told(arguments: str, left: dict[str, Any]) -> None:
    calls = [{"id": "a", "function": {"name": "f", "arguments": arguments}}]
    told = json.loads(message("req_1", "m", TextResult("", None, calls, None, "length"), None, []))
    assert told["content"][0]["input"] == left


def test_calls_whose_pieces_are_mixed_are_the_providers_fault() -> None:
    writer = EventWriter("req_1", "m", [])
    writer.write(call(0, "{", id="a", name="f"))
    writer.write(call(1, "{", id="b", name="f"))
    with pytest.raises(ProviderError):
        writer.write(call(0, "}"))


def test_warnings_stand_in_the_first_event_even_where_they_come_late() -> None:
    late: list[str] = []
    writer = EventWriter("req_1", "m", ["early"], late)
    late.append("late")
    (first, *_) = EventParser().feed(writer.write(TextDelta(text="x")))
    assert json.loads(first.data)["message"]["warnings"] == ["early", "late"]


def test_a_stream_that_fails_ends_with_the_vendors_event() -> None:
    (event,) = EventParser().feed(EventWriter("req_1", "m").failed(QueueFull("Too many.", retry_after=3)))
    told = json.loads(event.data)
    assert (event.event, told["type"], told["request_id"]) == ("error", "error", "req_1")
    assert (told["error"]["type"], told["error"]["code"], told["error"]["retry_after"]) == (
        "overloaded_error", "queue_full", 3,
    )  # fmt: skip


def test_no_usage_is_zeros_since_the_format_wants_numbers() -> None:
    assert usage_object(None) == {"input_tokens": 0, "output_tokens": 0}


def test_a_cache_that_was_counted_beside_the_prompt_makes_nothing_negative() -> None:
    assert usage_object(Usage(5, 1, 9))["input_tokens"] == 0


def test_a_ping_is_an_event_of_the_vendors() -> None:
    (event,) = EventParser().feed(PING)
    assert (event.event, json.loads(event.data)) == ("ping", {"type": "ping"})
