"""Exchange of the encryption keys, on both databases."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from contextlib import aclosing

import pytest
from sqlalchemy import select, text

from pluggably.features.credentials import rotation, vault
from pluggably.kit.database import Database
from pluggably.kit.encryption import Cipher, Undecryptable
from pluggably.tables.audit import AuditTable
from pluggably.tables.provider_keys import CredentialType, ProviderKeyTable

OLD, NEW, LOST = (bytes([number]) * 32 for number in range(3))


async def kept(database: Database, cipher: Cipher, count: int, first: int = 0) -> None:
    """Rows of so many users, encrypted."""
    async with database.transaction() as db:
        for number in range(first, first + count):
            row = ProviderKeyTable(
                id=f"pk_{number:04}",
                user_id=f"usr_{number}",
                provider="openai",
                credential_type=CredentialType.API_KEY,
                masked_key="…",
            )
            vault.seal(cipher, row, {"api_key": f"key of {number}"})
            db.add(row)


async def rows(database: Database) -> list[ProviderKeyTable]:
    async with database.reading() as db:
        return list((await db.scalars(select(ProviderKeyTable).order_by(ProviderKeyTable.id))).all())


@pytest.mark.req("SYS-NFR-012", "SYS-REQ-035")
async def test_everything_is_encrypted_with_the_newest_key_in_batches(either_database: Database) -> None:
    await kept(either_database, Cipher([OLD]), 25)
    both = Cipher([NEW, OLD])
    done = [so_far.done async for so_far in rotation.rotate(either_database, both, batch=10)]
    assert done == [10, 20, 25, 25]
    newest = Cipher([NEW])
    assert [vault.unseal(newest, row) for row in await rows(either_database)] == [
        {"api_key": f"key of {number}"} for number in range(25)
    ]
    assert [so_far.done async for so_far in rotation.rotate(either_database, both)] == [0], "nothing is left to do"


@pytest.mark.req("SYS-NFR-012")
async def test_what_was_rotated_is_in_the_audit_log_batch_by_batch(either_database: Database) -> None:
    await kept(either_database, Cipher([OLD]), 15)
    await kept(either_database, Cipher([LOST]), 3, first=15)
    both = Cipher([NEW, OLD])
    for _ in range(2):  # the second time nothing is left to be done, and nothing to be said
        async for _ in rotation.rotate(either_database, both, batch=10):
            pass
    async with either_database.reading() as db:
        deeds = list(await db.scalars(select(AuditTable).order_by(AuditTable.id)))
    assert [(deed.actor_kind, deed.action, deed.target_id) for deed in deeds] == [
        ("command_line", "provider_keys.rotated", both.key_id)
    ] * 2
    assert [deed.details for deed in deeds] == [{"count": 10}, {"count": 5}]


@pytest.mark.req("SYS-NFR-012")
async def test_a_rotation_that_was_killed_goes_on_where_it_was(either_database: Database) -> None:
    await kept(either_database, Cipher([OLD]), 25)
    both = Cipher([NEW, OLD])
    async with aclosing(rotation.rotate(either_database, both, batch=10)) as begun:
        async for _ in begun:
            break
    half = await rows(either_database)
    assert len({row.key_id for row in half}) == 2
    assert all(rotation.is_readable(both, row) for row in half)
    assert [so_far.done async for so_far in rotation.rotate(either_database, both, batch=10)] == [10, 15, 15]
    assert {row.key_id for row in await rows(either_database)} == {both.key_id}


@pytest.mark.req("SYS-NFR-012")
async def test_a_rotation_that_is_killed_by_a_signal_loses_nothing(either_database: Database) -> None:
    await kept(either_database, Cipher([OLD]), 200)
    script = (
        "import asyncio, sys\n"
        "from pluggably.features.credentials import rotation\n"
        "from pluggably.kit.database import Database\n"
        "from pluggably.kit.encryption import Cipher\n"
        "async def main():\n"
        "    cipher = Cipher([bytes([1]) * 32, bytes([0]) * 32])\n"
        "    async for _ in rotation.rotate(Database(sys.argv[1]), cipher, batch=1):\n"
        "        print('one more', flush=True)\n"
        "asyncio.run(main())\n"
    )
    url = either_database.url.render_as_string(hide_password=False)
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, url, stdout=PIPE)
    assert process.stdout is not None
    for _ in range(20):
        assert await process.stdout.readline() == b"one more\n"
    process.kill()
    await process.communicate()
    both = Cipher([NEW, OLD])
    half = await rows(either_database)
    assert 20 <= len([row for row in half if row.key_id == both.key_id]) < 200
    assert [vault.unseal(both, row)["api_key"] for row in half] == [f"key of {number}" for number in range(200)]
    async for _ in rotation.rotate(either_database, both):
        pass
    newest = Cipher([NEW])
    assert all(rotation.is_readable(newest, row) for row in await rows(either_database))


async def test_a_row_that_no_key_decrypts_is_reported_and_left(either_database: Database) -> None:
    await kept(either_database, Cipher([OLD]), 3)
    await kept(either_database, Cipher([LOST]), 2, first=3)
    both = Cipher([NEW, OLD])
    *_, done = [so_far async for so_far in rotation.rotate(either_database, both, batch=2)]
    assert (done.done, [row.id for row, _ in done.unreadable]) == (3, ["pk_0003", "pk_0004"])
    assert [rotation.is_readable(both, row) for row in await rows(either_database)] == [True] * 3 + [False] * 2


@pytest.mark.req("SYS-NFR-012")
async def test_a_secret_moved_to_another_users_row_cannot_be_read(either_database: Database) -> None:
    cipher = Cipher([NEW])
    await kept(either_database, cipher, 2)
    async with either_database.transaction() as db:
        await db.execute(
            text(
                "UPDATE provider_keys SET ciphertext = "
                "(SELECT ciphertext FROM provider_keys WHERE id = 'pk_0001') WHERE id = 'pk_0000'"
            )
        )
    moved, own = await rows(either_database)
    assert vault.unseal(cipher, own) == {"api_key": "key of 1"}
    with pytest.raises(Undecryptable):
        vault.unseal(cipher, moved)
