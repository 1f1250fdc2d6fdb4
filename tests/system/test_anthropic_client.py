"""The official Anthropic client, with no change but the base URL."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import anthropic
import jsonschema_rs
import pytest
from anthropic.types import RawMessageStreamEvent
from pydantic import TypeAdapter

from tests.factories.gateways import ENDLESS, KEY, Gateway, wait_until

pytestmark = pytest.mark.req("SYS-REQ-001", "SYS-REQ-017")

MODEL = "SmolLM2-135M-Instruct.Q4_1"
EVENT: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
HELLO: Any = [{"role": "user", "content": "Say hello."}]
NUMBERS: Any = {"format": {"type": "json_schema", "schema": ENDLESS}}
WEATHER: Any = {
    "name": "get_weather",
    "description": "The weather in a city.",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 24}},
        "required": ["city"],
        "additionalProperties": False,
    },
}


@pytest.fixture
def client(gateway: Gateway) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=gateway.url, api_key=KEY, max_retries=0) as client:
        yield client


def ask(client: anthropic.Anthropic, **options: Any) -> Any:
    return client.messages.create(**{"model": "auto", "max_tokens": 24, "messages": HELLO, **options})


def test_it_gets_an_answer(client: anthropic.Anthropic) -> None:
    message = ask(client, output_config=NUMBERS)
    (block,) = message.content
    assert block.text.startswith("[")
    assert (message.model, message.role, message.type) == (MODEL, "assistant", "message")
    assert (message.stop_reason, message.usage.output_tokens) == ("max_tokens", 24)


def test_it_streams_token_by_token(client: anthropic.Anthropic) -> None:
    options: Any = {"model": "auto", "max_tokens": 24, "messages": HELLO, "output_config": NUMBERS}
    with client.messages.stream(**options) as stream:
        pieces = list(stream.text_stream)
        message = stream.get_final_message()
    assert len(pieces) > 10
    assert "".join(pieces) == message.content[0].text  # type: ignore[union-attr]
    assert (message.stop_reason, message.usage.output_tokens) == ("max_tokens", 24)
    assert message.usage.input_tokens + (message.usage.cache_read_input_tokens or 0) > 10


def test_every_event_of_a_stream_is_one_of_the_vendors(gateway: Gateway) -> None:
    body = {"model": "auto", "max_tokens": 24, "messages": HELLO, "tools": [WEATHER], "tool_choice": {"type": "any"}}
    names = []
    for name, data, _ in gateway.events(body, "/v1/messages"):
        assert name == data["type"]
        if name != "ping":
            EVENT.validate_python(data, strict=True)
            names.append(name)
    assert (names[0], names[-2:]) == ("message_start", ["message_delta", "message_stop"])


def test_a_stop_sequence_ends_the_answer_and_is_named(client: anthropic.Anthropic) -> None:
    fixed: Any = {"format": {"type": "json_schema", "schema": {"const": "red, green"}}}
    message = ask(client, output_config=fixed, stop_sequences=["blue", ","])
    assert (message.content[0].text, message.stop_reason, message.stop_sequence) == ('"red', "stop_sequence", ",")
    with client.messages.stream(
        model="auto", max_tokens=24, messages=HELLO, output_config=fixed, stop_sequences=[","]
    ) as stream:
        streamed = stream.get_final_message()
    assert (streamed.stop_reason, streamed.stop_sequence) == ("stop_sequence", ",")
    whole = ask(client, output_config=fixed, stop_sequences=["blue"])
    assert (whole.content[0].text, whole.stop_reason, whole.stop_sequence) == ('"red, green"', "end_turn", None)


def test_an_output_format_binds_the_answer(client: anthropic.Anthropic) -> None:
    schema = {
        "type": "object",
        "properties": {"colour": {"enum": ["red", "green", "blue"]}},
        "required": ["colour"],
        "additionalProperties": False,
    }
    message = ask(client, output_config={"format": {"type": "json_schema", "schema": schema}})
    jsonschema_rs.validate(schema, json.loads(message.content[0].text))


@pytest.mark.parametrize("choice", [{"type": "any"}, {"type": "tool", "name": "get_weather"}])
@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_loop(client: anthropic.Anthropic, choice: Any, stream: bool) -> None:
    chat: list[Any] = [{"role": "user", "content": "How is the weather in Paris?"}]
    options: Any = {"model": "auto", "max_tokens": 64, "tools": [WEATHER]}
    if stream:
        with client.messages.stream(messages=chat, tool_choice=choice, **options) as answer:
            message: Any = answer.get_final_message()
    else:
        message = client.messages.create(messages=chat, tool_choice=choice, **options)
    assert message.stop_reason == "tool_use"
    (call,) = message.content
    assert (call.type, call.name) == ("tool_use", "get_weather")
    jsonschema_rs.validate(WEATHER["input_schema"], call.input)
    result = {"type": "tool_result", "tool_use_id": call.id, "content": [{"type": "text", "text": "Rain."}]}
    chat += [{"role": "assistant", "content": message.content}, {"role": "user", "content": [result]}]
    # Bound to a schema, so that the answer ends whatever the model would rather say.
    final = ask(client, messages=chat, output_config=NUMBERS)
    assert [block.type for block in final.content] == ["text"]


PROMPTS: dict[str, dict[str, Any]] = {
    "plain": {"messages": HELLO},
    "system": {
        "messages": HELLO,
        "system": [{"type": "text", "text": "Be brief."}, {"type": "text", "text": "¿Sí?"}],
    },
    "tools": {"messages": HELLO, "tools": [WEATHER]},
    "forced": {"messages": HELLO, "tools": [WEATHER], "tool_choice": {"type": "any"}},
    "history": {
        "messages": [
            *HELLO,
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "世界 🌍"}]},
        ]
    },
}


@pytest.mark.parametrize("name", PROMPTS)
def test_tokens_are_counted_as_the_engine_counts_them(client: anthropic.Anthropic, name: str) -> None:
    prompt = PROMPTS[name]
    counted = client.messages.count_tokens(model="auto", **prompt)
    usage = ask(client, max_tokens=1, **prompt).usage
    assert counted.input_tokens == usage.input_tokens + (usage.cache_read_input_tokens or 0)


def test_a_longer_prompt_has_more_tokens(client: anthropic.Anthropic) -> None:
    long: Any = [{"role": "user", "content": "word " * 200}]
    count = client.messages.count_tokens
    assert count(model="auto", messages=long).input_tokens > count(model="auto", messages=HELLO).input_tokens + 190


def test_a_prompt_that_is_too_long_is_refused(client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.BadRequestError) as refusal:
        ask(client, messages=[{"role": "user", "content": "word " * 20_000}])
    assert refusal.value.body["error"]["code"] == "context_length_exceeded"  # type: ignore[index]


def test_a_wrong_key_is_an_authentication_error(gateway: Gateway) -> None:
    with (
        anthropic.Anthropic(base_url=gateway.url, api_key="wrong", max_retries=0) as client,
        pytest.raises(anthropic.AuthenticationError) as refusal,
    ):
        ask(client)
    assert (refusal.value.type, refusal.value.request_id is not None) == ("authentication_error", True)


def test_an_unknown_model_is_not_found(client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.NotFoundError) as missing:
        ask(client, model="claude-9")
    assert (missing.value.type, missing.value.api_message) == ("not_found_error", "No model 'claude-9'.")


def test_models_are_listed_in_its_shape(client: anthropic.Anthropic) -> None:
    (model,) = client.models.list().data
    assert model.id == client.models.retrieve(model.id).id == MODEL


def running(gateway: Gateway) -> int:
    """How many requests the model is at work on."""
    with gateway.client() as client:
        loaded = client.get("/v1/models/loaded").json()["models"]
    return sum(model["active_requests"] for model in loaded)


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_leaves_stops_the_compute(gateway: Gateway, client: anthropic.Anthropic, stream: bool) -> None:
    ask(client, max_tokens=1)

    async def leave() -> None:
        async with anthropic.AsyncAnthropic(base_url=gateway.url, api_key=KEY, max_retries=0) as own:
            options: Any = {"model": "auto", "max_tokens": 3000, "messages": HELLO, "output_config": NUMBERS}
            asking = asyncio.create_task(own.messages.create(stream=stream, **options))
            while not await asyncio.to_thread(running, gateway):
                await asyncio.sleep(0.05)
            if stream:
                await (await asking).close()
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    asyncio.run(leave())
    wait_until(lambda: running(gateway) == 0, timeout=20)
    cancelled = [line for line in gateway.logs().splitlines() if '"cancelled"' in line and "/v1/messages" in line]
    assert cancelled
