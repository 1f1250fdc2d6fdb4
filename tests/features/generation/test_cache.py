"""Kept answers: what is one and the same request, who gets its answer again, and what that costs."""

from __future__ import annotations

import asyncio
import base64
import copy
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from pluggably.contract.text import TextDelta, TextRequest, TextResult, Usage
from pluggably.features.generation.cache import (
    Cache,
    KeptAnswer,
    MemoryCache,
    ResponseCache,
    is_deterministic,
    key_of,
)
from pluggably.features.generation.collector import Collector
from pluggably.features.users.authentication import SCOPES, Authenticator, Caller
from pluggably.kit.sse import EventParser
from pluggably.tables.requests import RequestTable
from tests.factories.apps import providers, running_app, served
from tests.factories.catalogues import entry
from tests.factories.images import png_url
from tests.fakes.openai_server import TEXT, USAGE, OpenAIServer
from tests.fakes.vendors import KEY as VENDOR_KEY
from tests.fakes.vendors import AnthropicServer

GENERATE, CHAT = "/v1/generate", "/v1/chat/completions"
MODEL = entry("acme:gpt-test", "acme")
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
module_loop = pytest.mark.asyncio(loop_scope="module")


def asked(content: Any = "Hi", **parameters: Any) -> TextRequest:
    return TextRequest([{"role": "user", "content": content}], {"temperature": 0, **parameters})


# what is one and the same request
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 1.5]) | st.text("ab\ud800", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=8,
)
REQUESTS = st.builds(
    TextRequest,
    st.lists(
        st.fixed_dictionaries(
            {"role": st.sampled_from(["user", "system"]), "content": st.text("ab", max_size=3)},
            optional={"name": JSON},
        ),
        min_size=1,
        max_size=3,
    ),
    st.dictionaries(st.sampled_from(["seed", "temperature", "stop", "tools", "response_format"]), JSON),
)


def shuffled(value: Any) -> Any:
    """The same JSON, every object's fields in the opposite order."""
    if isinstance(value, dict):
        return {name: shuffled(item) for name, item in reversed(value.items())}
    return [shuffled(item) for item in value] if isinstance(value, list) else value


def meaning(request: TextRequest) -> Any:
    """What a request says, as Python compares it; true is not 1 here."""

    def marked(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: marked(item) for name, item in value.items()}
        if isinstance(value, list):
            return [marked(item) for item in value]
        return (type(value) is bool, value)

    def given_only(fields: dict[str, Any]) -> dict[str, Any]:
        return {name: marked(value) for name, value in fields.items() if value is not None}

    return [given_only(message) for message in request.messages], given_only(request.parameters)


@settings(deadline=None)
@given(REQUESTS)
def test_the_order_of_fields_and_nulls_say_nothing(request_: TextRequest) -> None:
    other = TextRequest(
        [shuffled({**message, "tool_calls": None}) for message in request_.messages],
        shuffled({**request_.parameters, "top_p": None}),
        stream=not request_.stream,
    )
    assert key_of("ann", MODEL, request_) == key_of("ann", MODEL, other)


@settings(deadline=None)
@given(REQUESTS, REQUESTS)
def test_requests_that_say_different_things_have_different_keys(one: TextRequest, other: TextRequest) -> None:
    assume(meaning(one) != meaning(other))
    assert key_of("ann", MODEL, one) != key_of("ann", MODEL, other)


@settings(deadline=None)
@given(REQUESTS, st.data())
def test_one_changed_value_anywhere_changes_the_key(request_: TextRequest, data: st.DataObject) -> None:
    changed = copy.deepcopy(request_)
    places: list[tuple[Any, Any]] = []

    def visit(value: Any) -> None:
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for at, item in items:
            places.append((value, at))
            visit(item)

    for part in (*changed.messages, changed.parameters):
        visit(part)
    container, at = data.draw(st.sampled_from(places))
    container[at] = "something else"
    assert key_of("ann", MODEL, request_) != key_of("ann", MODEL, changed)


def test_a_whole_number_is_one_however_it_is_written() -> None:
    assert key_of("ann", MODEL, asked(temperature=0)) == key_of("ann", MODEL, asked(temperature=0.0))
    assert key_of("ann", MODEL, asked(seed=1)) != key_of("ann", MODEL, asked(seed=True))


