"""`pluggably keys`: users' provider keys in the database, and the keys that they are encrypted with."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import typer

from pluggably.cli._output import Failed
from pluggably.cli._state import State, state_of, with_options
from pluggably.cli.db import reaching_the_database

if TYPE_CHECKING:
    from pluggably.features.credentials.rotation import Rotated
    from pluggably.kit.encryption import Cipher
    from pluggably.tables.provider_keys import ProviderKeyTable

app = typer.Typer(
    no_args_is_help=True,
    help="""Look at users' provider keys, or encrypt them with the newest key.

    \b
    pluggably keys list
    PLUGGABLY_ENCRYPTION_KEYS=new,old pluggably keys rotate
    """,
)


@app.command("list")
@with_options
def list_keys(ctx: typer.Context) -> None:
    """List users' provider keys, masked, and whether they can be decrypted.

    \b
    pluggably keys list
    """
    state = state_of(ctx)
    shown = asyncio.run(_listed(state))

    def human() -> Any:
        from pluggably.cli._output import printable, table

        made = table("ID", "USER", "PROVIDER", "TYPE", "KEY", "ENCRYPTED WITH")
        for row in shown:
            made.add_row(*(printable(str(row[name])) for name in _COLUMNS))
        return made if shown else "There are no provider keys."

    state.output.emit({"provider_keys": shown}, ids=[row["id"] for row in shown], human=human)


@app.command()
@with_options
def rotate(ctx: typer.Context) -> None:
    """Encrypt all provider keys with the newest of PLUGGABLY_ENCRYPTION_KEYS.

    \b
    PLUGGABLY_ENCRYPTION_KEYS=new,old pluggably keys rotate

    Give all servers both keys first; take the old one away afterwards. It works beside a running server, and can be
    stopped and run again. The exit status is 1 where a key can't be decrypted.
    """
    state = state_of(ctx)
    done = asyncio.run(_rotated(state))
    left = [
        {"id": row.id, "user_id": row.user_id, "provider": row.provider, "why": why} for row, why in done.unreadable
    ]

    def human() -> str:
        many = "key was" if done.done == 1 else "keys were"
        lines = [f"{done.done} provider {many} encrypted with the newest key."]
        lines += [f"{row.id} ({row.provider}, user {row.user_id}) was left: {why}." for row, why in done.unreadable]
        return "\n".join(lines)

    state.output.emit({"rotated": done.done, "left": left}, ids=[], human=human)
    if left:
        raise typer.Exit(1)


_TOLD_EVERY = 1000
_COLUMNS = ("id", "user_id", "provider", "credential_type", "masked_key", "encrypted_with")


async def _listed(state: State) -> list[dict[str, Any]]:
    from pluggably.features.credentials import rotation
    from pluggably.kit.database import Database

    with reaching_the_database():
        cipher, url = _opened(state)
        database = Database(url)
        try:
            return [_shown(cipher, row) async for row in rotation.all_rows(database)]
        finally:
            await database.close()


def _shown(cipher: Cipher, row: ProviderKeyTable) -> dict[str, Any]:
    from pluggably.features.credentials import rotation
    from pluggably.kit.clock import iso

    if not rotation.is_readable(cipher, row):
        encrypted_with = "unknown key"
    else:
        encrypted_with = "newest key" if row.key_id == cipher.key_id else "older key"
    return {
        "id": row.id,
        "user_id": row.user_id,
        "provider": row.provider,
        "credential_type": row.credential_type,
        "masked_key": row.masked_key,
        "created_at": iso(row.created_at),
        "encrypted_with": encrypted_with,
    }


async def _rotated(state: State) -> Rotated:
    from pluggably.features.credentials import rotation
    from pluggably.kit.database import Database

    with reaching_the_database():
        cipher, url = _opened(state)
        database = Database(url)
        done = rotation.Rotated()
        try:
            told = 0
            async for done in rotation.rotate(database, cipher):
                if done.done >= told + _TOLD_EVERY:
                    told = done.done
                    state.output.note(f"{told} so far")
        finally:
            await database.close()
        return done


def _opened(state: State) -> tuple[Cipher, str]:
    """The encryption keys, and the database, whose schema is up to date. Raises `Failed`."""
    from pluggably.features.credentials.vault import open_cipher
    from pluggably.kit import migrations

    settings = state.load().settings
    if not migrations.is_current(settings.database):
        raise Failed("The database's schema is not up to date: run `pluggably db upgrade`.")
    return open_cipher(settings), settings.database
