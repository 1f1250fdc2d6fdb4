"""Tool calls that must happen, on an engine that can't force them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest

from pluggably.contract.text import TextDelta, TextRequest, Usage
from pluggably.errors import UnsupportedFeature, ValidationFailed
from pluggably.kit.sse import parse_events
from pluggably.providers._forced_tools import as_tool_calls, call_schema, forced_tools, with_tools_told
from pluggably.providers._llama import SUPPORTED, LlamaChat
from tests.factories.streams import flow
from tests.fakes.openai_server import chunk, event

WEATHER = {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}
TIME = {"name": "time"}
TOOLS = [{"type": "function", "function": WEATHER}, {"type": "function", "function": TIME}]
MESSAGES = [{"role": "user", "content": "Hi"}]


async def calls_of(deltas: Iterable[TextDelta]) -> list[TextDelta]:
    async def given() -> AsyncIterator[TextDelta]:
        for delta in deltas:
            yield delta

    return [delta async for delta in as_tool_calls(given())]


def body_of(**parameters: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(LlamaChat().prepare(TextRequest(MESSAGES, parameters), "m").body or b"")
    return found


@pytest.mark.parametrize("choice", [None, "auto", "none"])
def test_a_model_that_may_choose_is_not_forced(choice: str | None) -> None:
    assert forced_tools({"tools": TOOLS, "tool_choice": choice}) is None


def test_required_allows_every_function() -> None:
    assert forced_tools({"tools": TOOLS, "tool_choice": "required"}) == [WEATHER, TIME]


def test_a_named_function_is_the_only_one() -> None:
    named = {"type": "function", "function": {"name": "time"}}
    assert forced_tools({"tools": TOOLS, "tool_choice": named}) == [TIME]


@pytest.mark.parametrize(
    ("tools", "choice"),
    [
        (None, "required"),
        ([], "required"),
        ([{"type": "custom"}], "required"),
        ([{"type": "function"}], "required"),
        (TOOLS, {"type": "function", "function": {"name": "nothing"}}),
        (TOOLS, {"type": "function", "function": "time"}),
        (TOOLS, {"type": "function", "function": None}),
        (TOOLS, {}),
    ],
)
def test_a_choice_that_names_no_tool_is_refused(tools: Any, choice: Any) -> None:
    with pytest.raises(ValidationFailed) as caught:
        forced_tools({"tools": tools, "tool_choice": choice})
    assert caught.value.param == "tool_choice"


def test_the_schema_allows_one_call_of_one_function() -> None:
    one = call_schema([WEATHER])
    assert one["properties"] == {"name": {"const": "weather"}, "arguments": WEATHER["parameters"]}
    both = call_schema([WEATHER, TIME])
    assert [choice["properties"]["name"] for choice in both["anyOf"]] == [{"const": "weather"}, {"const": "time"}]
    assert both["anyOf"][1]["properties"]["arguments"] == {"type": "object"}


def test_the_functions_are_told_in_the_system_message() -> None:
    told = with_tools_told(MESSAGES, [WEATHER])
    assert (told[0]["role"], told[1:]) == ("system", MESSAGES)
    assert '"weather"' in told[0]["content"]
    system = {"role": "system", "content": "Be kind."}
    told = with_tools_told([system, *MESSAGES], [WEATHER])
    assert told[0]["content"].startswith("Be kind.\n\n")
    assert system["content"] == "Be kind.", "the caller's own message was changed"


async def test_the_text_becomes_one_call_when_it_is_complete() -> None:
    texts = ['{"name": "weather", ', '"arguments": {"city": "Zürich"}}']
    found = await calls_of(
        [*(TextDelta(text=text) for text in texts), TextDelta(finish_reason="stop"), TextDelta(usage=Usage(3, 4))]
    )
    assert len(found) == 2
    assert (found[0].text, found[0].finish_reason) == (None, "tool_calls")
    (call,) = found[0].tool_calls or []
    assert call["id"].startswith("call_")
    assert call["function"]["name"] == "weather"
    assert json.loads(call["function"]["arguments"]) == {"city": "Zürich"}
    assert found[1].usage == Usage(3, 4)


async def test_two_choices_are_kept_apart() -> None:
    def text(name: str) -> str:
        return json.dumps({"name": name, "arguments": {}})

    found = await calls_of(
        [
            TextDelta(text=text("a")[:5], index=0),
            TextDelta(text=text("b"), index=1),
            TextDelta(text=text("a")[5:], index=0),
            TextDelta(finish_reason="stop", index=1),
            TextDelta(finish_reason="stop", index=0),
        ]
    )
    assert [(delta.index, (delta.tool_calls or [{}])[0]["function"]["name"]) for delta in found] == [
        (1, "b"),
        (0, "a"),
    ]


@pytest.mark.parametrize("text", ['{"name": "weather", "argu', "[1]", "7", '{"name": "x"}', ""])
async def test_a_call_that_was_cut_off_stays_text(text: str) -> None:
    found = await calls_of([TextDelta(text=text), TextDelta(finish_reason="length")])
    assert [(delta.text, delta.tool_calls, delta.finish_reason) for delta in found] == [(text, None, "length")]


async def test_reasoning_passes_while_the_call_is_held() -> None:
    found = await calls_of([TextDelta(reasoning="Hm."), TextDelta(text="x"), TextDelta(finish_reason="stop")])
    assert found[0].reasoning == "Hm."


def test_a_forced_call_is_asked_of_the_engine_as_a_schema() -> None:
    body = body_of(tools=TOOLS, tool_choice="required", parallel_tool_calls=True)
    assert body["response_format"]["json_schema"]["schema"] == call_schema([WEATHER, TIME])
    assert body.keys().isdisjoint({"tools", "tool_choice", "parallel_tool_calls"})


async def test_the_engines_answer_to_a_forced_call_is_read_as_one() -> None:
    text = '{"name": "time", "arguments": {}}'
    stream = [event(chunk({"content": text})), event(chunk({}, finish="stop")), event("[DONE]")]
    request = TextRequest(MESSAGES, {"tools": TOOLS, "tool_choice": "required"})
    adapter = LlamaChat()
    (delta,) = [delta async for delta in adapter.stream(parse_events(flow(stream)), request)]
    assert delta.finish_reason == "tool_calls"
    assert adapter.relay(request, include_usage=True) is None
    assert adapter.relay(TextRequest(MESSAGES, {"tools": TOOLS}), include_usage=True) is not None


def test_the_local_engine_is_always_asked_for_a_stream() -> None:
    call = LlamaChat().prepare(TextRequest(MESSAGES, stream=False), "m")
    body = json.loads(call.body or b"")
    assert (call.path, body["stream"], body["stream_options"]) == (
        "/v1/chat/completions",
        True,
        {"include_usage": True},
    )


def test_what_the_local_engine_would_ignore_is_refused() -> None:
    with pytest.raises(UnsupportedFeature) as caught:
        body_of(modalities=["audio"])
    assert caught.value.param == "modalities"
    assert body_of(store=True, user="me", modalities=None).keys() == {"model", "messages", "stream", "stream_options"}


def test_both_names_of_the_longest_answer_mean_the_same() -> None:
    assert body_of(max_completion_tokens=7)["max_tokens"] == 7
    assert "max_completion_tokens" in SUPPORTED
