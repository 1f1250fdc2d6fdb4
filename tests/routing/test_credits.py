"""What is known about accounts' credits, and how rarely vendors are asked for it."""

from __future__ import annotations

import asyncio
import json

import pytest

from pluggably.contract.calls import Reply
from pluggably.contract.credits import Credits, CreditsState
from pluggably.errors import ProviderError
from pluggably.kit.http import HttpClient
from pluggably.providers._credits import DeepSeekBalance, OpenRouterKey
from pluggably.providers._transport import Transport
from pluggably.providers.directory import AccountSettings, load_providers
from pluggably.routing.credits import CreditsBook, CreditsWatch
from tests.fakes.openai_server import OpenAIServer

LEFT = Credits(CreditsState.AVAILABLE, 5, 10, "USD")
NOTHING = Credits(CreditsState.EXHAUSTED, 0, 10, "USD")
pytestmark = pytest.mark.req("SYS-REQ-072")


def reply(body: object) -> Reply:
    return Reply(200, {}, json.dumps(body).encode())


# what vendors tell
def test_deepseeks_balance() -> None:
    rows = [
        {"currency": "CNY", "total_balance": "0.00", "granted_balance": "0", "topped_up_balance": "0"},
        {"currency": "USD", "total_balance": "110.50", "granted_balance": "10.00", "topped_up_balance": "100.50"},
    ]
    told = DeepSeekBalance().parse_credits(reply({"is_available": True, "balance_infos": rows}))
    assert told == Credits(CreditsState.AVAILABLE, 110.5, None, "USD")
    told = DeepSeekBalance().parse_credits(reply({"is_available": False, "balance_infos": rows[:1]}))
    assert told == Credits(CreditsState.EXHAUSTED, 0, None, "CNY")


def test_openrouters_key() -> None:
    def told(**data: object) -> Credits:
        return OpenRouterKey().parse_credits(reply({"data": {"label": "sk-or-…", "usage": 2.5, **data}}))

    assert told(limit=10, limit_remaining=7.5) == Credits(CreditsState.AVAILABLE, 7.5, 10, "USD")
    assert told(limit=10, limit_remaining=-0.1).status is CreditsState.EXHAUSTED
    assert told(limit=None, limit_remaining=None) == Credits()


@pytest.mark.parametrize("vendor", [DeepSeekBalance(), OpenRouterKey()])
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"data": 7}', b'{"is_available": "yes"}'])
def test_what_is_no_answer_is_an_error(vendor: DeepSeekBalance | OpenRouterKey, body: bytes) -> None:
    with pytest.raises(ProviderError):
        vendor.parse_credits(Reply(200, {}, body))


# what is known
def test_who_tells_nothing_is_unknown() -> None:
    book = CreditsBook()
    assert book.of("openai") == Credits()
    assert not book.is_exhausted("openai")
    assert book.describe("openai") == {
        "provider": "openai",
        "status": "unknown",
        "remaining": None,
        "total": None,
        "currency": None,
        "checked_at": None,
    }


def test_what_a_vendor_tells_is_believed_until_an_answer_shows_otherwise() -> None:
    book = CreditsBook()
    book.told("acme", NOTHING)
    assert book.is_exhausted("acme")
    assert book.describe("acme")["checked_at"].endswith("Z")
    book.paid("acme")
    assert (book.is_exhausted("acme"), book.of("acme").status) == (False, CreditsState.UNKNOWN)


def test_a_refusal_is_exhaustion_until_the_next_good_answer() -> None:
    now = 0.0
    book = CreditsBook(300, lambda: now)
    book.told("acme", LEFT)
    book.refused("acme")
    assert book.is_exhausted("acme")
    assert book.of("acme").status is CreditsState.EXHAUSTED
    now = 301
    assert not book.is_exhausted("acme"), "a request may try it"
    assert book.of("acme").status is CreditsState.EXHAUSTED, "but nothing was paid for yet"
    book.told("acme", Credits())
    assert book.of("acme").status is CreditsState.EXHAUSTED
    book.told("acme", LEFT)
    assert book.of("acme") == LEFT


# asking
@pytest.mark.req("SYS-NFR-021")
async def test_a_vendor_is_asked_in_the_background_and_again_after_a_refusal_but_rarely(http: HttpClient) -> None:
    async with OpenAIServer() as server:
        body = {"is_available": True, "balance_infos": [{"currency": "USD", "total_balance": "1.5"}]}
        server.answers["/user/balance"] = (200, body)
        accounts = {
            "deepseek": AccountSettings(api_key="sk-1", base_url=server.base_url),
            "openai": AccountSettings(api_key="sk-2", base_url=server.base_url),
        }
        book = CreditsBook()
        watch = CreditsWatch(load_providers(accounts), Transport(http), book, refresh_s=60, soonest_s=0.3)
        watch.start()
        try:
            await server.until(lambda: bool(server.requests and server.requests[0].answered))
            while book.of("deepseek").remaining is None:
                await asyncio.sleep(0.01)
            assert book.of("deepseek") == Credits(CreditsState.AVAILABLE, 1.5, None, "USD")
            assert server.requests[0].headers["authorization"] == "Bearer sk-1"
            for _ in range(50):
                book.refused("deepseek")
            await server.until(lambda: len(server.requests) == 2)
            await asyncio.sleep(0.5)
            assert len(server.requests) == 2, "fifty refusals, one question"
            assert book.of("deepseek").status is CreditsState.AVAILABLE
        finally:
            await watch.close()


@pytest.mark.req("SYS-NFR-021")
async def test_a_vendor_that_does_not_answer_is_asked_ever_more_rarely(http: HttpClient) -> None:
    async with OpenAIServer() as server:
        account = AccountSettings(api_key="sk-1", base_url=server.base_url)
        book = CreditsBook()
        watch = CreditsWatch(
            load_providers({"openrouter": account}), Transport(http), book, refresh_s=0.1, soonest_s=0.01
        )
        watch.start()
        try:
            await asyncio.sleep(1.2)
        finally:
            await watch.close()
        assert 2 <= len(server.requests) <= 4, "after 0.2, 0.6 and 1.4 seconds"
        assert book.of("openrouter") == Credits()
