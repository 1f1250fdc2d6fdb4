"""Responses: the official OpenAI client against the real model and against a vendor, every event checked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal, get_args

import openai
import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter

from tests.factories.gateways import ENDLESS, KEY, Gateway

pytestmark = pytest.mark.req("SYS-REQ-001", "SYS-REQ-017")

EVENT: TypeAdapter[Any] = TypeAdapter(get_args(ResponseStreamEvent)[0])
MODEL = "SmolLM2-135M-Instruct.Q4_1"
BUSY = {"format": {"type": "json_schema", "name": "numbers", "schema": ENDLESS}}
WEATHER: Any = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city.",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"city": {"enum": ["Rome", "Paris"]}},
        "required": ["city"],
        "additionalProperties": False,
    },
}


class Choice(BaseModel):
    colour: Literal["red", "green"]


@pytest.fixture
def client(gateway: Gateway) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=KEY, max_retries=0) as client:
        yield client


def raw_events(gateway: Gateway, **body: Any) -> list[Any]:
    """The events of a stream as they come, each checked against the official client's types."""
    events = []
    for name, data, _ in gateway.events({"model": "auto", "temperature": 0, **body}, "/v1/responses"):
        assert name == data["type"]
        EVENT.validate_python(data, strict=True)
        events.append(data)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    return events


def test_it_gets_an_answer(gateway: Gateway) -> None:
    body = {
        "model": "auto",
        "input": "Say hello.",
        "instructions": "Be brief.",
        "text": BUSY,
        "max_output_tokens": 16,
    }
    with gateway.client() as plain:
        answer = plain.post("/v1/responses", json={**body, "metadata": {"a": "b"}, "store": True, "user": "u"}).json()
    response = Response.model_validate(answer)
    assert (response.model, response.status, response.object) == (MODEL, "incomplete", "response")
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == "max_output_tokens"
    assert response.output_text.startswith("[")
    assert response.metadata == {"a": "b"}
    assert response.usage is not None
    assert response.usage.output_tokens == 16
    assert response.usage.total_tokens == response.usage.input_tokens + 16


def test_the_events_of_a_stream_are_openais_and_in_order(gateway: Gateway) -> None:
    events = raw_events(gateway, input="Count.", text=BUSY, max_output_tokens=12)
    kinds = [event["type"] for event in events]
    pieces = [event["delta"] for event in events if event["type"] == "response.output_text.delta"]
    assert pieces
    assert [kind for kind in kinds if kind != "response.output_text.delta"] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.incomplete",
    ]
    last = events[-1]["response"]
    assert last["output"][0]["content"][0]["text"] == "".join(pieces)
    assert last["usage"]["output_tokens"] == 12
    assert last["id"] == events[0]["response"]["id"]


def test_the_clients_own_stream_puts_it_together(client: openai.OpenAI) -> None:
    wanted: Any = {"format": {"type": "json_schema", "name": "c", "schema": Choice.model_json_schema()}}
    with client.responses.stream(model="auto", input="Choose.", text=wanted, max_output_tokens=64) as stream:
        text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        response = stream.get_final_response()
    assert response.output_text == text
    assert json.loads(text)["colour"] in ("red", "green")


def test_an_answer_is_parsed_into_a_class(client: openai.OpenAI) -> None:
    response = client.responses.parse(
        model="auto", input="Choose a colour.", text_format=Choice, max_output_tokens=64
    )
    assert response.output_parsed is not None
    assert response.output_parsed.colour in ("red", "green")
    assert response.status == "completed"


def test_a_tool_is_called_and_its_result_comes_back(client: openai.OpenAI) -> None:
    options: Any = {"model": "auto", "tools": [WEATHER], "max_output_tokens": 64, "temperature": 0}
    asked: list[Any] = [{"role": "user", "content": [{"type": "input_text", "text": "Weather in Rome?"}]}]
    first = client.responses.create(input=asked, tool_choice={"type": "function", "name": "get_weather"}, **options)
    (call,) = first.output
    assert call.type == "function_call"
    assert (call.name, json.loads(call.arguments)["city"] in ("Rome", "Paris")) == ("get_weather", True)
    asked += [*first.output, {"type": "function_call_output", "call_id": call.call_id, "output": "Rain. " * 20}]
    second = client.responses.create(input=asked, tool_choice="none", **options)
    assert second.usage is not None
    assert first.usage is not None
    assert second.usage.input_tokens > 20


def test_a_tool_call_streams_with_its_arguments(gateway: Gateway) -> None:
    events = raw_events(gateway, input="Weather?", tools=[WEATHER], tool_choice="required", max_output_tokens=64)
    kinds = [event["type"] for event in events]
    assert kinds[:3] == ["response.created", "response.in_progress", "response.output_item.added"]
    assert kinds[-3:] == [
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.completed",
    ]
    arguments = "".join(e["delta"] for e in events if e["type"] == "response.function_call_arguments.delta")
    (item,) = events[-1]["response"]["output"]
    assert item["arguments"] == arguments
    assert json.loads(arguments)["city"] in ("Rome", "Paris")


def test_logprobs_come_where_they_are_asked_for(client: openai.OpenAI) -> None:
    response = client.responses.create(
        model="auto",
        input="Count.",
        text=BUSY,  # type: ignore[arg-type]
        max_output_tokens=4,
        include=["message.output_text.logprobs"],
        top_logprobs=2,
    )
    (message,) = response.output
    assert message.type == "message"
    (part,) = message.content
    assert part.type == "output_text"
    assert part.logprobs
    assert all(len(token.top_logprobs) == 2 and token.logprob <= 0 for token in part.logprobs)


@pytest.mark.parametrize(
    ("options", "code", "param"),
    [
        ({"previous_response_id": "resp_1"}, "unsupported_feature", "previous_response_id"),
        ({"background": True}, "unsupported_feature", "background"),
        ({"conversation": "conv_1"}, "unsupported_feature", "conversation"),
        ({"truncation": "auto"}, "unsupported_feature", "truncation"),
        ({"tools": [{"type": "web_search"}]}, "unsupported_feature", "tools.0.type"),
        ({"reasoning": {"effort": "low"}}, "unsupported_feature", "reasoning.effort"),
        ({"text": {"verbosity": "low"}}, "unsupported_feature", "text.verbosity"),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "unsupported_feature", "input.0.type"),
        ({"input": [{"role": "user", "content": [{"type": "input_file"}]}]}, "unsupported_feature", None),
        ({"input": [{"role": "wizard", "content": "Hi"}]}, "validation_error", "input.0.role"),
        ({"input": []}, "validation_error", "input"),
        ({"temperature": 9}, "validation_error", "temperature"),
        ({"text": {"format": {"type": "json_schema", "name": "x"}}}, "validation_error", "text.format.schema"),
        ({"max_output_tokens": 0}, "validation_error", "max_output_tokens"),
    ],
)
def test_what_can_not_be_done_is_said(client: openai.OpenAI, options: Any, code: str, param: str | None) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.responses.create(**{"model": "auto", "input": "Hi", **options})
    assert refused.value.code == code
    if param is not None:
        assert refused.value.param == param
