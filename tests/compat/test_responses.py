"""`POST /v1/responses` with a vendor that speaks chat completions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, get_args

import httpx
import openai
import pytest
import pytest_asyncio
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter

from pluggably.compat.responses import PATH
from pluggably.kit.sse import EventParser
from tests.factories.apps import AUTHORISED, KEY, providers, running_app, served
from tests.fakes.openai_server import TEXT, USAGE, OpenAIServer

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.req("SYS-REQ-001", "SYS-REQ-017")]

EVENT: TypeAdapter[Any] = TypeAdapter(get_args(ResponseStreamEvent)[0])


class Choice(BaseModel):
    colour: str


@dataclass
class Gateway:
    """A gateway on a real port, its vendor, and a client with the operator's key."""

    upstream: OpenAIServer
    client: httpx.AsyncClient
    openai: openai.AsyncOpenAI

    async def ask(self, model: str = "acme:gpt-test", **more: Any) -> httpx.Response:
        return await self.client.post(PATH, json={"model": model, "input": "Hi", **more})

    async def events(self, model: str = "acme:gpt-test", **more: Any) -> list[Any]:
        """A stream's events, each checked against the official client's types."""
        answer = await self.ask(model, stream=True, **more)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        found = []
        for number, event in enumerate(EventParser().feed(answer.content)):
            data = json.loads(event.data)
            EVENT.validate_python(data, strict=True)
            assert (event.event, data["sequence_number"]) == (data["type"], number)
            found.append(data)
        return found

    @property
    def sent(self) -> Any:
        """The body that the vendor got last."""
        return self.upstream.chats[-1].json


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    """One for all tests of this file."""
    async with OpenAIServer() as upstream:
        times = {"connect_s": 1, "first_token_s": 1, "idle_s": 1, "total_s": 10}
        accounts = providers(upstream.base_url, models="gpt-test", timeouts=times)
        async with (
            running_app(
                tmp_path_factory.mktemp("responses"),
                providers=accounts,
                runtime={"fallbacks": {"acme:error:529": ["acme:gpt-test"]}},
            ) as app,
            served(app) as url,
            httpx.AsyncClient(base_url=url, headers=AUTHORISED, timeout=10) as client,
            openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0) as official,
        ):
            yield Gateway(upstream, client, official)


async def test_a_whole_answer_is_a_response(gateway: Gateway) -> None:
    answer = await gateway.ask()
    response = Response.model_validate(answer.json(), strict=True)
    assert (response.status, response.output_text, response.model) == ("completed", TEXT, "acme:gpt-test")
    assert response.usage is not None
    assert (response.usage.input_tokens, response.usage.output_tokens) == (
        USAGE["prompt_tokens"], USAGE["completion_tokens"],
    )  # fmt: skip
    assert "warnings" not in answer.json()


async def test_the_request_is_translated_whole(gateway: Gateway) -> None:
    schema = {"type": "object", "properties": {}}
    await gateway.ask(
        instructions="Be brief.",
        input=[
            {"role": "user", "content": "Weather?"},
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}]},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "I'll look."}]},
            {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}", "extra_content": {"sig": "x"}},
            {"type": "function_call", "call_id": "c2", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": "Rain"},
            {"type": "function_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "Sun"}]},
        ],
        tools=[{"type": "function", "name": "f", "description": "d", "parameters": schema, "strict": True}],
        tool_choice={"type": "function", "name": "f"},
        parallel_tool_calls=False,
        text={"format": {"type": "json_schema", "name": "s", "schema": schema, "strict": True}, "verbosity": "low"},
        reasoning={"effort": "low"},
        include=["message.output_text.logprobs"],
        top_logprobs=2,
        max_output_tokens=50,
        temperature=0.5,
        top_p=0.5,
        store=True,
        metadata={"a": "b"},
        user="me",
        stream_options={"include_obfuscation": False},
        some_new_field=[1],
    )
    call = {"type": "function", "function": {"name": "f", "arguments": "{}"}}
    assert gateway.sent == {
        "model": "gpt-test",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Weather?"},
            {
                "role": "assistant",
                "content": "I'll look.",
                "tool_calls": [{"id": "c1", **call, "extra_content": {"sig": "x"}}, {"id": "c2", **call}],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "Rain"},
            {"role": "tool", "tool_call_id": "c2", "content": "Sun"},
        ],
        "tools": [
            {"type": "function", "function": {"name": "f", "description": "d", "parameters": schema, "strict": True}}
        ],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "parallel_tool_calls": False,
        "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": schema, "strict": True}},
        "verbosity": "low",
        "reasoning_effort": "low",
        "logprobs": True,
        "top_logprobs": 2,
        "max_tokens": 50,
        "temperature": 0.5,
        "top_p": 0.5,
        "user": "me",
        "some_new_field": [1],
    }