def test_an_image_is_known_by_what_it_holds() -> None:
    def with_image(url: str) -> TextRequest:
        return asked([{"type": "text", "text": "What?"}, {"type": "image_url", "image_url": {"url": url}}])

    url, other = png_url(), png_url(size=(8, 8))
    data = base64.b64decode(url.partition(",")[2])
    assert key_of("ann", MODEL, with_image(url)) == key_of(
        "ann", MODEL, with_image(f"DATA:image/PNG;base64,{base64.b64encode(data).decode()}")
    )
    assert key_of("ann", MODEL, with_image(url)) != key_of("ann", MODEL, with_image(other))
    assert key_of("ann", MODEL, with_image("data:image/png;base64,%")) != key_of(
        "ann", MODEL, with_image("data:image/png;base64,&")
    )
    assert not is_deterministic(MODEL, with_image("https://example.org/a.png")), "it may be another tomorrow"


def test_another_user_another_model_or_another_file_is_another_key() -> None:
    local = entry("tiny", stamp="1", local_path="/models/tiny.gguf")
    keys = [
        key_of(user, model, asked())
        for user in ("ann", "bob")
        for model in (
            MODEL,
            entry("acme:gpt-other", "acme"),
            local,
            replace(local, stamp="2"),
            replace(local, runtime={"projector": "/models/eyes.gguf"}),
        )
    ]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("request_", "settled"),
    [
        (asked(), True),
        (asked(temperature=0.0), True),
        (asked(temperature=1, seed=0), True),
        (asked(temperature=None, seed=7, top_p=0.5), True),
        (asked(tools=TOOLS), True),
        (asked(n=1, response_format={"type": "json_object"}), True),
        (asked(temperature=0.1), False),
        (asked(temperature=None), False),
        (asked(n=2), False),
        (asked(store=True), False),
        (asked(web_search_options={}), False),
        (asked(tools=[{"type": "web_search"}]), False),
        (asked(tools="what?"), False),
        (asked([{"type": "text", "text": "Hi"}]), True),
        (asked([{"type": "file", "file": {"file_id": "f"}}]), False),
        (asked(["what?"]), False),
    ],
)
def test_only_what_has_one_answer_is_kept(request_: TextRequest, settled: bool) -> None:
    assert is_deterministic(MODEL, request_) is settled


def test_a_local_model_whose_file_nobody_has_read_is_not_trusted() -> None:
    assert not is_deterministic(entry("tiny"), asked())
    assert is_deterministic(entry("tiny", stamp="1"), asked())
    assert not is_deterministic(entry("tiny", stamp="1", status="disabled"), asked())


# the cache itself
async def test_the_one_used_longest_ago_makes_room() -> None:
    cache = MemoryCache(3 * 1024, 60)
    for key in "abc":
        await cache.put(key, b"x" * 500)
    assert await cache.get("a") is not None
    await cache.put("d", b"x" * 500)
    assert [await cache.get(key) is not None for key in "abcd"] == [True, False, True, True]
    assert cache.size <= 3 * 1024
    await cache.put("large", b"x" * 3000)
    assert await cache.get("large") is None
    assert await cache.get("a") is not None, "nothing was thrown out for what finds no room anyway"
    await cache.put("a", b"y")
    assert await cache.get("a") == b"y"


async def test_nothing_is_older_than_it_may_be() -> None:
    now = 100.0
    cache = MemoryCache(1024 * 1024, 60, lambda: now)
    await cache.put("a", b"x")
    now = 159.9
    assert await cache.get("a") == b"x"
    now = 160.0
    assert await cache.get("a") is None
    assert cache.size == 0


class Broken:
    """A shared cache that can't be reached."""

    async def get(self, key: str) -> bytes | None:
        raise ConnectionError

    async def put(self, key: str, value: bytes) -> None:
        raise ConnectionError


class Damaged(Broken):
    """A shared cache that holds what another version wrote."""

    async def get(self, key: str) -> bytes | None:
        return b'{"text": "hello"}'


@pytest.mark.parametrize("cache", [Broken(), Damaged()])
async def test_a_cache_that_fails_costs_nothing_but_its_use(cache: Cache) -> None:
    responses = ResponseCache(cache, 1000)
    use = await responses.look_up("ann", MODEL, asked(), None)
    assert use is not None
    assert use.answer is None
    await responses.keep(use, KeptAnswer(TextResult("Hello"), []))


