"""A user's provider keys: stored, listed, removed, checked."""

from __future__ import annotations

import re
from datetime import datetime

import jsonschema_rs
from sqlalchemy.exc import IntegrityError

from pluggably.contract.provider import ListsModels, Provider
from pluggably.errors import (
    Conflict,
    CreditsExhausted,
    NotFound,
    ProviderAuthError,
    ProviderNotFound,
    RateLimited,
    ValidationFailed,
)
from pluggably.features.audit.log import Actor, record
from pluggably.features.credentials import repository, vault
from pluggably.features.credentials.accounts import ProviderAccounts
from pluggably.features.credentials.lists import PersonalLists
from pluggably.features.credentials.schemas import CheckRead, ProviderKeyCreate, ProviderKeyList, ProviderKeyRead
from pluggably.features.credentials.throttle import Throttle
from pluggably.features.users.authentication import Caller
from pluggably.kit.clock import as_utc, iso
from pluggably.kit.database import Database
from pluggably.kit.encryption import Cipher
from pluggably.kit.fetch import AddressRefused
from pluggably.kit.http import Timeouts
from pluggably.kit.ids import new_id
from pluggably.kit.pagination import decode_cursor, encode_cursor
from pluggably.providers.directory import ProviderDirectory
from pluggably.providers.personal import PersonalAccounts, credential_types
from pluggably.tables.provider_keys import ProviderKeyTable

CHECKS, CHANGES, PER_S = 6, 20, 60.0
"""How often one user may check and store keys in so many seconds: each time a provider is asked."""


class ProviderKeys:
    """Provider keys of all users; each method sees those of one."""

    def __init__(
        self,
        database: Database,
        cipher: Cipher,
        providers: ProviderDirectory,
        personal: PersonalAccounts,
        accounts: ProviderAccounts,
        lists: PersonalLists,
        checks: Throttle | None = None,
    ) -> None:
        self._database = database
        self._cipher = cipher
        self._providers = providers
        self._personal = personal
        self._accounts = accounts
        self._lists = lists
        self._checks = checks or Throttle(CHECKS, PER_S)
        self._stored = Throttle(CHANGES, PER_S)

    async def listing(self, caller: Caller, limit: int, cursor: str | None) -> ProviderKeyList:
        """The caller's keys, newest first. Raises `ValidationFailed` for a cursor of somebody else's."""
        before = None
        if cursor is not None:
            moment, row_id = decode_cursor(cursor, 2)
            try:
                before = datetime.fromisoformat(str(moment)), str(row_id)
            except ValueError:
                raise ValidationFailed.of("cursor", "is not a cursor that a list gave", "invalid_cursor") from None
        async with self._database.reading() as db:
            rows = await repository.page(db, caller.user_id, limit + 1, before)
        shown, more = rows[:limit], len(rows) > limit
        next_cursor = encode_cursor(iso(as_utc(shown[-1].created_at)), shown[-1].id) if more else None
        return ProviderKeyList(provider_keys=[_read(row) for row in shown], next_cursor=next_cursor)

    async def store(self, caller: Caller, actor: Actor, body: ProviderKeyCreate) -> ProviderKeyRead:
        """Keep a credential in the place of the one that the caller has with the provider.

        Raises `ProviderNotFound`, `ValidationFailed` for what the provider does not take, or `RateLimited`; none
        repeats what was given.
        """
        provider = self._provider(body.provider)
        fields = body.fields()
        _check_fields(provider, body.credential_type.value, fields)
        try:
            self._personal.configure(provider, "", body.credential_type.value, fields, Timeouts())
        except AddressRefused as error:
            raise ValidationFailed.of("endpoint", str(error), "blocked_url") from error
        except ValueError as error:
            raise ValidationFailed.of(_secret_field(fields), str(error)) from error
        row = ProviderKeyTable(
            id=new_id("pk"),
            user_id=caller.user_id,
            provider=provider.name,
            credential_type=body.credential_type,
            masked_key=vault.masked(body.credential_type, fields),
        )
        vault.seal(self._cipher, row, fields)
        wait_s = self._stored.take(caller.user_id)
        if wait_s > 0:
            raise RateLimited(f"Keys are stored {CHANGES} times a minute at most.", retry_after=wait_s)
        try:
            async with self._database.transaction() as db:
                changes = await repository.note_change(db)
                await repository.remove(db, caller.user_id, provider.name)
                db.add(row)
                record(db, actor, "provider_key.stored", "provider_key", row.id, _deed(row))
        except IntegrityError as error:
            raise Conflict(f"Another key for {provider.name} was stored at the same time.") from error
        await self._accounts.changed(caller.user_id, changes)
        return _read(row)

    async def remove(self, caller: Caller, actor: Actor, provider: str) -> ProviderKeyRead:
        """Delete a credential. Raises `NotFound`."""
        async with self._database.transaction() as db:
            row = await repository.find(db, caller.user_id, provider)
            if row is None:
                raise _none(provider)
            changes = await repository.note_change(db)
            await repository.remove(db, caller.user_id, provider)
            record(db, actor, "provider_key.removed", "provider_key", row.id, _deed(row))
        await self._accounts.changed(caller.user_id, changes)
        return _read(row)

    async def check(self, caller: Caller, provider: str) -> CheckRead:
        """Ask the provider which models the credential unlocks.

        Raises `NotFound`, `RateLimited`, and what the provider's failure means where it says nothing of the key.
        """
        async with self._database.reading() as db:
            if await repository.find(db, caller.user_id, provider) is None:
                raise _none(provider)
        configured = self._accounts.own(caller.user_id, provider)
        if configured is None:
            raise ProviderNotFound(f"The provider {provider!r} is not there any more.", param="provider")
        wait_s = self._checks.take(caller.user_id)
        if wait_s > 0:
            raise RateLimited("Keys are checked a few times a minute at most.", retry_after=wait_s)
        tells = any(isinstance(adapter, ListsModels) for adapter in configured.provider.adapters.values())
        try:
            if not tells:
                await configured.account.headers_now()
                message = f"{provider} has no call that tells whether a key is good and costs nothing."
                return CheckRead(provider=provider, valid=None, message=message, models=None)
            models = await self._lists.check(caller.user_id, configured)
        except ProviderAuthError as error:
            return CheckRead(provider=provider, valid=False, message=error.message, models=None)
        except CreditsExhausted as error:
            return CheckRead(provider=provider, valid=True, message=error.message, models=None)
        return CheckRead(provider=provider, valid=True, message=f"{provider} takes this key.", models=models)

    def _provider(self, name: str) -> Provider:
        provider = self._providers.provider(name)
        if provider is None:
            raise ProviderNotFound(f"No provider {name[:64]!r}. `GET /v1/providers` lists them.", param="provider")
        return provider


