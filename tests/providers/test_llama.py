"""What the local engine's adapter adds to OpenAI's chat completions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pluggably.contract.calls import Reply, ServerEvent
from pluggably.contract.provider import CountsTokens
from pluggably.contract.text import TextDelta, TextRequest
from pluggably.errors import UnsupportedFeature
from pluggably.features.generation.collector import Collector
from pluggably.providers._llama import LlamaChat
from tests.factories.streams import flow

HELLO: list[Any] = [{"role": "user", "content": "Hi"}]
IMAGE: list[Any] = [
    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,aaaa"}}]}
]


def body_of(parameters: dict[str, Any], *, tell_stop: bool) -> dict[str, Any]:
    call = LlamaChat().prepare(TextRequest(HELLO, parameters, tell_stop=tell_stop), "m")
    return json.loads(call.body or b"")  # type: ignore[no-any-return]


async def deltas_of(*chunks: dict[str, Any], **request: Any) -> list[TextDelta]:
    async def events() -> Any:
        async for data in flow(json.dumps(chunk).encode() for chunk in chunks):
            yield ServerEvent(data.decode())
        yield ServerEvent("[DONE]")

    return [delta async for delta in LlamaChat().stream(events(), TextRequest(HELLO, **request))]


def chunk(content: str | None = None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    delta = {} if content is None else {"content": content}
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}


def test_the_engine_is_asked_for_more_words_only_where_somebody_wants_to_know_the_stop() -> None:
    assert body_of({"stop": ["x"]}, tell_stop=True)["verbose"] is True
    assert "verbose" not in body_of({"stop": ["x"]}, tell_stop=False)
    assert "verbose" not in body_of({}, tell_stop=True)


@pytest.mark.parametrize("where", [0, 1])
async def test_the_stop_that_ended_the_answer_stands_beside_the_end(where: int) -> None:
    chunks = [chunk("b"), chunk(finish="stop")]
    chunks[where]["__verbose"] = {"stopping_word": ","}
    deltas = await deltas_of(chunk("a"), *chunks, parameters={"stop": [","]}, tell_stop=True)
    assert [delta.stop_sequence for delta in deltas] == [None, None, ","]
    collector = Collector()
    for delta in deltas:
        collector.take(delta)
    assert collector.results(None)[0].stop_sequence == ","


async def test_an_answer_that_ended_by_itself_names_no_stop() -> None:
    last = chunk(finish="stop", __verbose={"stopping_word": "", "stop_type": "eos"})
    deltas = await deltas_of(chunk("a"), last, parameters={"stop": [","]}, tell_stop=True)
    assert [delta.stop_sequence for delta in deltas] == [None, None]


def test_a_count_asks_about_the_very_body_of_a_generation() -> None:
    adapter = LlamaChat()
    assert isinstance(adapter, CountsTokens)
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
    request = TextRequest(HELLO, {"tools": tools, "tool_choice": "required"}, native_tools=False)
    counted, made = adapter.count_call(request, "m"), adapter.prepare(request, "m")
    assert counted.body == made.body
    assert counted.path == f"{made.path}/input_tokens"
    assert adapter.parse_count(Reply(200, {}, b'{"input_tokens": 18, "object": "response.input_tokens"}')) == 18


def test_images_are_not_counted_as_if_they_were_nothing() -> None:
    with pytest.raises(UnsupportedFeature):
        LlamaChat().count_call(TextRequest(IMAGE), "m")