@pytest.mark.parametrize(
    ("result", "kept"),
    [
        (TextResult("Hello", logprobs={"content": [{"logprob": float("-inf")}]}, usage=Usage(1, 2, 3, 4)), True),
        (
            TextResult("", "Hm.", tool_calls=[{"id": "1", "function": {"name": "f"}}], finish_reason="tool_calls"),
            True,
        ),
        (TextResult("Hel", finish_reason="length"), True),
        (TextResult("", finish_reason="content_filter"), False),
        (TextResult("x" * 1000), False),
    ],
)
async def test_complete_answers_come_back_as_they_were(result: TextResult, kept: bool) -> None:
    responses = ResponseCache(MemoryCache(10_000, 60), 600)
    first = await responses.look_up("ann", MODEL, asked(), None)
    assert first is not None
    await responses.keep(first, KeptAnswer(result, ["a warning"]))
    second = await responses.look_up("ann", MODEL, asked(), None)
    assert second is not None
    assert second.answer == (KeptAnswer(result, ["a warning"]) if kept else None)


@pytest.mark.parametrize("text", ["", "Hi", "Grüß Gott, 世界 🌍! " * 40])
def test_a_kept_answer_streams_in_a_few_pieces(text: str) -> None:
    calls = [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    result = TextResult(text, "Hm.", calls, {"content": [{"token": "Hi"}]}, "tool_calls", Usage(3, 4))
    deltas = list(KeptAnswer(result, []).deltas())
    assert len(deltas) <= 12
    collected = Collector()
    for delta in deltas:
        collected.take(delta)
    assert collected.results(Usage(3, 4)) == [result]
    assert deltas[-1] == TextDelta(usage=Usage(3, 4))


# through the gateway
class Tokens:
    """A credential for each of two users."""

    async def check(self, credential: str) -> Caller | None:
        return Caller(credential, True, SCOPES, "token") if credential in ("ann", "bob") else None


@dataclass
class Gateway:
    """A gateway on a real port that keeps answers, its vendor, and a client of Ann's."""

    app: FastAPI
    upstream: OpenAIServer
    client: httpx.AsyncClient

    async def ask(
        self, prompt: str, model: str = "acme:gpt-test", headers: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        parameters = {"temperature": 0, **more.pop("parameters", {})}
        body = {"model": model, "input": {"prompt": prompt}, "parameters": parameters, **more}
        return await self.client.post(GENERATE, json=body, headers=headers)

    async def chat(self, prompt: str, model: str = "acme:gpt-test", **more: Any) -> httpx.Response:
        body = {"model": model, "messages": [{"role": "user", "content": prompt}], "temperature": 0, **more}
        return await self.client.post(CHAT, json=body)

    @property
    def calls(self) -> int:
        return len(self.upstream.chats)

    async def recorded(self, answer: httpx.Response) -> RequestTable:
        """The record of a finished request, which is written behind."""
        async with asyncio.timeout(5):
            while True:
                async with self.app.state.database.reading() as db:
                    wanted = RequestTable.id == answer.headers["x-request-id"]
                    row = (await db.scalars(select(RequestTable).where(wanted))).first()
                if row is not None:
                    return row
                await asyncio.sleep(0.02)

    async def metric(self, name: str, model: str) -> float:
        text = (await self.client.get("/metrics")).text
        start = f'{name}{{model="{model}",provider="acme"}} '
        return sum(float(line.removeprefix(start)) for line in text.splitlines() if line.startswith(start))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    """One for all tests of this file; each asks something else."""
    async with OpenAIServer() as upstream, AnthropicServer() as anthropic:
        accounts = {
            **providers(upstream.base_url, models=["gpt-test", "gpt-paid", "error:500"]),
            "anthropic": {"base_url": anthropic.base_url, "api_key": VENDOR_KEY},
        }
        runtime = {"fallbacks": {"acme:error:500": ["acme:gpt-test"]}}
        folder = tmp_path_factory.mktemp("cache")
        async with (
            running_app(folder, providers=accounts, runtime=runtime, cache={"enabled": True}) as app,
            served(app) as url,
            httpx.AsyncClient(base_url=url, headers={"x-api-key": "ann"}, timeout=10) as client,
        ):
            app.state.authenticator = Authenticator([Tokens()], local_mode=False)
            pricing = {"input_per_million_usd": 10, "output_per_million_usd": 20}
            made = await client.post("/v1/models", json={"id": "acme:gpt-paid", "pricing": pricing})
            assert made.status_code == 201, made.text
            yield Gateway(app, upstream, client)


def cache_says(*answers: httpx.Response) -> list[str | None]:
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    return [answer.headers.get("x-pluggably-cache") for answer in answers]


def text_of_stream(answer: httpx.Response) -> str:
    told = [json.loads(event.data) for event in EventParser().feed(answer.content) if event.data != "[DONE]"]
    if "choices" in told[0]:
        return "".join(choice["delta"].get("content") or "" for chunk in told for choice in chunk["choices"])
    return str(told[-1]["output"]["text"])


@module_loop
async def test_the_second_of_two_identical_requests_costs_nothing_and_says_so(gateway: Gateway) -> None:
    before = gateway.calls
    first = await gateway.ask("once", "acme:gpt-paid")
    paid = await gateway.metric("pluggably_cost_usd_total", "acme:gpt-paid")
    second = await gateway.ask("once", "acme:gpt-paid")
    assert cache_says(first, second) == ["miss", "hit"]
    assert gateway.calls == before + 1
    assert second.json()["output"] == first.json()["output"]
    assert second.json()["request_id"] != first.json()["request_id"]
    cost = (9 * 10 + 5 * 20) / 1_000_000
    assert first.json()["usage"]["cost_usd"] == pytest.approx(cost)
    assert second.json()["usage"] == {**first.json()["usage"], "cost_usd": 0}
    assert paid == pytest.approx(cost)
    assert await gateway.metric("pluggably_cost_usd_total", "acme:gpt-paid") == paid
    assert await gateway.metric("pluggably_cache_hits_total", "acme:gpt-paid") == 1
    assert await gateway.metric("pluggably_cache_misses_total", "acme:gpt-paid") == 1
    record = await gateway.recorded(second)
    assert (record.status, record.prompt_tokens, record.completion_tokens, record.cost_usd) == ("completed", 0, 0, 0)
    assert (await gateway.recorded(first)).cost_usd == pytest.approx(cost)


@module_loop
@pytest.mark.parametrize("first", ["generate", "generate stream", "chat", "chat stream"])
async def test_an_answer_is_given_again_whole_and_as_a_stream_on_both_surfaces(gateway: Gateway, first: str) -> None:
    ways = {
        "generate": lambda: gateway.ask(first),
        "generate stream": lambda: gateway.ask(first, stream=True),
        "chat": lambda: gateway.chat(first),
        "chat stream": lambda: gateway.chat(first, stream=True, stream_options={"include_usage": True}),
    }
    before = gateway.calls
    assert cache_says(await ways.pop(first)()) == ["miss"]
    for name, way in ways.items():
        answer = await way()
        assert cache_says(answer) == ["hit"], name
        if name == "chat":
            body = answer.json()
            assert (body["choices"][0]["message"]["content"], body["usage"]) == (TEXT, USAGE)
        elif name == "generate":
            assert (answer.json()["output"]["text"], answer.json()["finish_reason"]) == (TEXT, "stop")
        else:
            assert answer.content.endswith(b"data: [DONE]\n\n")
            assert text_of_stream(answer) == TEXT
    assert gateway.calls == before + 1


@module_loop
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/responses", {"input": "again", "temperature": 0}),
        ("/v1/messages", {"messages": [{"role": "user", "content": "again"}], "max_tokens": 9, "temperature": 0}),
    ],
)
async def test_responses_and_messages_are_given_again_too(
    gateway: Gateway, path: str, body: dict[str, Any], stream: bool
) -> None:
    before = gateway.calls
    asked = {"model": "acme:gpt-test", "top_p": 0.5 if stream else 0.25, **body}
    answers = [await gateway.client.post(path, json={**asked, "stream": way}) for way in (stream, True, False)]
    assert cache_says(*answers) == ["miss", "hit", "hit"]
    assert all("Hello, wörld!" in answer.text for answer in answers[1:])
    assert gateway.calls == before + 1
    assert (await gateway.recorded(answers[2])).prompt_tokens == 0