def _check_fields(provider: Provider, kind: str, fields: dict[str, str]) -> None:
    """Raise `ValidationFailed` unless the provider takes this; what was given is not repeated."""
    types = credential_types(provider)
    title = provider.title or provider.name
    if kind not in types:
        takes = f"it takes {' or '.join(types)}" if types else "it takes none"
        raise ValidationFailed.of("credential_type", f"{title} takes no {kind}: {takes}", "wrong_credential_type")
    schema = types[kind]
    missing = [name for name in schema["required"] if name != "credential_type" and name not in fields]
    found = [{"field": name, "message": f"{title} needs it with {kind}", "type": "missing"} for name in missing]
    for name, value in fields.items():
        if name not in schema["properties"]:
            found.append({"field": name, "message": f"does not belong to {kind}", "type": "extra_forbidden"})
        elif not jsonschema_rs.is_valid(schema["properties"][name], value):
            message = "is empty" if not value else "has characters or a length that no such secret has"
            found.append({"field": name, "message": message, "type": "value_error"})
    if found:
        raise ValidationFailed("; ".join(f"{item['field']}: {item['message']}" for item in found), fields=found)


def _secret_field(fields: dict[str, str]) -> str:
    return next((name for name in fields if name != "endpoint"), "credential_type")


def _none(provider: str) -> NotFound:
    name = provider if re.fullmatch(r"[a-z0-9_]{1,64}", provider) else "this provider"
    return NotFound(f"You have no key for {name}.", param="provider")


def _deed(row: ProviderKeyTable) -> dict[str, str]:
    return {"provider": row.provider, "credential_type": str(row.credential_type)}


def _read(row: ProviderKeyTable) -> ProviderKeyRead:
    return ProviderKeyRead.model_validate(row)
