"""Users' own accounts in memory: decrypted once, used for as long as nothing changes.

A request reads no database here once its user is known: what a user has is kept for some minutes, for a bounded
number of users. Every change of a key counts up one number in the database, which each process reads twice a second;
what was read before the number changed is read anew at its user's next request. So a change counts at once in the
process that made it, and in all others within a second.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pluggably.errors import NotReady, ProviderAuthError
from pluggably.features.credentials import repository, vault
from pluggably.features.credentials.lists import PersonalLists
from pluggably.kit.database import Database
from pluggably.kit.encryption import Cipher, Undecryptable
from pluggably.kit.fetch import AddressRefused
from pluggably.kit.http import Address, Timeouts
from pluggably.providers._transport import Account
from pluggably.providers.directory import Configured, ProviderDirectory
from pluggably.providers.personal import PersonalAccounts
from pluggably.routing.accounts import OperatorAccounts, Seen
from pluggably.routing.catalogue import Catalogue
from pluggably.routing.personal import PersonalCatalogue
from pluggably.tables.provider_keys import ProviderKeyTable

POLL_S = 0.5
KEPT_S = 900.0
MOST_USERS = 4096
_READS = 3
"""Keys may change while they are read; somebody who changes them all the time keeps nobody waiting."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _User:
    """What was read of one user, when the keys had changed so often."""

    changes: int
    until: float
    accounts: Mapping[str, Configured]
    own: dict[str, Configured] = field(default_factory=dict)
    seen: Seen | None = None


class _Unusable:
    """Stands for a credential that can't be used: every call with it says so."""

    def __init__(self, message: str) -> None:
        self._message = message

    async def headers(self) -> Mapping[str, str]:
        raise ProviderAuthError(self._message)

    def refused(self) -> None:
        """There is nothing to be had instead."""


