"""What the providers' tests share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from pluggably.kit.http import Address, HttpClient, Timeouts
from pluggably.providers._transport import Account, Transport
from tests.fakes.openai_server import OpenAIServer

KEY = "sk-CANARY-0123456789"


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    """Makes the calls."""
    http = HttpClient()
    yield Transport(http)
    await http.close()


@pytest.fixture
def account(upstream: OpenAIServer) -> Account:
    """The operator's account with the vendor."""
    headers = {"authorization": f"Bearer {KEY}"}
    return Account("acme", Address(upstream.base_url), headers, {"api_key": KEY}, Timeouts(1, 1, 1, 5))
