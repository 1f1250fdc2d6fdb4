"""What every vendor with a language of its own has recorded: read whole and streamed, cut anywhere, broken."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from pluggably.contract.calls import Reply
from pluggably.contract.provider import TextAdapter
from pluggably.contract.text import TextDelta, TextRequest, Usage
from pluggably.errors import ProviderError
from pluggably.kit.sse import parse_events
from pluggably.providers._openai_responses import OpenAIResponses
from pluggably.providers.anthropic import AnthropicMessages
from pluggably.providers.google import GeminiText
from tests.factories.streams import RECORDINGS, cut, flow, places
from tests.fakes.vendors import TEXT

pytestmark = pytest.mark.req("SYS-REQ-002")

ASKED = TextRequest([{"role": "user", "content": "Hi"}])
USAGE = Usage(19, 10, 6, 4)
ADAPTERS: dict[str, TextAdapter] = {
    "anthropic": AnthropicMessages(),
    "google": GeminiText(),
    "responses": OpenAIResponses(),
}
ANSWERS = [
    ("plain", TEXT, None, "stop"),
    ("thinking", "Forty-two", "Six times seven.", "stop"),
    ("length", TEXT, None, "length"),
    ("json", '{"city":"Bern"}', None, "stop"),
    ("tools", "I'll look.", None, "tool_calls"),
]
STREAMS = {vendor: sorted((RECORDINGS / vendor).glob("*.txt")) for vendor in ADAPTERS}
WHOLE = ("plain", "unknown", "thinking", "tools", "thinking_tools", "length", "json")

vendors = pytest.mark.parametrize("vendor", ADAPTERS)


def recorded(vendor: str, name: str) -> bytes:
    return (RECORDINGS / vendor / name).read_bytes()


async def deltas_of(vendor: str, *chunks: bytes) -> list[TextDelta]:
    return [delta async for delta in ADAPTERS[vendor].stream(parse_events(flow(chunks)), ASKED)]


def text_of(deltas: list[TextDelta]) -> str:
    return "".join(delta.text or "" for delta in deltas)


@vendors
@pytest.mark.parametrize(("name", "text", "reasoning", "finish"), ANSWERS)
def test_a_whole_answer_is_read(vendor: str, name: str, text: str, reasoning: str | None, finish: str) -> None:
    result = ADAPTERS[vendor].parse(Reply(200, {}, recorded(vendor, f"{name}.json")))
    assert (result.text, result.reasoning, result.finish_reason, result.usage) == (text, reasoning, finish, USAGE)


@vendors
@pytest.mark.parametrize(("name", "text", "reasoning", "finish"), ANSWERS)
async def test_a_streamed_answer_is_read(
    vendor: str, name: str, text: str, reasoning: str | None, finish: str
) -> None:
    deltas = await deltas_of(vendor, recorded(vendor, f"{name}.txt"))
    assert text_of(deltas) == text
    assert ("".join(delta.reasoning or "" for delta in deltas) or None) == reasoning
    assert [delta.finish_reason for delta in deltas if delta.finish_reason] == [finish]
    told = [delta.usage for delta in deltas if delta.usage]
    assert told[-1] == USAGE
    assert vendor == "google" or len(told) == 1, "only Gemini tells it with every piece"


@pytest.mark.parametrize(
    ("vendor", "name"),
    [(vendor, path.name) for vendor, paths in STREAMS.items() for path in paths if path.stem in WHOLE],
)
@settings(deadline=None)
@given(places=places)
async def test_a_stream_may_be_cut_anywhere(vendor: str, name: str, places: list[int]) -> None:
    data = recorded(vendor, name)
    assert await deltas_of(vendor, *cut(data, places)) == await deltas_of(vendor, data)


@vendors
async def test_what_nobody_documented_is_tolerated(vendor: str) -> None:
    assert text_of(await deltas_of(vendor, recorded(vendor, "unknown.txt"))) == TEXT


@vendors
@pytest.mark.parametrize("data", [b"", b"data: {not json\n\n"])
async def test_a_stream_without_an_answer_is_the_providers_error(vendor: str, data: bytes) -> None:
    with pytest.raises(ProviderError):
        await deltas_of(vendor, data)


@vendors
async def test_a_stream_that_is_cut_off_is_the_providers_error(vendor: str) -> None:
    with pytest.raises(ProviderError, match="ended before"):
        await deltas_of(vendor, recorded(vendor, "cut_off.txt"))


@vendors
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b"7"])
def test_what_is_no_answer_is_the_providers_error(vendor: str, body: bytes) -> None:
    with pytest.raises(ProviderError):
        ADAPTERS[vendor].parse(Reply(200, {}, body))
