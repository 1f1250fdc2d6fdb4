"""Users' accounts in memory: what is read, what is kept, what other processes see."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from pluggably.errors import NotReady, ProviderNotFound
from pluggably.features.audit.log import Actor
from pluggably.features.credentials.accounts import ProviderAccounts
from pluggably.features.credentials.lists import PersonalLists
from pluggably.features.credentials.schemas import ProviderKeyCreate
from pluggably.features.credentials.service import ProviderKeys
from pluggably.features.users.authentication import SCOPES, Caller
from pluggably.kit.database import Database
from pluggably.kit.encryption import Cipher
from pluggably.kit.http import HttpClient, Timeouts
from pluggably.providers._transport import Transport
from pluggably.providers.directory import AccountSettings, load_providers
from pluggably.providers.personal import PersonalAccounts
from pluggably.routing.catalogue import Catalogue
from pluggably.routing.credits import CreditsBook
from tests.fakes.openai_server import OpenAIServer

ANN, BOB = "usr_ann", "usr_bob"


class Process:
    """What one gateway's process has: its own memory on the shared database."""

    def __init__(self, accounts: ProviderAccounts, keys: ProviderKeys) -> None:
        self.accounts = accounts
        self.keys = keys

    async def store(self, user_id: str, key: str) -> None:
        body = ProviderKeyCreate.model_validate({"provider": "acme", "credential_type": "api_key", "api_key": key})
        await self.keys.store(caller(user_id), actor(user_id), body)

    def key_of(self, user_id: str) -> str:
        """The key that a call of this user's would carry now."""
        return self.accounts.accounts_of(user_id)["acme"].account.headers["authorization"].removeprefix("Bearer ")


def caller(user_id: str) -> Caller:
    return Caller(user_id, False, SCOPES, "token")


def actor(user_id: str) -> Actor:
    return Actor(user_id, "token")


@asynccontextmanager
async def process(database: Database, upstream: OpenAIServer, **options: Any) -> AsyncIterator[Process]:
    http = HttpClient()
    transport = Transport(http)
    directory = load_providers({"acme": AccountSettings(api_key="operators", base_url=upstream.base_url)})
    cipher = Cipher([bytes(32)])
    lists = PersonalLists(transport, CreditsBook(), {"type": "object"})
    personal = PersonalAccounts(transport)
    timeouts: Callable[[str], Timeouts] = lambda _provider: Timeouts()  # noqa: E731
    accounts = ProviderAccounts(database, cipher, directory, Catalogue(), personal, lists, timeouts, **options)
    accounts.start()
    try:
        yield Process(accounts, ProviderKeys(database, cipher, directory, personal, accounts, lists))
    finally:
        await accounts.close()
        await lists.close()
        await http.close()


@pytest.mark.req("SYS-REQ-035")
@pytest.mark.alone
async def test_a_change_counts_here_at_once_and_in_other_processes_within_a_second(
    either_database: Database, upstream: OpenAIServer
) -> None:
    async with process(either_database, upstream) as here, process(either_database, upstream) as there:
        for one in (here, there):
            await one.accounts.ready(ANN)
            assert one.key_of(ANN) == "operators"

        async def everywhere(key: str) -> None:
            assert here.key_of(ANN) == key
            changed = time.monotonic()
            while there.key_of(ANN) != key:
                await asyncio.sleep(0.02)
                await there.accounts.ready(ANN)
            assert time.monotonic() - changed < 1

        await here.store(ANN, "first")
        await everywhere("first")
        await here.store(ANN, "second")
        await everywhere("second")
        await here.keys.remove(caller(ANN), actor(ANN), "acme")
        await everywhere("operators")


@pytest.mark.req("SYS-REQ-035")
async def test_what_was_read_is_kept_and_many_that_want_it_at_once_read_it_once(
    database: Database, upstream: OpenAIServer
) -> None:
    async with process(database, upstream) as here:
        await here.store(ANN, "anns")
        await asyncio.gather(*(here.accounts.ready(ANN) for _ in range(50)))
        first = here.accounts.accounts_of(ANN)
        await asyncio.gather(*(here.accounts.ready(ANN) for _ in range(50)))
        assert here.accounts.accounts_of(ANN) is first
        await here.store(BOB, "bobs")
        await here.accounts.ready(ANN)
        assert here.accounts.accounts_of(ANN)["acme"] is first["acme"], "another's change costs no decrypting"


async def test_only_so_many_users_are_kept_and_one_that_was_not_read_is_told_so(
    database: Database, upstream: OpenAIServer
) -> None:
    async with process(database, upstream, most_users=2) as here:
        await here.store(ANN, "anns")
        for user_id in (BOB, "usr_carl"):
            await here.accounts.ready(user_id)
        assert not here.accounts.is_ready(ANN)
        for ask in (here.accounts.accounts_of, here.accounts.seen_by):
            with pytest.raises(NotReady):
                ask(ANN)
        await here.accounts.ready(ANN)
        assert here.key_of(ANN) == "anns"


async def test_what_nobody_uses_any_more_leaves_memory(database: Database, upstream: OpenAIServer) -> None:
    async with process(database, upstream, kept_s=0.05, poll_s=0.02) as here:
        await here.store(ANN, "anns")
        async with asyncio.timeout(5):
            while True:
                try:
                    here.accounts.accounts_of(ANN)
                except NotReady:
                    break
                await asyncio.sleep(0.02)
        await here.accounts.ready(ANN)
        assert here.key_of(ANN) == "anns"


async def test_a_database_that_is_away_leaves_those_alone_who_are_known(
    database: Database, upstream: OpenAIServer
) -> None:
    async with process(database, upstream) as here:
        await here.store(ANN, "anns")
        async with database.transaction() as db:
            await (await db.connection()).exec_driver_sql("ALTER TABLE provider_keys RENAME TO away")
            await (await db.connection()).exec_driver_sql("ALTER TABLE provider_key_changes RENAME TO gone")
        await asyncio.sleep(1.2)
        assert here.accounts.is_ready(ANN)
        assert here.key_of(ANN) == "anns"
        await here.accounts.ready(BOB)
        with pytest.raises(NotReady):
            here.accounts.seen_by(BOB)


async def test_a_key_of_a_provider_that_is_gone_does_no_harm(database: Database, upstream: OpenAIServer) -> None:
    async with process(database, upstream) as here:
        await here.store(ANN, "anns")
        async with database.transaction() as db:
            await (await db.connection()).exec_driver_sql("UPDATE provider_keys SET provider = 'vanished'")
            await (await db.connection()).exec_driver_sql("UPDATE provider_key_changes SET count = count + 1")
        async with asyncio.timeout(5):
            while here.key_of(ANN) != "operators":
                await asyncio.sleep(0.02)
                await here.accounts.ready(ANN)
        with pytest.raises(ProviderNotFound):
            await here.keys.check(caller(ANN), "vanished")
