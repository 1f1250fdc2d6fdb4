"""`POST /v1/completions` with a vendor that takes raw text, and with one that has nothing but chats."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import openai
import pytest
import pytest_asyncio
from openai.types import Completion

from pluggably.compat.completions import PATH
from pluggably.kit.sse import EventParser
from tests.factories.apps import AUTHORISED, KEY, running_app, served
from tests.fakes.openai_server import TEXT, USAGE, OpenAIServer

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.req("SYS-REQ-001", "SYS-REQ-017")]

RAW, CHATS = "acme:gpt-test", "deepseek:gpt-test"


@dataclass
class Gateway:
    """A gateway on a real port; its vendor is `acme`, which takes raw text, and `deepseek`, which has chats alone."""

    upstream: OpenAIServer
    client: httpx.AsyncClient
    openai: openai.AsyncOpenAI

    async def ask(self, model: str = RAW, **more: Any) -> httpx.Response:
        return await self.client.post(PATH, json={"model": model, "prompt": "The sea", **more})

    async def chunks(self, model: str = RAW, **more: Any) -> list[Any]:
        """The data of a stream's events."""
        answer = await self.ask(model, stream=True, **more)
        assert answer.status_code == 200, answer.text
        events = EventParser().feed(answer.content)
        return [event.data if event.data == "[DONE]" else json.loads(event.data) for event in events]

    @property
    def last(self) -> Any:
        """The path and the body that the vendor got last."""
        (*_, request) = [request for request in self.upstream.requests if request.path.endswith("/completions")]
        return request.path, request.json


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    """One for all tests of this file."""
    async with OpenAIServer() as upstream:
        account = {"base_url": upstream.base_url, "api_key": "sk-CANARY-provider", "models": "gpt-test"}
        async with (
            running_app(
                tmp_path_factory.mktemp("raw"),
                providers={"acme": account, "deepseek": account},
                runtime={"fallbacks": {"acme:error:529": [CHATS]}},
                routing={"retries": 0},
            ) as app,
            served(app) as url,
            httpx.AsyncClient(base_url=url, headers=AUTHORISED, timeout=10) as client,
            openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0) as official,
        ):
            yield Gateway(upstream, client, official)


async def test_raw_text_reaches_the_vendor_as_it_is(gateway: Gateway) -> None:
    fields = {
        "n": 2,
        "best_of": 3,
        "suffix": ".",
        "stop": ["a"],
        "seed": 7,
        "max_tokens": 9,
        "logit_bias": {"1": 5},
        "user": "me",
        "some_new_field": [1],
    }
    answer = await gateway.ask(**fields, echo=False, temperature=None)
    completion = Completion.model_validate(answer.json(), strict=True)
    assert [choice.text for choice in completion.choices] == [f"{TEXT}0", f"{TEXT}1"]
    assert [choice.finish_reason for choice in completion.choices] == ["length", "length"]
    assert completion.usage is not None
    assert completion.usage.model_dump(exclude_none=True) == USAGE
    streamed = {"stream": True, "stream_options": {"include_usage": True}}
    assert gateway.last == ("/v1/completions", {"model": "gpt-test", "prompt": "The sea", **fields, **streamed})


async def test_echo_and_logprobs_come_as_lists_side_by_side(gateway: Gateway) -> None:
    answer = (await gateway.ask(echo=True, logprobs=1, max_tokens=0)).json()
    told = answer["choices"][0]["logprobs"]
    assert told["tokens"][:2] == ["The sea", "Hel"]
    assert told["token_logprobs"][:2] == [None, -0.5]
    assert told["top_logprobs"][:2] == [{}, {"Hel": -0.5}]
    assert told["text_offset"][:3] == [0, 7, 10]


