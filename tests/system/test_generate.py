"""Real text from a real model, through `/v1/generate`."""

from __future__ import annotations

import json
import re

import jsonschema_rs
import pytest

from tests.factories.gateways import ENDLESS, Gateway

MODEL = "SmolLM2-135M-Instruct.Q4_1"
RESPONSE_FIELDS = {
    "request_id", "model", "provider", "modality", "session_id", "state_tokens", "selection", "credits_status",
    "output", "finish_reason", "usage", "timing", "warnings",
}  # fmt: skip


@pytest.mark.req("TEST-SYS-001", "SYS-REQ-001", "SYS-REQ-003")
def test_a_prompt_is_answered_in_the_standard_schema(gateway: Gateway) -> None:
    reply = gateway.generate("Write about the sea.", parameters={"max_tokens": 24, "temperature": 0})
    assert reply.status_code == 200, reply.text
    body = reply.json()
    assert set(body) == RESPONSE_FIELDS
    assert body["request_id"] == reply.headers["x-request-id"]
    assert (body["model"], body["provider"], body["modality"]) == (MODEL, "local", "text")
    assert re.search("[a-z]{3} [a-z]+", body["output"]["text"]), "words of a language"
    assert body["output"]["images"] is None
    assert body["usage"]["prompt_tokens"] > 5
    assert 0 < body["usage"]["completion_tokens"] <= 24
    assert body["usage"]["total_tokens"] == body["usage"]["prompt_tokens"] + body["usage"]["completion_tokens"]
    assert body["timing"]["total_ms"] >= body["timing"]["first_output_ms"] > 0


@pytest.mark.req("TEST-SYS-007", "SYS-REQ-017")
def test_a_stream_brings_tokens_one_by_one_as_they_are_made(gateway: Gateway) -> None:
    gateway.generate("Hello", parameters={"max_tokens": 1})  # the model is loaded now
    events = list(
        gateway.events({"input": {"prompt": "Count."}, "parameters": {"max_tokens": 60, "json_schema": ENDLESS}})
    )
    names = [name for name, _, _ in events]
    assert names[0] == "selected"
    assert names[-2:] == ["output", None]
    assert events[-1][1] == "[DONE]"
    deltas = [(data["text"], at) for name, data, at in events if name == "delta"]
    assert len(deltas) > 20
    output = events[-2][1]
    assert output["output"]["text"] == "".join(text for text, _ in deltas)
    assert len(deltas) >= output["usage"]["completion_tokens"] * 0.8
    # Token by token, not all at the end: the first came in the first half of the time that the whole took.
    assert deltas[0][1] < deltas[-1][1] / 2


def test_every_event_is_numbered_from_one(gateway: Gateway) -> None:
    body = {"input": {"prompt": "Hi"}, "parameters": {"max_tokens": 3}, "stream": True}
    with gateway.client() as client:
        text = client.post("/v1/generate", json=body).text
    numbers = [int(line.removeprefix("id: ")) for line in text.splitlines() if line.startswith("id: ")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert text.endswith("data: [DONE]\n\n")


@pytest.mark.req("TEST-SYS-CR003-001", "SYS-REQ-CR003-001")
@pytest.mark.parametrize("choice", [{}, {"model": "auto"}, {"model": None}])
def test_without_a_model_one_is_chosen_and_named(gateway: Gateway, choice: dict[str, str | None]) -> None:
    body = gateway.generate("Hello", parameters={"max_tokens": 4}, **choice).json()
    assert body["model"] == MODEL
    assert body["output"]["text"]
    assert body["selection"]["requested"] == "auto"
    assert body["selection"]["selected_model"] == MODEL


@pytest.mark.req("TEST-SYS-CR003-003", "SYS-REQ-CR003-004", "SYS-REQ-005")
@pytest.mark.parametrize("name", [MODEL, f"local:{MODEL}"])
def test_a_model_that_is_named_is_the_one_that_answers(gateway: Gateway, name: str) -> None:
    body = gateway.generate("Hello", model=name, parameters={"max_tokens": 4}).json()
    assert body["model"] == MODEL
    assert body["selection"]["requested"] == name


def test_an_unknown_model_is_an_error_with_suggestions(gateway: Gateway) -> None:
    reply = gateway.generate("Hello", model="smollm2-135m")
    assert reply.status_code == 404
    error = reply.json()["error"]
    assert (error["code"], error["param"]) == ("model_not_found", "model")
    assert error["details"]["suggestions"] == [MODEL]


@pytest.mark.req("SYS-REQ-069")
def test_a_modality_that_contradicts_the_model_is_an_error(gateway: Gateway) -> None:
    reply = gateway.generate("Hello", model=MODEL, modality="image")
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "modality_mismatch")