class ProviderAccounts:
    """The operator's accounts, and before them those of the user. Implements `routing.accounts.Accounts`."""

    def __init__(
        self,
        database: Database,
        cipher: Cipher,
        providers: ProviderDirectory,
        catalogue: Catalogue,
        personal: PersonalAccounts,
        lists: PersonalLists,
        timeouts: Callable[[str], Timeouts],
        *,
        poll_s: float = POLL_S,
        kept_s: float = KEPT_S,
        most_users: int = MOST_USERS,
    ) -> None:
        self._database = database
        self._cipher = cipher
        self._providers = providers
        self._catalogue = catalogue
        self._personal = personal
        self._lists = lists
        self._timeouts = timeouts
        self._poll_s = poll_s
        self._kept_s = kept_s
        self._most_users = most_users
        self._operators = OperatorAccounts(providers).accounts_of("")
        self._users: OrderedDict[str, _User] = OrderedDict()
        self._reading: dict[str, asyncio.Task[None]] = {}
        self._changes = 0
        self._polling: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to watch for changes; returns at once."""
        self._polling = asyncio.create_task(self._poll())

    async def close(self) -> None:
        """Stop."""
        tasks = [task for task in (self._polling, *self._reading.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def is_ready(self, user_id: str) -> bool:
        """Whether this user's accounts are in memory, as they are now."""
        user = self._users.get(user_id)
        if user is None or user.changes < self._changes or time.monotonic() >= user.until:
            return False
        self._users.move_to_end(user_id)
        return True

    async def ready(self, user_id: str) -> None:
        """Read this user's accounts unless they are in memory; of many that want them at once one reads."""
        for _ in range(_READS):
            if self.is_ready(user_id):
                return
            task = self._reading.get(user_id)
            if task is None:
                task = self._reading[user_id] = asyncio.create_task(self._read(user_id))
                task.add_done_callback(lambda _done: self._reading.pop(user_id, None))
            try:
                await asyncio.shield(task)
            except (SQLAlchemyError, OSError) as error:
                log.warning("provider keys can't be read", user=user_id, reason=type(error).__name__)
                return

    def accounts_of(self, user_id: str) -> Mapping[str, Configured]:
        """What this user's requests are made with, by the provider's name. Raises `NotReady` if it was not read."""
        user = self._users.get(user_id)
        if user is None:
            raise NotReady("Your provider keys can't be read at the moment. Try again.", retry_after=1)
        return user.accounts

    def seen_by(self, user_id: str) -> Seen | None:
        """What there is for this user; None: what there is for everybody. Raises `NotReady` if keys have changed and
        can't be read."""
        user = self._users.get(user_id)
        if user is None or user.changes < self._changes:
            raise NotReady("Your provider keys can't be read at the moment. Try again.", retry_after=1)
        return user.seen

    def own(self, user_id: str, provider: str) -> Configured | None:
        """The user's own account with a provider."""
        user = self._users.get(user_id)
        return user.own.get(provider) if user is not None else None

    async def changed(self, user_id: str, changes: int) -> None:
        """A key of this user was changed here, when keys had changed so often: it counts from now on."""
        self._changes = max(self._changes, changes)
        await self.ready(user_id)

    async def _read(self, user_id: str) -> None:
        async with self._database.reading() as db:
            changes = await repository.changes(db)  # first: what changes meanwhile is read once more
            rows = await repository.of_user(db, user_id)
        self._changes = max(self._changes, changes)
        before = self._users.get(user_id)
        user = _User(changes, time.monotonic() + self._kept_s, self._operators)
        if rows:
            known = before.own if before is not None else {}
            user.own = await asyncio.to_thread(self._open, rows, known)
            user.accounts = {**self._operators, **user.own}
            keys = {provider: configured.own_key or "" for provider, configured in user.own.items()}
            user.seen = Seen(
                ProviderDirectory(user.accounts.values(), {item.name: item for item in self._providers.providers()}),
                PersonalCatalogue(self._catalogue, keys, lambda provider: self._lists.of(user_id, provider)),
            )
        for provider in before.own if before is not None else ():
            if provider not in user.own:
                self._lists.forget(user_id, provider)
        self._users[user_id] = user
        self._users.move_to_end(user_id)
        for configured in user.own.values():
            if not isinstance(configured.account.tokens, _Unusable):
                self._lists.follow(user_id, configured)
        while len(self._users) > self._most_users:
            self._users.popitem(last=False)

    def _open(self, rows: Sequence[ProviderKeyTable], known: Mapping[str, Configured]) -> dict[str, Configured]:
        opened = {}
        for row in rows:
            found = known.get(row.provider)
            if found is None or found.own_key != row.id or isinstance(found.account.tokens, _Unusable):
                found = self._configured(row)
            if found is not None:
                opened[row.provider] = found
        return opened

    def _configured(self, row: ProviderKeyTable) -> Configured | None:
        provider = self._providers.provider(row.provider)
        if provider is None:  # a plugin that is no longer installed, or a name that the operator no longer gives
            return None
        try:
            fields = vault.unseal(self._cipher, row)
            kind = row.credential_type
            return self._personal.configure(provider, row.id, kind, fields, self._timeouts(provider.name))
        except (Undecryptable, AddressRefused, ValueError) as error:
            # The operator's key does not step in: the user would not know who pays.
            log.error("a provider key can't be used", key=row.id, user=row.user_id, reason=str(error))
            message = f"Your key for {provider.name} can't be used: {error}. Store it again, or delete it."
            account = Account(provider.name, Address("https://unusable.invalid"), tokens=_Unusable(message))
            return Configured(provider, account, own_key=row.id)

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(self._poll_s)
            try:
                async with self._database.reading() as db:
                    changes = await repository.changes(db)
            except (SQLAlchemyError, OSError) as error:
                log.warning("changes of provider keys can't be read", reason=type(error).__name__)
                continue
            self._changes = changes
            now = time.monotonic()
            for user_id in [user_id for user_id, user in self._users.items() if user.until <= now]:
                if user_id not in self._reading:
                    del self._users[user_id]
