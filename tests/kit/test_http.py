"""Outgoing HTTP, against a real server that misbehaves on demand."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from pluggably.contract.calls import Call, Reply
from pluggably.kit.http import (
    Address,
    ConnectFailed,
    ConnectionLost,
    HttpClient,
    NotReachable,
    OpenReply,
    TimedOut,
    Timeouts,
)
from tests.fakes.openai_server import TEXT, OpenAIServer, event
from tests.fakes.web_host import Names, ok, redirect, web_host

QUICK = Timeouts(connect_s=1, first_token_s=0.3, idle_s=0.3, total_s=10)
PATIENT = Timeouts(connect_s=5, first_token_s=5, idle_s=5, total_s=5)


def chat(behaviour: str = "plain", content: str = "Hi", *, stream: bool = False) -> Call:
    body: dict[str, Any] = {"model": behaviour, "messages": [{"role": "user", "content": content}], "stream": stream}
    return Call("/chat/completions", json.dumps(body).encode(), headers={"content-type": "application/json"})


async def ask(http: HttpClient, server: OpenAIServer, call: Call, timeouts: Timeouts = PATIENT) -> Reply:
    async with http.open(Address(server.base_url), call, {}, timeouts) as reply:
        return await reply.read()


def content_of(reply: Reply) -> str:
    return str(json.loads(reply.body)["choices"][0]["message"]["content"])


async def test_calls_one_after_the_other_share_one_connection(http: HttpClient, upstream: OpenAIServer) -> None:
    for number in range(20):
        reply = await ask(http, upstream, chat("echo", f"number {number}"))
        assert (reply.status, content_of(reply)) == (200, f"number {number}")
    assert upstream.connections == 1


async def test_streams_share_one_connection_too(http: HttpClient, upstream: OpenAIServer) -> None:
    for _ in range(5):
        reply = await ask(http, upstream, chat(stream=True))
        assert reply.body.endswith(event("[DONE]"))
    assert upstream.connections == 1


async def test_a_reader_that_stops_at_the_last_event_keeps_the_connection(
    http: HttpClient, upstream: OpenAIServer
) -> None:
    for _ in range(3):
        async with http.open(
            Address(upstream.base_url), chat("wait-after-done:0.05", stream=True), {}, PATIENT
        ) as reply:
            async for chunk in reply.chunks():
                if b"[DONE]" in chunk:
                    break
    assert upstream.connections == 1


async def test_a_body_that_never_ends_after_its_last_event_costs_the_connection_alone(
    http: HttpClient, upstream: OpenAIServer
) -> None:
    started = time.monotonic()
    async with http.open(Address(upstream.base_url), chat("wait-after-done:30", stream=True), {}, PATIENT) as reply:
        async for chunk in reply.chunks():
            if b"[DONE]" in chunk:
                break
    assert time.monotonic() - started < 2
    await upstream.until(lambda: upstream.requests[0].left)


async def test_dropping_a_stream_closes_its_connection_at_once(http: HttpClient, upstream: OpenAIServer) -> None:
    async def read_one() -> None:
        async with http.open(Address(upstream.base_url), chat("stall", stream=True), {}, PATIENT) as reply:
            async for _ in reply.chunks():
                raise LookupError("enough")

    with pytest.raises(LookupError):
        await read_one()
    await upstream.until(lambda: upstream.requests[0].left, within_s=0.5)
    assert upstream.open_connections == 0


async def test_cancelling_a_call_closes_its_connection_at_once(http: HttpClient, upstream: OpenAIServer) -> None:
    waiting = asyncio.create_task(ask(http, upstream, chat("slow:30")))
    await upstream.until(lambda: len(upstream.requests) == 1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await upstream.until(lambda: upstream.requests[0].left, within_s=0.5)


async def test_replies_are_never_mixed_up_while_others_are_cancelled(
    http: HttpClient, upstream: OpenAIServer
) -> None:
    async def one(number: int, delay: float = 0) -> None:
        reply = await ask(http, upstream, chat(f"echo:{delay + number % 7 / 100}", f"id-{number}"))
        assert content_of(reply) == f"id-{number}"

    async def streamed(number: int) -> None:
        reply = await ask(http, upstream, chat("echo", f"id-{number}", stream=True))
        found = [line for line in reply.body.decode().splitlines() if "id-" in line]
        assert len(found) == 1
        assert f'"id-{number}"' in found[0]

    async def cancelled(number: int) -> None:
        task = asyncio.create_task(one(number, delay=0.2))
        await asyncio.sleep(0.1 + number % 11 / 60)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    kinds = (one, cancelled, streamed, one)
    await asyncio.gather(*(kinds[number % 4](number) for number in range(200)))
    await asyncio.gather(*(one(number) for number in range(200, 230)))
    assert sum(request.left for request in upstream.requests) > 10, "hardly a call was cancelled on the way"


@pytest.mark.req("SYS-REQ-002")
async def test_only_connecting_can_run_out_of_connect_time(http: HttpClient) -> None:
    # A listener whose queue is full answers no SYN.
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
            fillers.append(filler)
        await asyncio.sleep(0.05)
        started = time.monotonic()
        with pytest.raises(TimedOut, match=r"connect time-out after 0\.2 s") as caught:
            async with http.open(
                Address(f"http://127.0.0.1:{port}"), chat(), {}, Timeouts(connect_s=0.2, first_token_s=5, total_s=5)
            ):
                pass
        assert caught.value.which == "connect"
        assert time.monotonic() - started < 2
        for filler in fillers:
            filler.close()


@pytest.mark.parametrize("behaviour", ["slow:30", "slow-first:30"])
async def test_the_first_byte_has_a_time_of_its_own(http: HttpClient, upstream: OpenAIServer, behaviour: str) -> None:
    times = Timeouts(connect_s=5, first_token_s=0.15, idle_s=5, total_s=5)
    with pytest.raises(TimedOut) as caught:
        await ask(http, upstream, chat(behaviour, stream=True), times)
    assert caught.value.which == "first token"
    await upstream.until(lambda: upstream.requests[0].left)


@pytest.mark.parametrize("first_token_s", [0.15, 5])
async def test_a_stall_between_two_chunks_is_idle_time(
    http: HttpClient, upstream: OpenAIServer, first_token_s: float
) -> None:
    times = Timeouts(connect_s=5, first_token_s=first_token_s, idle_s=0.2, total_s=10)
    started = time.monotonic()
    with pytest.raises(TimedOut) as caught:
        await ask(http, upstream, chat("stall", stream=True), times)
    assert caught.value.which == "idle"
    assert 0.15 < time.monotonic() - started < 2


async def test_a_late_first_byte_is_not_idle_time(http: HttpClient, upstream: OpenAIServer) -> None:
    times = Timeouts(connect_s=5, first_token_s=5, idle_s=0.1, total_s=5)
    assert (await ask(http, upstream, chat("slow-first:0.4", stream=True), times)).body.endswith(event("[DONE]"))


async def test_a_stream_that_keeps_coming_ends_with_the_total_time(http: HttpClient, upstream: OpenAIServer) -> None:
    times = Timeouts(connect_s=5, first_token_s=0.3, idle_s=0.3, total_s=0.5)
    with pytest.raises(TimedOut) as caught:
        await ask(http, upstream, chat("paced:0.05", stream=True), times)
    assert caught.value.which == "total"


async def test_a_stream_longer_than_every_single_wait_runs_to_its_end(
    http: HttpClient, upstream: OpenAIServer
) -> None:
    reply = await ask(http, upstream, chat("paced:0.01", stream=True), QUICK)
    assert reply.body.endswith(event("[DONE]"))


async def test_a_slow_reader_of_ours_is_no_idle_time(http: HttpClient, upstream: OpenAIServer) -> None:
    async with http.open(Address(upstream.base_url), chat("paced:0.01", stream=True), {}, QUICK) as reply:
        await asyncio.sleep(0.6)  # before the first piece: no first-token time either
        received = b""
        async for chunk in reply.chunks():
            if not received:
                await asyncio.sleep(0.6)
            received += chunk
    assert received.endswith(event("[DONE]"))


async def test_a_total_time_that_ran_out_during_our_own_work_is_told_at_the_next_read(
    http: HttpClient, upstream: OpenAIServer
) -> None:
    times = Timeouts(connect_s=5, first_token_s=5, idle_s=5, total_s=0.2)

    async def read_slowly() -> None:
        async with http.open(Address(upstream.base_url), chat("endless", stream=True), {}, times) as reply:
            chunks = reply.chunks()
            await anext(chunks)
            await asyncio.sleep(0.4)
            done.append("our own work")
            await anext(chunks)

    done: list[str] = []
    with pytest.raises(TimedOut, match="total"):
        await read_slowly()
    assert done, "our own work was interrupted"
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_a_time_out_is_never_mistaken_for_our_own_cancellation(
    http: HttpClient, upstream: OpenAIServer
) -> None:
    async def outer() -> None:
        async with asyncio.timeout(0.15):
            await ask(http, upstream, chat("slow:30"), PATIENT)

    with pytest.raises(TimeoutError):
        await outer()
    with pytest.raises(TimedOut):
        async with asyncio.timeout(5):
            await ask(http, upstream, chat("slow:30"), QUICK)


async def test_a_slow_reader_slows_its_producer_down(http: HttpClient, upstream: OpenAIServer) -> None:
    async with http.open(Address(upstream.base_url), chat("endless", stream=True), {}, PATIENT) as reply:
        await anext(reply.chunks())
        await asyncio.sleep(0.3)
        buffered = reply._response.content.total_bytes
        await asyncio.sleep(0.2)
        assert reply._response.content.total_bytes == buffered, "bytes kept piling up although nobody read"
        assert buffered < 4 * 1024 * 1024


async def test_nobody_listening_is_a_failure_to_connect(http: HttpClient) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = Address(f"http://127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(ConnectFailed):
            async with http.open(address, chat(), {}, PATIENT):
                pass


@pytest.mark.parametrize("behaviour", ["drop", "garbage:http", "cut-off"])
async def test_a_connection_that_breaks_is_told_and_was_not_stale(
    http: HttpClient, upstream: OpenAIServer, behaviour: str
) -> None:
    with pytest.raises(ConnectionLost) as caught:
        await ask(http, upstream, chat(behaviour, stream=True))
    assert not caught.value.stale


async def test_a_kept_connection_that_breaks_before_the_answer_is_stale(
    http: HttpClient, upstream: OpenAIServer
) -> None:
    await ask(http, upstream, chat())
    with pytest.raises(ConnectionLost) as caught:
        await ask(http, upstream, chat("drop"))
    assert caught.value.stale
    assert upstream.connections == 1


async def test_connections_that_the_other_side_closes_while_idle_do_no_harm(http: HttpClient) -> None:
    async with OpenAIServer(idle_close_s=0.05) as server:
        for _ in range(3):
            assert content_of(await ask(http, server, chat())) == TEXT
            await server.until(lambda: server.open_connections == 0)
            await asyncio.sleep(0.01)
        assert server.connections == 3


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(http: HttpClient, upstream: OpenAIServer, status: int) -> None:
    async with OpenAIServer() as canary:
        upstream.redirect_to = canary.root
        async with http.open(
            Address(upstream.base_url), chat(f"redirect:{status}"), {"authorization": "Bearer sk-CANARY"}, PATIENT
        ) as reply:
            assert reply.status == status
            await reply.read()
        assert canary.connections == 0


async def test_cookies_of_a_vendor_are_not_kept(http: HttpClient, upstream: OpenAIServer) -> None:
    await ask(http, upstream, chat())
    await ask(http, upstream, chat())
    headers = upstream.requests[1].headers
    assert "cookie" not in headers
    assert headers["user-agent"] == "pluggably"
    assert headers["accept-encoding"] == "identity"


async def test_an_answer_over_the_limit_is_refused(http: HttpClient, upstream: OpenAIServer) -> None:
    async def read(reply: OpenReply) -> AsyncIterator[bytes]:
        async for chunk in reply.chunks(limit=100_000):
            yield chunk

    async with http.open(Address(upstream.base_url), chat("endless", stream=True), {}, PATIENT) as reply:
        with pytest.raises(ConnectionLost, match=r"longer than 0\.09537 MiB"):
            assert sum([len(chunk) async for chunk in read(reply)]) <= 100_000


async def test_a_server_on_a_unix_socket_is_called_like_any_other(http: HttpClient, tmp_path: Path) -> None:
    answered = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):  # the client has closed the connection
            while True:
                answered.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        writer.close()

    path = str(tmp_path / "worker.sock")
    server = await asyncio.start_unix_server(serve, path)
    address = Address("http://localhost", path)
    for _ in range(2):
        async with http.open(address, Call("/health", method="GET"), {}, PATIENT) as reply:
            assert (await reply.read()).body == b"ok"
    assert answered[0].startswith(b"GET /health HTTP/1.1")
    await http.forget(path)
    server.close()
    Path(path).unlink()
    with pytest.raises(ConnectFailed):
        async with http.open(address, Call("/health", method="GET"), {}, PATIENT):
            pass


@pytest.mark.req("SYS-REQ-064")
async def test_an_address_that_a_user_names_is_judged_at_every_connection() -> None:
    names = Names(mine_example=[["127.0.0.1"], ["127.0.0.2"]])
    async with (
        web_host({"/models": ok(b"x")}) as host,
        web_host({"/models": ok(b"inside")}, address="127.0.0.2", port=host.port) as inside,
    ):
        http = HttpClient(allowed=[ip_network("127.0.0.1/32")], resolver=names)
        address = Address(f"http://mine.example:{host.port}", guarded=True)
        call = Call("/models", method="GET")
        try:
            async with http.open(address, call, {}, PATIENT) as reply:
                assert (await reply.read()).body == b"x"
            for refused in (address, replace(address, base_url=f"http://127.0.0.2:{host.port}")):
                with pytest.raises(NotReachable, match="has no public address"):
                    await http.open(refused, call, {}, PATIENT).__aenter__()
            assert (len(host.asked), inside.asked) == (1, [])
            trusted = replace(address, base_url=f"http://127.0.0.2:{host.port}", guarded=False)
            async with http.open(trusted, call, {}, PATIENT) as reply:
                assert (await reply.read()).body == b"inside", "what the operator configured is not judged"
        finally:
            await http.close()


@pytest.mark.req("SYS-REQ-064")
async def test_a_users_endpoint_that_redirects_is_not_followed() -> None:
    async with (
        web_host({"/models": ok(b"inside")}) as inside,
        web_host({"/models": redirect(f"http://127.0.0.1:{inside.port}/models")}) as host,
    ):
        http = HttpClient(allowed=[ip_network("127.0.0.0/8")])
        try:
            address = Address(f"http://127.0.0.1:{host.port}", guarded=True)
            async with http.open(address, Call("/models", method="GET"), {"x-key": "k"}, PATIENT) as reply:
                assert reply.status == 302
            assert inside.asked == []
        finally:
            await http.close()