async def test_a_stream_has_the_older_chunks(gateway: Gateway) -> None:
    *chunks, usage, done = await gateway.chunks(prompt=["a", "b"], stream_options={"include_usage": True})
    assert done == "[DONE]"
    assert (usage["choices"], usage["usage"]) == ([], USAGE)
    assert {chunk["object"] for chunk in chunks} == {"text_completion"}
    for index in (0, 1):
        own = [chunk["choices"][0] for chunk in chunks if chunk["choices"][0]["index"] == index]
        assert "".join(choice["text"] for choice in own) == f"{TEXT}{index}"
        assert own[-1]["finish_reason"] == "length"
    assert not any(chunk != "[DONE]" and chunk.get("usage") for chunk in await gateway.chunks())


async def test_the_official_client_streams_it(gateway: Gateway) -> None:
    stream = await gateway.openai.completions.create(model=RAW, prompt="The sea", stream=True)
    assert "".join([chunk.choices[0].text async for chunk in stream]) == f"{TEXT}0"


async def test_a_vendor_with_chats_alone_is_asked_in_a_message_and_that_is_said(gateway: Gateway) -> None:
    answer = (await gateway.ask(CHATS, prompt=["The sea"], logprobs=2)).json()
    assert answer["choices"][0]["text"] == TEXT
    assert answer["object"] == "text_completion"
    assert answer["warnings"][0].startswith("`prompt`")
    path, sent = gateway.last
    assert path == "/v1/chat/completions"
    assert sent["messages"] == [{"role": "user", "content": "The sea"}]
    assert sent["max_tokens"] == 16
    chunks = await gateway.chunks(CHATS)
    assert "".join(chunk["choices"][0]["text"] for chunk in chunks[:-1]) == TEXT
    assert [bool(chunk.get("warnings")) for chunk in chunks[:-1]] == [True] + [False] * (len(chunks) - 2)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"echo": True}, "echo"),
        ({"suffix": "."}, "suffix"),
        ({"best_of": 2}, "best_of"),
        ({"prompt": ["a", "b"]}, "prompt"),
        ({"prompt": [1, 2]}, "prompt"),
    ],
)
async def test_what_a_chat_has_no_words_for_is_refused(gateway: Gateway, change: Any, param: str) -> None:
    answer = await gateway.ask(CHATS, **change)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, "unsupported_feature", param)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("model", "status"), [("error:429", 429), ("error:503", 503), ("drop", 502)])
async def test_a_failure_before_the_first_piece_is_a_plain_error(
    gateway: Gateway, model: str, status: int, stream: bool
) -> None:
    answer = await gateway.ask(f"acme:{model}", stream=stream)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.req("SYS-REQ-053")
async def test_a_stand_in_that_has_chats_alone_answers_and_both_is_said(gateway: Gateway) -> None:
    answer = await gateway.ask("acme:error:529")
    assert (answer.headers["x-pluggably-model"], answer.json()["model"]) == (CHATS, CHATS)
    assert answer.headers["x-pluggably-fallback-reason"] == "provider_error"
    assert answer.json()["choices"][0]["text"] == TEXT
    assert answer.json()["warnings"]
    chunks = await gateway.chunks("acme:error:529")
    assert {chunk["model"] for chunk in chunks[:-1]} == {CHATS}
    refused = await gateway.ask("acme:error:529", prompt=["a", "b"])
    assert refused.status_code == 503, "the stand-in can't, so the first one's error stands"


async def test_a_failure_in_the_middle_is_the_last_event(gateway: Gateway) -> None:
    *_, error, done = await gateway.chunks("acme:raw-error:429")
    assert (error["error"]["code"], done) == ("provider_rate_limited", "[DONE]")


@pytest.mark.parametrize("stream", [False, True])
async def test_a_client_that_leaves_stops_the_work(gateway: Gateway, stream: bool) -> None:
    number = len(gateway.upstream.requests)
    asking = asyncio.create_task(gateway.ask("acme:paced:0.1", stream=stream))
    await gateway.upstream.until(lambda: len(gateway.upstream.requests) > number)
    await asyncio.sleep(0.2)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await gateway.upstream.until(lambda: gateway.upstream.requests[number].left, within_s=1)
