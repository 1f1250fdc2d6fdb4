"""API tokens and invites: 256 random bits each, shown once, kept as their hash."""

from __future__ import annotations

import secrets
from datetime import timedelta

from pluggably.errors import NotFound, PermissionDenied, TokenNotFound
from pluggably.features.audit.log import Actor, record
from pluggably.features.users import repository
from pluggably.features.users.accounts import digest_of
from pluggably.features.users.authentication import Caller
from pluggably.features.users.credentials import TOKEN_PREFIX, UserCredentials
from pluggably.features.users.schemas import (
    InviteCreate,
    InviteCreated,
    InviteList,
    InviteRead,
    TokenCreate,
    TokenCreated,
    TokenList,
    TokenRead,
)
from pluggably.kit.clock import as_utc, utc_now
from pluggably.kit.database import Database
from pluggably.kit.ids import new_id
from pluggably.kit.pagination import decode_cursor, encode_cursor
from pluggably.tables.api_tokens import ApiTokenTable
from pluggably.tables.invites import InviteTable

INVITE_PREFIX = "pgi_"
_SHOWN = 6
_BYTES = 32
_INVITE_DAYS = 7


class Tokens:
    """What can be done with one's own tokens."""

    def __init__(self, database: Database, credentials: UserCredentials) -> None:
        self._database = database
        self._credentials = credentials

    async def create(self, wanted: TokenCreate, caller: Caller, actor: Actor) -> TokenCreated:
        """A new token, never stronger than what makes it: neither its scopes nor its end go further.

        Raises `PermissionDenied`.
        """
        scopes = set(wanted.scopes or caller.scopes)
        if not scopes <= caller.scopes:
            more = ", ".join(sorted(scopes - caller.scopes))
            raise PermissionDenied(f"A token can't have scopes that its maker lacks: {more}.", param="scopes")
        now = utc_now()
        expires_at = now + timedelta(days=wanted.expires_days) if wanted.expires_days is not None else None
        secret = TOKEN_PREFIX + secrets.token_urlsafe(_BYTES)
        async with self._database.transaction() as db:
            if caller.token_id is not None:
                await repository.user(db, caller.user_id, locked=True)  # its maker is not revoked meanwhile
                maker = await repository.token_of(db, caller.user_id, caller.token_id)
                if maker is None:
                    raise PermissionDenied("The token that makes this one has just been revoked.")
                if maker.expires_at is not None:
                    end = as_utc(maker.expires_at)
                    if expires_at is not None and expires_at > end:
                        raise PermissionDenied("A token can't outlive the one that makes it.", param="expires_days")
                    expires_at = expires_at or end
            token = ApiTokenTable(
                id=new_id("tok"),
                user_id=caller.user_id,
                name=wanted.name,
                prefix=secret[: len(TOKEN_PREFIX) + _SHOWN],
                digest=digest_of(secret),
                scopes=sorted(scopes),
                made_with=caller.token_id,
                created_at=now,
                expires_at=expires_at,
            )
            db.add(token)
            record(db, actor, "token.created", "token", token.id, {"name": token.name, "scopes": token.scopes})
        return TokenCreated(token=secret, info=TokenRead.of(token))

    async def list(self, caller: Caller, limit: int, cursor: str | None) -> TokenList:
        """One's own tokens, newest first. Raises `ValidationFailed` for a bad cursor."""
        before = str(decode_cursor(cursor, 1)[0]) if cursor is not None else None
        async with self._database.reading() as db:
            found = await repository.tokens_of(db, caller.user_id, before, limit + 1)
        following = encode_cursor(found[limit - 1].id) if len(found) > limit else None
        return TokenList(tokens=[TokenRead.of(token) for token in found[:limit]], next_cursor=following)

    async def revoke(self, token_id: str, caller: Caller, actor: Actor) -> TokenRead:
        """End a token, and every one that was made with it. Raises `TokenNotFound`."""
        async with self._database.transaction() as db:
            user = await repository.user(db, caller.user_id, locked=True)
            token = await repository.token_of(db, caller.user_id, token_id)
            if token is None or user is None:
                raise TokenNotFound(f"No token {token_id[:64]!r}.", param="token_id")
            ended = [token]
            while ended:
                following = await repository.made_with(db, [item.id for item in ended])
                for item in ended:
                    await db.delete(item)
                    record(db, actor, "token.revoked", "token", item.id, {"name": item.name})
                ended = following
            user.changed()
        self._credentials.changed(user)
        return TokenRead.of(token)


class Invites:
    """What admins can do with invites."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, wanted: InviteCreate, actor: Actor) -> InviteCreated:
        """A new invite."""
        secret = INVITE_PREFIX + secrets.token_urlsafe(_BYTES)
        invite = InviteTable(
            id=new_id("inv"),
            digest=digest_of(secret),
            email=wanted.email,
            max_uses=wanted.max_uses or 1,
            uses=0,
            created_by=actor.user_id,
            expires_at=utc_now() + timedelta(days=wanted.expires_days or _INVITE_DAYS),
        )
        async with self._database.transaction() as db:
            db.add(invite)
            record(db, actor, "invite.created", "invite", invite.id, {"max_uses": invite.max_uses})
        return InviteCreated(
            invite_token=secret, id=invite.id, expires_at=invite.expires_at, max_uses=invite.max_uses
        )

    async def list(self, limit: int, cursor: str | None) -> InviteList:
        """All invites, newest first. Raises `ValidationFailed` for a bad cursor."""
        before = str(decode_cursor(cursor, 1)[0]) if cursor is not None else None
        async with self._database.reading() as db:
            found = await repository.page_of_invites(db, before, limit + 1)
        following = encode_cursor(found[limit - 1].id) if len(found) > limit else None
        return InviteList(invites=[InviteRead.of(invite) for invite in found[:limit]], next_cursor=following)

    async def revoke(self, invite_id: str, actor: Actor) -> InviteRead:
        """Take an invite back. Raises `NotFound`."""
        async with self._database.transaction() as db:
            invite = await repository.invite(db, invite_id)
            if invite is None:
                raise NotFound(f"No invite {invite_id[:64]!r}.", param="invite_id")
            await db.delete(invite)
            record(db, actor, "invite.revoked", "invite", invite.id)
        return InviteRead.of(invite)
