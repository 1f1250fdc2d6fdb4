"""The official OpenAI client, with no change but the base URL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import openai
import pytest

from tests.factories.gateways import ENDLESS, KEY, Gateway

pytestmark = pytest.mark.req("SYS-REQ-001", "SYS-REQ-017")


@pytest.fixture
def client(gateway: Gateway) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=KEY, max_retries=0) as client:
        yield client


def ask(client: openai.OpenAI, prompt: str = "Say hello.", **options: Any) -> Any:
    options = {"model": "auto", "max_tokens": 24, "temperature": 0, **options}
    return client.chat.completions.create(messages=[{"role": "user", "content": prompt}], **options)


def test_it_gets_an_answer(client: openai.OpenAI) -> None:
    completion = ask(client, "Write about the sea.")
    assert completion.choices[0].message.content.strip()
    assert completion.model == "SmolLM2-135M-Instruct.Q4_1"
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens


def test_it_streams_token_by_token_with_the_usage_last(client: openai.OpenAI) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "numbers", "schema": ENDLESS}}
    options: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}
    chunks = list(ask(client, "Count.", response_format=wanted, **options))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text
    assert len(chunks) > 10
    assert chunks[-1].choices == []
    assert chunks[-1].usage.completion_tokens == 24
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] in ("stop", "length")


def test_no_usage_comes_unless_it_is_asked_for(client: openai.OpenAI) -> None:
    chunks = list(ask(client, stream=True))
    assert all(chunk.choices and chunk.usage is None for chunk in chunks)


def test_several_choices(client: openai.OpenAI) -> None:
    completion = ask(client, "Tell me a word.", n=2, temperature=1.0, seed=3)
    assert [choice.index for choice in completion.choices] == [0, 1]
    assert all(choice.message.content for choice in completion.choices)


def test_logprobs(client: openai.OpenAI) -> None:
    choice = ask(client, logprobs=True, top_logprobs=2, max_tokens=4).choices[0]
    assert 1 <= len(choice.logprobs.content) <= 4
    assert all(token.logprob <= 0 and len(token.top_logprobs) == 2 for token in choice.logprobs.content)


def test_a_response_format_binds_the_answer(client: openai.OpenAI) -> None:
    schema = {
        "type": "object",
        "properties": {"colour": {"enum": ["red", "green", "blue"]}},
        "required": ["colour"],
        "additionalProperties": False,
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "c", "strict": True, "schema": schema}}
    text = ask(client, "Choose a colour.", response_format=wanted).choices[0].message.content
    jsonschema_rs.validate(schema, json.loads(text))


WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "maxLength": 24}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "get_weather"}}])
def test_a_tool_that_must_be_called_is_called(client: openai.OpenAI, choice: Any) -> None:
    completion = ask(client, "How is the weather in Paris?", tools=[WEATHER], tool_choice=choice, max_tokens=64)
    answer = completion.choices[0]
    assert answer.finish_reason == "tool_calls"
    (call,) = answer.message.tool_calls
    assert call.function.name == "get_weather"
    jsonschema_rs.validate(WEATHER["function"]["parameters"], json.loads(call.function.arguments))


def test_a_forced_tool_call_streams_too(client: openai.OpenAI) -> None:
    chunks = list(
        ask(client, "Weather in Rome?", tools=[WEATHER], tool_choice="required", max_tokens=64, stream=True)
    )
    calls = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    assert "".join(call.function.name or "" for call in calls) == "get_weather"
    assert "city" in json.loads("".join(call.function.arguments or "" for call in calls))
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


def test_tools_may_be_offered_without_being_called(client: openai.OpenAI) -> None:
    completion = ask(client, "Say hello.", tools=[WEATHER], max_tokens=64)
    message = completion.choices[0].message
    assert message.content or message.tool_calls
    # This model's template has no words for tools: the gateway tells it of them, and nothing is dropped silently.
    assert completion.usage.prompt_tokens > ask(client, "Say hello.").usage.prompt_tokens + 20


def test_calls_and_their_results_reach_a_model_whose_template_has_no_words_for_them(client: openai.OpenAI) -> None:
    def prompt_tokens(city: str, result: str) -> int:
        function = {"name": "get_weather", "arguments": json.dumps({"city": city})}
        chat: Any = [
            {"role": "user", "content": "How is the weather?"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c1", "type": "function", "function": function}],
            },
            {"role": "tool", "tool_call_id": "c1", "content": result},
        ]
        answer = client.chat.completions.create(model="auto", messages=chat, max_tokens=1)
        return int(answer.usage.prompt_tokens)  # type: ignore[union-attr]

    short = prompt_tokens("Rome", "Rain.")
    assert prompt_tokens("Rome", "Rain. " * 30) > short + 20
    assert prompt_tokens("Rome " * 30, "Rain.") > short + 20


def test_several_choices_are_counted_together(client: openai.OpenAI) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "numbers", "schema": ENDLESS}}
    options: dict[str, Any] = {"max_tokens": 8, "response_format": wanted}
    one = ask(client, "Tell me a word.", **options).usage
    options |= {"n": 2, "stream": True}
    chunks = list(ask(client, "Tell me a word.", stream_options={"include_usage": True}, **options))
    usages = [chunk.usage for chunk in chunks if chunk.usage is not None]
    assert len(usages) == 1
    assert usages[0].prompt_tokens == one.prompt_tokens
    assert (one.completion_tokens, usages[0].completion_tokens) == (8, 16)


def test_fields_without_effect_are_accepted(client: openai.OpenAI) -> None:
    assert ask(client, store=True, metadata={"a": "b"}, user="u", service_tier="auto").choices


def test_what_the_engine_would_ignore_is_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refusal:
        ask(client, modalities=["text", "audio"])
    assert refusal.value.code == "unsupported_feature"
    assert refusal.value.param == "modalities"


def test_an_invalid_body_is_400(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refusal:
        ask(client, temperature=9)
    assert refusal.value.body["details"]["fields"][0]["field"] == "temperature"


def test_a_wrong_key_is_an_authentication_error(gateway: Gateway) -> None:
    with (
        openai.OpenAI(base_url=f"{gateway.url}/v1", api_key="wrong", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError),
    ):
        ask(client)


def test_an_unknown_model_is_not_found(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as missing:
        ask(client, model="gpt-9")
    assert missing.value.code == "model_not_found"


def test_models_are_listed_in_its_shape(client: openai.OpenAI) -> None:
    (model,) = client.models.list().data
    assert model.id == client.models.retrieve(model.id).id == "SmolLM2-135M-Instruct.Q4_1"
    assert (model.object, model.owned_by) == ("model", "local")
