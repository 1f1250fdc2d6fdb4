"""Calls to providers, against a real server."""

from __future__ import annotations

import asyncio
import json
import socket
from dataclasses import replace
from typing import Any

import pytest

from pluggably.contract.calls import Call
from pluggably.errors import (
    PluggablyError,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    RuntimeCrashed,
)
from pluggably.kit.http import Address, Timeouts
from pluggably.providers._errors import error_in_stream
from pluggably.providers._transport import Account, Transport
from tests.fakes.openai_server import ERRORS, OpenAIServer
from tests.providers.conftest import KEY


def chat(behaviour: str = "plain", **more: Any) -> Call:
    body = {"model": behaviour, "messages": [{"role": "user", "content": "Hi"}], **more}
    return Call("/chat/completions", json.dumps(body).encode(), headers={"content-type": "application/json"})


@pytest.mark.req("TEST-INT-001", "SYS-REQ-002")
async def test_a_call_carries_the_accounts_key_and_returns_the_answer(
    transport: Transport, account: Account, upstream: OpenAIServer
) -> None:
    reply = await transport.send(account, chat())
    assert reply.status == 200
    assert json.loads(reply.body)["object"] == "chat.completion"
    assert upstream.chats[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.req("TEST-INT-001", "SYS-REQ-002", "SYS-NFR-002")
@pytest.mark.parametrize("name", ERRORS)
async def test_every_refusal_of_a_real_server_is_a_standard_error(
    transport: Transport, account: Account, upstream: OpenAIServer, name: str
) -> None:
    with pytest.raises(PluggablyError) as caught:
        await transport.send(account, chat(f"error:{name}"))
    assert caught.value.code != "internal_error"
    assert KEY not in json.dumps(caught.value.envelope(None))
    assert (await transport.send(account, chat())).status == 200
    assert upstream.connections == 1, "a refusal cost the connection"


@pytest.mark.req("TEST-INT-001")
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status", [200, 401, 403, 404, 502])
async def test_a_proxys_web_page_is_told_as_one(
    transport: Transport, account: Account, upstream: OpenAIServer, status: int, stream: bool
) -> None:
    with pytest.raises(ProviderError, match=f"acme answered with status {status}: a web page .* a proxy") as caught:
        async with transport.open(account, chat(f"page:{status}", stream=stream)) as reply:
            await reply.read()
    assert caught.value.code == "provider_error", "it is not the vendor who refuses the key"
    assert caught.value.passing is (status == 502)
    assert "<" not in caught.value.message
    assert (await transport.send(account, chat())).status == 200


async def test_a_date_in_retry_after_arrives_as_seconds(transport: Transport, account: Account) -> None:
    with pytest.raises(PluggablyError) as caught:
        await transport.send(account, chat("error:429-date"))
    assert caught.value.retry_after == pytest.approx(20, abs=3)


async def test_a_kept_connection_that_has_gone_stale_is_tried_once_more(
    transport: Transport, account: Account, upstream: OpenAIServer
) -> None:
    await transport.send(account, chat())
    assert (await transport.send(account, chat("drop-kept"))).status == 200
    assert [request.connection for request in upstream.chats] == [1, 1, 2]


async def test_it_is_tried_once_and_only_once(transport: Transport, account: Account, upstream: OpenAIServer) -> None:
    await transport.send(account, chat())
    with pytest.raises(ProviderError, match="broke before the answer was complete"):
        await transport.send(account, chat("drop"))
    assert len(upstream.chats) == 3


@pytest.mark.parametrize("behaviour", ["drop", "cut-off", "garbage:http"])
async def test_what_fails_on_a_new_connection_is_never_sent_twice(
    transport: Transport, account: Account, upstream: OpenAIServer, behaviour: str
) -> None:
    with pytest.raises(ProviderError):
        await transport.send(account, chat(behaviour, stream=True))
    assert len(upstream.chats) == 1


async def test_an_answer_that_breaks_half_way_is_never_asked_for_again(
    transport: Transport, account: Account, upstream: OpenAIServer
) -> None:
    await transport.send(account, chat())
    with pytest.raises(ProviderError, match="broke"):
        await transport.send(account, chat("cut-off", stream=True))
    assert len(upstream.chats) == 2


async def test_a_provider_that_is_not_there_is_unavailable(transport: Transport, account: Account) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nowhere = replace(account, address=Address(f"http://127.0.0.1:{unused.getsockname()[1]}/v1"))
        with pytest.raises(ProviderUnavailable, match="acme can't be reached") as caught:
            await transport.send(nowhere, chat())
    assert caught.value.retry_after
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize("behaviour", ["slow:30", "stall"])
async def test_a_provider_that_takes_too_long_has_timed_out(
    transport: Transport, account: Account, upstream: OpenAIServer, behaviour: str
) -> None:
    impatient = replace(account, timeouts=Timeouts(1, 0.1, 0.1, 5))
    with pytest.raises(ProviderTimeout, match="acme took too long"):
        await transport.send(impatient, chat(behaviour, stream=True))
    await upstream.until(lambda: upstream.chats[0].left)
    assert len(upstream.chats) == 1


async def test_an_account_may_say_what_a_broken_connection_means(transport: Transport, account: Account) -> None:
    worker = replace(account, broken=lambda: RuntimeCrashed("it crashed"))
    with pytest.raises(RuntimeCrashed):
        await transport.send(worker, chat("cut-off", stream=True))


async def test_an_error_on_the_way_through_a_stream_is_told_like_any_other(
    transport: Transport, account: Account, upstream: OpenAIServer
) -> None:
    async def read() -> None:
        async with transport.open(account, chat("cut-off", stream=True)) as reply:
            async for _ in reply.chunks():
                pass

    with pytest.raises(ProviderError, match="The connection to acme broke"):
        await read()


@pytest.mark.req("SYS-NFR-001")
async def test_an_error_inside_a_stream_does_not_repeat_the_key(transport: Transport, account: Account) -> None:
    async def read() -> None:
        async with transport.open(account, chat("stream-error", stream=True)):
            raise error_in_stream({"code": 400, "message": f"bad key {KEY}", "param": f"x {KEY}"})

    with pytest.raises(PluggablyError) as caught:
        await read()
    assert KEY not in json.dumps(caught.value.envelope(None)) + str(caught.value) + repr(caught.value)
    assert "bad key ***" in caught.value.message


@pytest.mark.req("SYS-NFR-001")
async def test_a_redirect_to_another_host_is_an_error_and_takes_no_key_along(
    transport: Transport, account: Account, upstream: OpenAIServer
) -> None:
    async with OpenAIServer() as canary:
        upstream.redirect_to = canary.root
        with pytest.raises(ProviderError, match="status 307"):
            await transport.send(account, chat("redirect"))
        assert canary.connections == 0


async def test_leaving_a_stream_early_tells_the_provider_to_stop(
    transport: Transport, account: Account, upstream: OpenAIServer
) -> None:
    async def read() -> None:
        async with transport.open(account, chat("endless", stream=True)) as reply:
            async for _ in reply.chunks():
                await asyncio.sleep(30)

    reading = asyncio.create_task(read())
    await upstream.until(lambda: len(upstream.chats) == 1)
    await asyncio.sleep(0.05)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    assert reading.cancelled()
    await upstream.until(lambda: upstream.chats[0].left, within_s=0.5)


def test_an_account_does_not_show_its_secrets(account: Account) -> None:
    assert KEY not in repr(account)