async def test_images_go_with_their_words(gateway: Gateway) -> None:
    image = "data:image/png;base64,iVBORw0KGgo="
    parts = [{"type": "input_text", "text": "What is it?"}, {"type": "input_image", "image_url": image}]
    await gateway.ask(input=[{"role": "user", "content": parts}])
    assert gateway.sent["messages"][0]["content"] == [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": image}},
    ]


async def test_thoughts_are_an_item_before_the_answer(gateway: Gateway) -> None:
    events = await gateway.events("acme:reasoning")
    kinds = list(dict.fromkeys(event["type"] for event in events))
    assert kinds == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.reasoning_summary_part.added",
        "response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.done",
        "response.reasoning_summary_part.done",
        "response.output_item.done",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.completed",
    ]
    thought, message = events[-1]["response"]["output"]
    assert (thought["type"], thought["summary"][0]["text"]) == ("reasoning", "Let me think.")
    assert message["content"][0]["text"] == TEXT
    whole = (await gateway.ask("acme:reasoning")).json()["output"]
    assert [item["type"] for item in whole] == ["reasoning", "message"]


async def test_tool_calls_stay_apart(gateway: Gateway) -> None:
    events = await gateway.events("acme:tools")
    first, second = events[-1]["response"]["output"]
    assert (first["name"], json.loads(first["arguments"]), first["call_id"]) == (
        "weather", {"city": "Zürich"}, "call_1",
    )  # fmt: skip
    assert (second["name"], second["arguments"], second["call_id"]) == ("time", "{}", "call_2")
    pieces = [event for event in events if event["type"] == "response.function_call_arguments.delta"]
    assert "".join(event["delta"] for event in pieces if event["item_id"] == first["id"]) == first["arguments"]
    whole = Response.model_validate((await gateway.ask("acme:tools")).json(), strict=True)
    assert [item.type for item in whole.output] == ["function_call", "function_call"]


async def test_the_official_client_puts_a_stream_together(gateway: Gateway) -> None:
    async with gateway.openai.responses.stream(model="acme:reasoning", input="Hi") as stream:
        response = await stream.get_final_response()
    assert response.output_text == TEXT
    assert response.usage is not None
    assert response.usage.total_tokens == USAGE["total_tokens"]


async def test_the_official_client_parses_a_vendors_answer_into_a_class(gateway: Gateway) -> None:
    response = await gateway.openai.responses.parse(
        model="acme:echo", input='{"colour": "red"}', text_format=Choice, store=True, metadata={"a": "b"}
    )
    assert response.output_parsed == Choice(colour="red")
    assert gateway.sent["response_format"]["json_schema"]["strict"] is True
    assert {"store", "metadata"}.isdisjoint(gateway.sent)
    assert response.metadata == {"a": "b"}


@pytest.mark.parametrize(
    ("model", "code"),
    [
        ("stream-error", "provider_error"),
        ("stream-error:429", "provider_rate_limited"),
        ("cut-off", "provider_error"),
    ],
)
async def test_a_failure_in_the_middle_ends_the_stream_as_failed(gateway: Gateway, model: str, code: str) -> None:
    *_, error, failed = await gateway.events(f"acme:{model}")
    assert (error["type"], error["code"]) == ("error", code)
    assert error["request_id"].startswith("req_")
    assert (failed["type"], failed["response"]["status"]) == ("response.failed", "failed")
    expected = "rate_limit_exceeded" if "429" in model else "server_error"
    assert failed["response"]["error"]["code"] == expected


