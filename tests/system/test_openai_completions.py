"""Completions of raw text: the official OpenAI client against the real model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.types import Completion

from tests.factories.gateways import KEY, Gateway

pytestmark = pytest.mark.req("SYS-REQ-001", "SYS-REQ-017")

MODEL = "SmolLM2-135M-Instruct.Q4_1"
NO_END = {"0": -100, "2": -100}
"""Keeps the model from ending by itself: its tokens `<|endoftext|>` and `<|im_end|>`."""
THE_SEA_IS = [504, 6210, 314]


@pytest.fixture
def client(gateway: Gateway) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=KEY, max_retries=0) as client:
        yield client


def ask(client: openai.OpenAI, prompt: Any = "The sea is", **options: Any) -> Any:
    options = {"model": "auto", "max_tokens": 6, "temperature": 0, "logit_bias": NO_END, **options}
    return client.completions.create(prompt=prompt, **options)


def test_it_goes_on_with_raw_text(gateway: Gateway) -> None:
    asked = {"model": "auto", "prompt": "The sea is", "max_tokens": 6, "logit_bias": NO_END}
    with gateway.client() as plain:
        answer = plain.post("/v1/completions", json={**asked, "user": "u"}).json()
    completion = Completion.model_validate(answer, strict=True)
    assert (completion.model, completion.object, "warnings" in answer) == (MODEL, "text_completion", False)
    assert [choice.finish_reason for choice in completion.choices] == ["length"]
    assert completion.choices[0].text
    assert completion.usage is not None
    # No template is around it: the three words are three tokens.
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (3, 6)


def test_sixteen_tokens_come_where_nothing_is_said(client: openai.OpenAI) -> None:
    assert ask(client, max_tokens=None).usage.completion_tokens == 16


def test_it_streams_with_the_usage_last(gateway: Gateway) -> None:
    asked = {"prompt": "The sea is", "max_tokens": 6, "logit_bias": NO_END, "stream_options": {"include_usage": True}}
    *chunks, done = [data for _, data, _ in gateway.events(asked, "/v1/completions")]
    assert done == "[DONE]"
    *pieces, usage = chunks
    assert (usage["choices"], usage["usage"]["completion_tokens"]) == ([], 6)
    assert all(piece["object"] == "text_completion" and len(piece["choices"]) == 1 for piece in pieces)
    assert len(pieces) > 1
    assert pieces[-1]["choices"][0]["finish_reason"] == "length"


def test_no_usage_comes_unless_it_is_asked_for(client: openai.OpenAI) -> None:
    chunks = list(ask(client, stream=True))
    assert all(chunk.choices and chunk.usage is None for chunk in chunks)


def test_several_texts_are_gone_on_with_each_by_itself(client: openai.OpenAI) -> None:
    together = ask(client, ["The sea is", "The sky"])
    assert [choice.index for choice in together.choices] == [0, 1]
    assert (together.usage.prompt_tokens, together.usage.completion_tokens) == (5, 12)


def test_several_choices_are_counted_together(client: openai.OpenAI) -> None:
    answer = ask(client, n=2, temperature=1, seed=1)
    assert [bool(choice.text) for choice in answer.choices] == [True, True]
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (3, 12)


def test_tokens_are_taken_in_place_of_text(client: openai.OpenAI) -> None:
    assert ask(client, THE_SEA_IS).usage.prompt_tokens == 3
    assert len(ask(client, [THE_SEA_IS, THE_SEA_IS]).choices) == 2


@pytest.mark.parametrize("tops", [0, 2])
def test_logprobs_are_lists_side_by_side(client: openai.OpenAI, tops: int) -> None:
    (choice,) = ask(client, logprobs=tops).choices
    told = choice.logprobs
    assert "".join(told.tokens) == choice.text
    assert [len(top) for top in told.top_logprobs] == [tops] * 6
    assert all(logprob <= 0 for logprob in told.token_logprobs)
    assert told.text_offset == [sum(map(len, told.tokens[:place])) for place in range(6)]


@pytest.mark.parametrize(
    ("options", "code", "param"),
    [
        ({"echo": True}, "unsupported_feature", "echo"),
        ({"suffix": "."}, "unsupported_feature", "suffix"),
        ({"best_of": 2}, "unsupported_feature", "best_of"),
        ({"max_tokens": 0}, "unsupported_feature", "max_tokens"),
        ({"prompt": ["a", "b"], "n": 2}, "unsupported_feature", "n"),
        ({"extra_body": {"response_format": {"type": "json_object"}}}, "unsupported_feature", "response_format"),
        ({"best_of": 1, "n": 2}, "validation_error", "best_of"),
        ({"prompt": ""}, "validation_error", None),
        ({"prompt": []}, "validation_error", None),
        ({"prompt": [[1], "x"]}, "validation_error", None),
        ({"prompt": [999_999_999]}, "validation_error", None),
        ({"temperature": 9}, "validation_error", "temperature"),
        ({"prompt": "word " * 9000}, "context_length_exceeded", None),
    ],
)
def test_what_can_not_be_done_is_said(client: openai.OpenAI, options: Any, code: str, param: str | None) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        ask(client, **options)
    assert refused.value.code == code
    if param is not None:
        assert refused.value.param == param


def test_what_asks_for_nothing_new_is_accepted(client: openai.OpenAI) -> None:
    assert ask(client, echo=False, suffix="", best_of=1, n=1).choices
