"""Encrypts kept keys anew with the newest encryption key: in batches, also beside a running server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from pluggably.features.audit.log import COMMAND_LINE, Actor, record
from pluggably.features.credentials import repository, vault
from pluggably.features.users.authentication import OPERATOR
from pluggably.kit.database import Database
from pluggably.kit.encryption import Cipher, Undecryptable
from pluggably.tables.provider_keys import ProviderKeyTable

BATCH = 100
_ACTOR = Actor(OPERATOR, COMMAND_LINE)


@dataclass(slots=True)
class Rotated:
    """What was done: rows encrypted anew, and those that no key decrypts, with the reasons."""

    done: int = 0
    unreadable: list[tuple[ProviderKeyTable, str]] = field(default_factory=list)


async def rotate(database: Database, cipher: Cipher, batch: int = BATCH) -> AsyncIterator[Rotated]:
    """Do it; what was done so far, after each batch, which is committed by then and in the audit log."""
    so_far = Rotated()
    last = ""
    while True:
        async with database.transaction() as db:
            rows = await repository.after(db, last, batch, not_with=cipher.key_id)
            before = so_far.done
            for row in rows:
                try:
                    plain = cipher.decrypt(row.ciphertext, row.key_id, row.place)
                except Undecryptable as error:
                    so_far.unreadable.append((row, str(error)))
                    continue
                ciphertext = cipher.encrypt(plain, row.place)
                so_far.done += await repository.re_encrypt(db, row, cipher.key_id, ciphertext)
            if done := so_far.done - before:
                record(db, _ACTOR, "provider_keys.rotated", "encryption_key", cipher.key_id, {"count": done})
        yield so_far
        if not rows:
            return
        last = rows[-1].id


async def all_rows(database: Database, batch: int = BATCH) -> AsyncIterator[ProviderKeyTable]:
    """Every row of every user, by id."""
    last = ""
    while True:
        async with database.reading() as db:
            rows = await repository.after(db, last, batch)
        for row in rows:
            yield row
        if len(rows) < batch:
            return
        last = rows[-1].id


def is_readable(cipher: Cipher, row: ProviderKeyTable) -> bool:
    """Whether one of the keys decrypts it."""
    try:
        vault.unseal(cipher, row)
    except Undecryptable:
        return False
    return True