@pytest.mark.parametrize("stream", [False, True])
async def test_a_failure_before_the_first_piece_is_a_plain_error(gateway: Gateway, stream: bool) -> None:
    answer = await gateway.ask("acme:error:429", stream=stream)
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "provider_rate_limited")


@pytest.mark.req("SYS-REQ-053")
@pytest.mark.parametrize("stream", [False, True])
async def test_a_stand_in_answers_and_the_headers_say_so(gateway: Gateway, stream: bool) -> None:
    answer = await gateway.ask("acme:error:529", stream=stream)
    assert answer.headers["x-pluggably-model"] == "acme:gpt-test"
    assert '"model":"acme:gpt-test"' in answer.text
    assert "acme:error:529" not in answer.text


async def test_what_the_gateway_can_not_keep_up_is_a_warning(gateway: Gateway) -> None:
    asked = {"include": ["reasoning.encrypted_content"], "reasoning": {"summary": "detailed"}}
    answer = (await gateway.ask(**asked)).json()
    assert [warning.split(":")[0] for warning in answer["warnings"]] == ["`include`", "`reasoning.summary`"]
    events = await gateway.events(**asked)
    assert events[-1]["response"]["warnings"] == answer["warnings"]


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"context_management": [{"type": "compaction"}]}, "unsupported_feature", "context_management"),
        ({"reasoning": {"mode": "pro"}}, "unsupported_feature", "reasoning.mode"),
        ({"text": {"voice": "low"}}, "unsupported_feature", "text.voice"),
        (
            {"tools": [{"type": "function", "name": "f", "defer_loading": True}]},
            "unsupported_feature",
            "tools.0.defer_loading",
        ),
        ({"prompt": {"id": "pmpt_1"}}, "unsupported_feature", "prompt"),
        ({"tool_choice": {"type": "web_search"}}, "unsupported_feature", "tool_choice"),
        ({"tools": [{"type": "function"}]}, "validation_error", "tools.0.name"),
        ({"top_logprobs": 2}, "validation_error", "top_logprobs"),
        ({"input": [{"type": "reasoning", "id": "r", "summary": []}]}, "validation_error", "input"),
        ({"input": [{"type": "web_search_call", "id": "w"}]}, "unsupported_feature", "input.0.type"),
        ({"input": [{"type": "function_call", "name": "f"}]}, "validation_error", "input.0.arguments"),
        ({"input": [{"role": "user"}]}, "validation_error", "input.0.content"),
        ({"input": [{"role": "user", "content": ["x"]}]}, "validation_error", "input.0.content.0"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]},
            "unsupported_feature",
            "input.0.content.0.file_id",
        ),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "file:///etc/passwd"}]}]},
            "blocked_url",
            "input",
        ),
        ({"input": None}, "validation_error", "input"),
        ({"stream": "maybe"}, "validation_error", "stream"),
    ],
)
async def test_a_body_that_can_not_be_answered_is_400_and_names_the_field(
    gateway: Gateway, change: dict[str, Any], code: str, param: str
) -> None:
    answer = await gateway.ask(**change)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, code, param)


@pytest.mark.parametrize("stream", [False, True])
async def test_a_client_that_leaves_stops_the_work(gateway: Gateway, stream: bool) -> None:
    number = len(gateway.upstream.chats)
    asking = asyncio.create_task(gateway.ask("acme:paced:0.1", stream=stream))
    await gateway.upstream.until(lambda: len(gateway.upstream.chats) > number)
    await asyncio.sleep(0.2)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await gateway.upstream.until(lambda: gateway.upstream.chats[number].left, within_s=1)


async def test_it_is_accounted_for_like_any_other_request(gateway: Gateway) -> None:
    await gateway.ask("acme:accounted", stream=True)
    async with asyncio.timeout(10):
        while True:
            rows = (await gateway.client.get("/v1/usage")).json()["usage"]
            found = [row for row in rows if row["model"] == "acme:accounted"]
            if found:
                break
            await asyncio.sleep(0.05)
    assert (found[0]["requests"], found[0]["completion_tokens"]) == (1, USAGE["completion_tokens"])