@module_loop
async def test_what_anthropic_itself_answers_passes_and_is_not_kept(gateway: Gateway) -> None:
    body = {"model": "anthropic:plain", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9}
    answers = [await gateway.client.post("/v1/messages", json={**body, "temperature": 0}) for _ in range(2)]
    assert cache_says(*answers) == [None, None]


@module_loop
@pytest.mark.parametrize("stream", [False, True])
async def test_tool_calls_come_again(gateway: Gateway, stream: bool) -> None:
    first = await gateway.chat(f"tools {stream}", "acme:tools", tools=TOOLS, stream=stream)
    second = await gateway.chat(f"tools {stream}", "acme:tools", tools=TOOLS)
    assert cache_says(first, second) == ["miss", "hit"]
    choice = second.json()["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert [call["function"]["name"] for call in choice["message"]["tool_calls"]] == ["weather", "time"]
    assert choice["message"]["tool_calls"][0]["function"]["arguments"] == '{"city": "Zürich"}'


@module_loop
async def test_no_user_gets_what_another_was_answered(gateway: Gateway) -> None:
    before = gateway.calls
    answers = [await gateway.ask("mine", headers={"x-api-key": user}) for user in ("ann", "bob", "ann", "bob")]
    assert cache_says(*answers) == ["miss", "miss", "hit", "hit"]
    assert gateway.calls == before + 2


@module_loop
async def test_a_request_may_keep_out_of_the_cache_or_want_a_new_answer(gateway: Gateway) -> None:
    before = gateway.calls
    wishes = ["no-store", "max-age=0, No-Store", None, "no-cache", None]
    answers = [await gateway.ask("opt out", headers={"cache-control": wish} if wish else {}) for wish in wishes]
    assert cache_says(*answers) == [None, None, "miss", "miss", "hit"]
    assert gateway.calls == before + 4


@module_loop
async def test_what_may_come_out_differently_is_not_kept(gateway: Gateway) -> None:
    answers = [await gateway.ask("warm", parameters={"temperature": 0.7}) for _ in range(2)]
    answers += [await gateway.chat("warm", temperature=None) for _ in range(2)]
    answers += [await gateway.chat("warm", n=2) for _ in range(2)]
    assert cache_says(*answers) == [None] * 6


@module_loop
async def test_an_answer_of_a_stand_in_is_not_kept(gateway: Gateway) -> None:
    answers = [await gateway.ask("stand in", "acme:error:500") for _ in range(2)]
    assert cache_says(*answers) == ["miss", "miss"]
    assert [answer.json()["model"] for answer in answers] == ["acme:gpt-test"] * 2
    assert cache_says(await gateway.ask("stand in")) == ["miss"], "nor for the model that stood in"


@module_loop
@pytest.mark.parametrize("model", ["acme:cut-off", "acme:cut-off:politely", "acme:stream-error:500", "acme:no-done"])
async def test_what_ended_in_an_error_is_not_kept(gateway: Gateway, model: str) -> None:
    before = gateway.calls
    for _ in range(2):
        await gateway.ask(f"failing {model}", model, stream=True)
        await gateway.chat(f"failing {model}", model, stream=True)
    made = gateway.calls - before
    assert made == 4 or (made < 4 and model == "acme:no-done"), "an answer that lacks its end alone may be whole"


@module_loop
@pytest.mark.parametrize("path", [GENERATE, CHAT])
async def test_a_stream_that_its_client_left_is_not_kept(gateway: Gateway, path: str) -> None:
    before = gateway.calls
    prompt = {"input": {"prompt": path}} if path == GENERATE else {"messages": [{"role": "user", "content": path}]}
    settled = {"parameters": {"temperature": 0}} if path == GENERATE else {"temperature": 0}
    body = {"model": "acme:paced:0.02", "stream": True, **prompt, **settled}
    for number in (1, 2):
        async with gateway.client.stream("POST", path, json=body) as answer:
            assert answer.headers["x-pluggably-cache"] == "miss"
            async for _ in answer.aiter_bytes():
                break
        await gateway.upstream.until(lambda wanted=before + number: gateway.calls == wanted)  # type: ignore[misc]


@module_loop
async def test_what_a_warning_said_is_said_again(gateway: Gateway) -> None:
    messages = [{"role": "user", "content": "Hi"}, {"role": "system", "content": "Be brief."}]
    body = {"model": "anthropic:plain", "input": {"messages": messages}, "parameters": {"temperature": 0}}
    answers = [await gateway.client.post(GENERATE, json=body) for _ in range(2)]
    assert cache_says(*answers) == ["miss", "hit"]
    (warning,) = answers[0].json()["warnings"]
    assert answers[1].json()["warnings"] == [warning]


@module_loop
async def test_thoughts_come_again(gateway: Gateway) -> None:
    answers = [await gateway.ask("reasons", "acme:reasoning") for _ in range(2)]
    assert cache_says(*answers) == ["miss", "hit"]
    assert [answer.json()["output"]["reasoning"] for answer in answers] == ["Let me think."] * 2


async def test_nothing_is_kept_unless_the_operator_says_so(tmp_path: Path) -> None:
    async with (
        OpenAIServer() as upstream,
        running_app(tmp_path, providers=providers(upstream.base_url, models="gpt-test")) as app,
        served(app) as url,
        httpx.AsyncClient(base_url=url, headers={"x-api-key": "ann"}, timeout=10) as client,
    ):
        app.state.authenticator = Authenticator([Tokens()], local_mode=False)
        gateway = Gateway(app, upstream, client)
        assert cache_says(*[await gateway.ask("off") for _ in range(2)]) == [None, None]
        assert gateway.calls == 2