@pytest.mark.req("TEST-UNIT-001", "SYS-REQ-001")
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "input"),
        ({"input": {}}, "input"),
        ({"input": {"prompt": "a", "messages": [{"role": "user", "content": "b"}]}}, "input"),
        ({"input": {"prompt": 3}}, "input.prompt"),
        ({"input": {"prompt": "a"}, "surprise": 1}, "surprise"),
        ({"input": {"prompt": "a"}, "parameters": {"temperature": 9}}, "parameters.temperature"),
        ({"input": {"prompt": "a"}, "parameters": {"temperature": "hot"}}, "parameters.temperature"),
        ({"input": {"prompt": "a"}, "parameters": {"wings": 2}}, "parameters.wings"),
        ({"input": {"prompt": "a"}, "stream": "perhaps"}, "stream"),
    ],
)
def test_an_invalid_request_gets_an_error_for_its_field(gateway: Gateway, body: object, field: str) -> None:
    with gateway.client() as client:
        reply = client.post("/v1/generate", json=body)
    assert reply.status_code == 422, reply.text
    error = reply.json()["error"]
    assert error["code"] == "validation_error"
    assert field in [problem["field"] for problem in error["details"]["fields"]]


def test_a_prompt_that_is_too_long_is_refused_and_not_cut(gateway: Gateway) -> None:
    reply = gateway.generate("word " * 20_000, parameters={"max_tokens": 4})
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "context_length_exceeded")


def test_the_same_seed_gives_the_same_answer(gateway: Gateway) -> None:
    parameters = {"seed": 7, "temperature": 1.2, "max_tokens": 24}
    texts = {gateway.generate("Tell me a story.", parameters=parameters).json()["output"]["text"] for _ in range(2)}
    assert len(texts) == 1


def test_stop_strings_end_the_answer(gateway: Gateway) -> None:
    parameters = {"stop": [","], "max_tokens": 40, "json_schema": ENDLESS}
    body = gateway.generate("Count.", parameters=parameters).json()
    assert body["finish_reason"] == "stop"
    assert "," not in body["output"]["text"]


def test_a_json_schema_binds_the_answer(gateway: Gateway) -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 20}, "people": {"type": "integer"}},
        "required": ["city", "people"],
        "additionalProperties": False,
    }
    body = gateway.generate("A city and how many live there.", parameters={"json_schema": schema, "max_tokens": 80})
    assert body.status_code == 200, body.text
    jsonschema_rs.validate(schema, json.loads(body.json()["output"]["text"]))


def test_messages_and_a_system_prompt_reach_the_model(gateway: Gateway) -> None:
    def prompt_tokens(said: str = "Zebulon.", answered: str = "Zebulon?", system: str = "Be brief.") -> int:
        messages = [
            {"role": "user", "content": said},
            {"role": "assistant", "content": answered},
            {"role": "user", "content": [{"type": "text", "text": "What is my name?"}]},
        ]
        body = {"input": {"messages": messages}, "system_prompt": system, "parameters": {"max_tokens": 1}}
        with gateway.client() as client:
            return int(client.post("/v1/generate", json=body).json()["usage"]["prompt_tokens"])

    short = prompt_tokens()
    for longer in ({"said": "Zebulon " * 30}, {"answered": "Zebulon " * 30}, {"system": "Zebulon " * 30}):
        assert prompt_tokens(**longer) > short + 30


def test_a_request_id_of_the_clients_own_is_kept_and_not_used_twice(gateway: Gateway) -> None:
    body = {"input": {"prompt": "Hi"}, "parameters": {"max_tokens": 2}}
    with gateway.client() as client:
        first = client.post("/v1/generate", json=body, headers={"X-Request-ID": "my-request-0001"})
        second = client.post("/v1/generate", json=body, headers={"X-Request-ID": "my-request-0001"})
    assert first.json()["request_id"] == first.headers["x-request-id"] == "my-request-0001"
    assert (second.status_code, second.json()["error"]["code"]) == (409, "conflict")
