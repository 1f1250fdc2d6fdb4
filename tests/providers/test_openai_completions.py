"""OpenAI's older completions: what is sent, and what a stream says."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from pluggably.contract.calls import ServerEvent
from pluggably.contract.completions import CompletionRequest
from pluggably.contract.text import TextDelta, Usage
from pluggably.errors import ProviderError, ProviderRateLimited, UnsupportedFeature
from pluggably.providers._openai_completions import LlamaCompletions, OpenAICompletions

ASKED = CompletionRequest("The sea")


async def events(*chunks: Any) -> AsyncIterator[ServerEvent]:
    for chunk in chunks:
        yield ServerEvent(chunk if isinstance(chunk, str) else json.dumps(chunk))


def piece(text: str, *, index: int = 0, end: str | None = None, **more: Any) -> dict[str, Any]:
    return {"choices": [{"text": text, "index": index, "logprobs": None, "finish_reason": end}], **more}


def used(prompt: int, completion: int, cached: int = 0) -> dict[str, Any]:
    details = {"prompt_tokens_details": {"cached_tokens": cached}}
    return {"usage": {"prompt_tokens": prompt, "completion_tokens": completion, **details}}


async def read(
    *chunks: Any, adapter: OpenAICompletions | None = None, request: CompletionRequest = ASKED
) -> list[TextDelta]:
    return [delta async for delta in (adapter or OpenAICompletions()).stream(events(*chunks), request)]


def test_the_call_is_a_stream_with_usage_and_everything_else_as_it_came() -> None:
    call = OpenAICompletions().prepare(CompletionRequest([1, 2], {"echo": True, "x": 1}), "m")
    streamed = {"stream": True, "stream_options": {"include_usage": True}}
    assert call.path == "/completions"
    assert json.loads(call.body or b"") == {"model": "m", "prompt": [1, 2], "echo": True, "x": 1, **streamed}


async def test_pieces_ends_and_usage_are_read() -> None:
    deltas = await read(
        piece("a"), "null", piece("", index=1, end="length"), piece("", end="stop"), used(2, 1), "[DONE]"
    )
    assert [(delta.text, delta.index, delta.finish_reason) for delta in deltas[:3]] == [
        ("a", 0, None), (None, 1, "length"), (None, 0, "stop"),
    ]  # fmt: skip
    assert deltas[3].usage == Usage(2, 1, 0)


async def test_lists_side_by_side_become_tokens() -> None:
    told = {"tokens": ["The", " sea"], "token_logprobs": [None, -0.5], "top_logprobs": [None, {" sea": -0.5}]}
    chunk = {"choices": [{"text": "The sea", "index": 0, "logprobs": told, "finish_reason": "stop"}]}
    (delta,) = await read(chunk)
    assert delta.logprobs == {
        "content": [
            {"token": "The", "logprob": None, "bytes": None, "top_logprobs": []},
            {"token": " sea", "logprob": -0.5, "bytes": None, "top_logprobs": [{"token": " sea", "logprob": -0.5}]},
        ]
    }


@pytest.mark.req("TEST-INT-001")
@pytest.mark.parametrize(
    ("chunks", "kind"),
    [
        ([piece("a")], ProviderError),
        (["this is no JSON"], ProviderError),
        ([{"choices": [7]}], ProviderError),
        ([{"choices": [{"text": "a", "logprobs": {"tokens": 7}}]}], ProviderError),
        ([{"choices": [{"text": "a", "logprobs": {}}]}], ProviderError),
        ([piece("a"), {"error": {"code": 429, "message": "slow down"}}], ProviderRateLimited),
    ],
)
async def test_what_is_no_answer_is_an_error(chunks: list[Any], kind: type[ProviderError]) -> None:
    with pytest.raises(kind):
        await read(*chunks)


@pytest.mark.parametrize(
    ("request_", "usage"),
    [
        (CompletionRequest("a", {"n": 2}), Usage(3, 5, 1)),
        (CompletionRequest(["a", "b"]), Usage(7, 5, 3)),
        (CompletionRequest(["a"]), Usage(3, 5, 1)),
        (CompletionRequest([1, 2]), Usage(3, 5, 1)),
    ],
)
async def test_the_local_engines_usage_of_each_choice_is_added_up(request_: CompletionRequest, usage: Usage) -> None:
    chunks = [piece("", end="stop", **used(3, 2, 1)), piece("", index=1, end="stop", **used(4, 3, 2)), "[DONE]"]
    deltas = await read(*chunks, adapter=LlamaCompletions(), request=request_)
    assert [delta.usage for delta in deltas if delta.usage is not None] == [usage]


def test_the_local_engine_gets_what_it_knows_and_nothing_without_effect() -> None:
    parameters = {"temperature": 0.5, "user": "me", "logprobs": 0}
    body = json.loads(LlamaCompletions().prepare(CompletionRequest("a", parameters), "m").body or b"")
    assert (body["temperature"], body["logprobs"], "user" in body) == (0.5, 1, False)


@pytest.mark.parametrize("name", ["echo", "suffix", "best_of", "response_format", "some_new_field"])
def test_what_the_local_engine_would_ignore_is_refused(name: str) -> None:
    with pytest.raises(UnsupportedFeature) as refused:
        LlamaCompletions().prepare(CompletionRequest("a", {name: 2}), "m")
    assert refused.value.param == name
