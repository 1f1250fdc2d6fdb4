"""Rows of the catalogue behind a real gateway: what their vendors lack is told to the official client, never sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import openai
import pytest

from tests.factories.apps import KEY, running_app, served
from tests.fakes.openai_server import TEXT, OpenAIServer

pytestmark = pytest.mark.req("SYS-REQ-002", "SYS-REQ-017")

ROWS = ("mistral", "groq", "deepseek", "together", "huggingface")
HELLO = [{"role": "user", "content": "Hi"}]


@pytest.fixture
async def client(tmp_path: Path, upstream: OpenAIServer) -> AsyncIterator[openai.AsyncOpenAI]:
    accounts = {name: {"base_url": upstream.base_url, "api_key": "k"} for name in (*ROWS, "openai")}
    async with (
        running_app(tmp_path, providers=accounts, routing={"retries": 0}) as app,
        served(app) as url,
        openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0) as client,
    ):
        yield client


@pytest.mark.parametrize("row", ROWS)
async def test_a_field_that_is_left_out_is_a_warning_in_a_whole_answer(
    client: openai.AsyncOpenAI, upstream: OpenAIServer, row: str
) -> None:
    answer = await client.chat.completions.create(
        model=f"{row}:m",
        messages=HELLO,
        store=True,
        temperature=0.5,  # type: ignore[arg-type]
    )
    assert answer.choices[0].message.content == TEXT
    assert [warning.partition(":")[0] for warning in answer.model_extra["warnings"]] == ["`store`"]  # type: ignore[index]
    assert set(upstream.chats[0].json) == {"model", "messages", "temperature"}


@pytest.mark.parametrize("row", ROWS)
async def test_a_field_that_is_left_out_is_a_warning_in_a_stream(
    client: openai.AsyncOpenAI, upstream: OpenAIServer, row: str
) -> None:
    stream = await client.chat.completions.create(
        model=f"{row}:m",
        messages=HELLO,
        metadata={"a": "b"},
        stream=True,  # type: ignore[arg-type]
    )
    chunks = [chunk async for chunk in stream]
    assert "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices) == TEXT
    told = [warning for chunk in chunks for warning in (chunk.model_extra or {}).get("warnings") or ()]
    assert [warning.partition(":")[0] for warning in told] == ["`metadata`"]
    assert "metadata" not in upstream.chats[0].json


async def test_a_stream_of_mistrals_is_not_asked_for_its_usage_which_it_tells_anyway(
    client: openai.AsyncOpenAI, upstream: OpenAIServer
) -> None:
    stream = await client.chat.completions.create(model="mistral:m", messages=HELLO, stream=True)  # type: ignore[arg-type]
    assert [chunk async for chunk in stream]
    assert set(upstream.chats[0].json) == {"model", "messages", "stream"}


async def test_who_has_the_field_gets_it_and_its_answer_passes_unread(
    client: openai.AsyncOpenAI, upstream: OpenAIServer
) -> None:
    answer = await client.chat.completions.create(model="openai:m", messages=HELLO, store=True, user="u1")  # type: ignore[arg-type]
    assert "warnings" not in (answer.model_extra or {})
    assert upstream.chats[0].json == {"model": "m", "messages": HELLO, "store": True, "user": "u1"}


async def test_vectors_come_with_what_was_left_out(client: openai.AsyncOpenAI, upstream: OpenAIServer) -> None:
    made = await client.embeddings.create(model="mistral:m", input="Hi", dimensions=4, user="u1")
    assert (made.model_extra or {})["warnings"] == ["`user`: Mistral has nothing like it; left out"]
    sent = upstream.requests[-1].json
    assert (sent["output_dimension"], "user" in sent, "dimensions" in sent) == (4, False, False)


@pytest.mark.parametrize("row", ["deepseek", "groq"])
async def test_a_vendor_without_embeddings_is_not_asked_for_any(
    client: openai.AsyncOpenAI, upstream: OpenAIServer, row: str
) -> None:
    with pytest.raises(openai.BadRequestError, match="makes no embeddings"):
        await client.embeddings.create(model=f"{row}:m", input="Hi")
    assert not [request for request in upstream.requests if request.path.endswith("/embeddings")]


async def test_raw_text_goes_on_without_what_changes_nothing(
    client: openai.AsyncOpenAI, upstream: OpenAIServer
) -> None:
    made = await client.completions.create(model="together:m", prompt="The sea", user="u1")
    assert (made.model_extra or {})["warnings"] == ["`user`: Together has nothing like it; left out"]
    assert "user" not in upstream.requests[-1].json
    with pytest.raises(openai.BadRequestError, match="Together has no `suffix`"):
        await client.completions.create(model="together:m", prompt="The sea", suffix="!")
