"""Accounts: registering, logging in and out, profiles, roles."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from pluggably.errors import (
    Conflict,
    InvalidCredentials,
    InvalidInvite,
    NotFound,
    PermissionDenied,
    UserExists,
    ValidationFailed,
    WrongPassword,
)
from pluggably.features.audit.log import Actor, record
from pluggably.features.users import repository
from pluggably.features.users.authentication import OPERATOR, Caller
from pluggably.features.users.backoff import Backoff
from pluggably.features.users.credentials import UserCredentials
from pluggably.features.users.metrics import LOGINS
from pluggably.features.users.names import key_of
from pluggably.features.users.passwords import Passwords
from pluggably.features.users.schemas import (
    Login,
    PasswordChange,
    Profile,
    ProfileChange,
    Registration,
    UserChange,
    UserList,
    UserRead,
)
from pluggably.features.users.session_tokens import SessionTokens
from pluggably.kit.bodies import MAX_OBJECT_BYTES
from pluggably.kit.clock import as_utc, iso, utc_now
from pluggably.kit.database import Database
from pluggably.kit.ids import new_id
from pluggably.kit.pagination import decode_cursor, encode_cursor
from pluggably.tables.invites import InviteTable
from pluggably.tables.logins import LoginTable
from pluggably.tables.users import Role, UserTable


@dataclass(frozen=True, slots=True)
class Begun:
    """A login that has begun."""

    token: str
    expires_at: datetime
    user: Profile


class UserAccounts:
    """What can be done with accounts. Every change is in the audit log."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        sessions: SessionTokens,
        credentials: UserCredentials,
        backoff: Backoff,
        *,
        invite_only: bool,
        login_ttl_s: float,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._sessions = sessions
        self._credentials = credentials
        self._backoff = backoff
        self._invite_only = invite_only
        self._login_ttl = timedelta(seconds=login_ttl_s)

    async def register(self, wanted: Registration, actor: Actor, *, at_the_machine: bool) -> Profile:
        """A new account. The first one is an admin's if an invite led to it, which only an operator's key can have
        made by then, or if it is made `at_the_machine` itself: nobody on a network takes a gateway over.

        Raises `InvalidInvite`, `UserExists`.
        """
        async with self._database.reading() as db:
            await self._invited(db, wanted)  # before the password is hashed, which is dear
        hashed = await self._passwords.hash(wanted.password)
        async with self._database.transaction() as db:
            await repository.operator(db, locked=True)  # one after the other: only one of them is the first
            invite = await self._invited(db, wanted)
            if invite is not None and not await repository.use_invite(db, invite.id):
                raise _invalid_invite()
            is_first = not await repository.users_besides(db, OPERATOR)
            user = UserTable(
                id=new_id("usr"),
                email=wanted.email,
                display_name=wanted.display_name,
                role=Role.ADMIN if is_first and (invite is not None or at_the_machine) else Role.USER,
                password_hash=hashed,
            )
            name_user(user, wanted.username)
            await add_user(db, user)
            actor = actor.as_user(user.id, "invite" if invite is not None else "registration")
            details = {"role": user.role.value, "invite": invite.id if invite is not None else None}
            record(db, actor, "user.created", "user", user.id, details)
        return Profile.of(user)

    async def _invited(self, db: AsyncSession, wanted: Registration) -> InviteTable | None:
        """The invite that the request brings; None where none is needed. Raises `InvalidInvite`."""
        if wanted.invite_token is None:
            if self._invite_only:
                raise InvalidInvite(
                    "Registering needs an invite: ask whoever runs this gateway.", param="invite_token"
                )
            return None
        invite = await repository.invite_with(db, digest_of(wanted.invite_token))
        if invite is None or invite.uses >= invite.max_uses or as_utc(invite.expires_at) <= utc_now():
            raise _invalid_invite()
        if invite.email is not None and invite.email != wanted.email:
            raise _invalid_invite()
        return invite

    async def log_in(self, given: Login, actor: Actor) -> Begun:
        """Begin a login. Raises `InvalidCredentials`, `RateLimited`, and `PermissionDenied` for an account that is
        disabled, where the password is right."""
        key = None if given.username is None else key_of(given.username)
        async with self._database.reading() as db:
            user = await repository.user_named(db, email=given.email, username_key=key)
        account = user.id if user is not None else f"nobody {given.email or key}"
        await self._backoff.attempt(account, actor.address)
        hashed = user.password_hash if user is not None else None
        if not await self._passwords.verify(hashed, given.password) or user is None or hashed is None:
            LOGINS.labels("refused").inc()
            raise InvalidCredentials("The name or the password is wrong.")
        await self._backoff.succeeded(account, actor.address)
        if user.disabled:
            LOGINS.labels("disabled").inc()
            raise PermissionDenied("This account is disabled.")
        renewed = await self._passwords.hash(given.password) if self._passwords.is_outdated(hashed) else None
        expires_at = utc_now() + self._login_ttl
        login = LoginTable(id=new_id("login"), user_id=user.id, expires_at=expires_at)
        async with self._database.transaction() as db:
            current = await repository.user(db, user.id, locked=True)
            if current is None or current.disabled or current.password_hash != hashed:
                raise InvalidCredentials("The name or the password is wrong.")  # it has changed meanwhile
            if renewed is not None:
                current.password_hash = renewed
            db.add(login)
            record(db, actor.as_user(user.id, "password"), "user.logged_in", "user", user.id)
        LOGINS.labels("ok").inc()
        return Begun(self._sessions.make(user.id, login.id, expires_at), expires_at, Profile.of(current))

    async def log_out(self, caller: Caller, actor: Actor) -> None:
        """End the login of the credential that asks for it; other kinds of credentials have none to be ended."""
        if caller.login_id is None:
            return
        async with self._database.transaction() as db:
            user = await self._own(db, caller, locked=True)
            await repository.end_logins(db, user.id, only=caller.login_id)
            user.changed()
            record(db, actor, "user.logged_out", "user", user.id)
        self._credentials.changed(user)

    async def change_password(self, change: PasswordChange, caller: Caller, actor: Actor) -> Profile:
        """Change one's password, and end one's other logins. Raises `WrongPassword`, `RateLimited`."""
        async with self._database.reading() as db:
            hashed = (await self._own(db, caller)).password_hash
        if hashed is None:
            raise WrongPassword("This account has no password.", param="current_password")
        await self._backoff.attempt(caller.user_id, actor.address)
        if not await self._passwords.verify(hashed, change.current_password):
            raise WrongPassword("The current password is another one.", param="current_password")
        await self._backoff.succeeded(caller.user_id, actor.address)
        renewed = await self._passwords.hash(change.new_password)
        async with self._database.transaction() as db:
            user = await self._own(db, caller, locked=True)
            if user.password_hash != hashed:
                raise Conflict("The password was changed at the same moment.")
            await self._set_password(db, user, renewed, actor, but=caller.login_id)
        self._credentials.changed(user)
        return Profile.of(user)

    @staticmethod
    async def _set_password(
        db: AsyncSession, user: UserTable, hashed: str, actor: Actor, *, but: str | None = None
    ) -> None:
        user.password_hash = hashed
        user.changed()
        await repository.end_logins(db, user.id, but=but)
        record(db, actor, "user.password_changed", "user", user.id)

    async def profile(self, caller: Caller) -> Profile:
        """One's own profile."""
        async with self._database.reading() as db:
            return Profile.of(await self._own(db, caller))

    async def change_profile(self, change: ProfileChange, caller: Caller, actor: Actor) -> Profile:
        """Change one's own profile. Raises `UserExists` for a name that is taken."""
        async with self._database.transaction() as db:
            user = await self._own(db, caller, locked=True)
            names = [name for name in ("email", "username", "display_name") if getattr(change, name) is not None]
            if user.id == OPERATOR and change.username is not None:
                raise Conflict("The built-in user keeps its name.", param="username")
            if change.email is not None:
                user.email = change.email
            name_user(user, change.username)
            user.display_name = change.display_name or user.display_name
            if change.preferred_models is not None:
                wanted = change.preferred_models.model_dump(by_alias=True, exclude_unset=True)
                user.preferred_models = _merged(user.preferred_models, wanted)
            if change.preferences is not None:
                user.preferences = _merged(user.preferences, change.preferences)
                _refuse_too_large(user.preferences)
            user.changed()
            await _flush(db)
            if names:
                record(db, actor, "user.changed", "user", user.id, {"fields": names})
        self._credentials.changed(user)
        return Profile.of(user)

    async def users(self, limit: int, cursor: str | None, holding: str | None = None) -> UserList:
        """All users, newest first; of those alone whose names hold something. Raises `ValidationFailed` for a bad
        cursor."""
        before = _place_in(cursor) if cursor is not None else None
        async with self._database.reading() as db:
            found = await repository.page_of_users(db, before, limit + 1, holding=holding)
        page = found[:limit]
        following = encode_cursor(iso(page[-1].created_at), page[-1].id) if len(found) > limit else None
        return UserList(users=[UserRead.of(user) for user in page], next_cursor=following)

    async def change_user(self, user_id: str, change: UserChange, actor: Actor) -> UserRead:
        """Change a user's role, or disable a user: everything of theirs stops at once.

        Raises `NotFound`, and `Conflict` for the built-in user.
        """
        async with self._database.transaction() as db:
            user = await repository.user(db, user_id, locked=True)
            if user is None:
                raise NotFound(f"No user {user_id[:64]!r}.", param="user_id")
            await change_of(db, user, change, actor)
        self._credentials.changed(user)
        return UserRead.of(user)

    @staticmethod
    async def _own(db: AsyncSession, caller: Caller, *, locked: bool = False) -> UserTable:
        user = await repository.user(db, caller.user_id, locked=locked)
        if user is None:
            raise NotFound("This credential's user is gone.")
        return user


def digest_of(secret: str) -> str:
    """How tokens and invites are stored: SHA-256, hexadecimal. They are random, so that no salt is needed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


async def change_of(db: AsyncSession, user: UserTable, change: UserChange, actor: Actor) -> None:
    """Change a user's role, disable or enable; the caller commits. Raises `Conflict` for the built-in user."""
    refuse_builtin(user)
    wanted = change.model_dump(exclude_none=True)
    details = {name: value for name, value in wanted.items() if getattr(user, name) != value}
    if not details:
        return
    for name, value in details.items():
        setattr(user, name, value)
    if user.disabled:
        await repository.end_logins(db, user.id)
    user.changed()
    record(db, actor, "user.changed", "user", user.id, details)


def refuse_builtin(user: UserTable) -> None:
    """Raise `Conflict` for the built-in user."""
    if user.id == OPERATOR:
        raise Conflict("The built-in user stands for the operator's keys and local mode, and stays as it is.")


def name_user(user: UserTable, username: str | None) -> None:
    """Give a user another name; None keeps the one that is there."""
    if username is not None:
        user.username, user.username_key = username, key_of(username)


async def add_user(db: AsyncSession, user: UserTable) -> None:
    """Store a new user; the caller commits. Raises `UserExists`."""
    db.add(user)
    await _flush(db)


async def _flush(db: AsyncSession) -> None:
    """Write what has changed. Raises `UserExists`."""
    try:
        await db.flush()
    except IntegrityError as error:
        raise UserExists("Another account has this address or this name.") from error


def _merged(before: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """RFC 7396, one level deep: a null takes a name away."""
    return {name: value for name, value in {**before, **change}.items() if value is not None}


def _refuse_too_large(preferences: dict[str, Any]) -> None:
    size = len(json.dumps(preferences, ensure_ascii=False).encode())
    if size > MAX_OBJECT_BYTES:
        raise ValidationFailed.of("preferences", f"would be larger than {MAX_OBJECT_BYTES} bytes", "too_long")


def _place_in(cursor: str) -> tuple[datetime, str]:
    created_at, user_id = decode_cursor(cursor, 2)
    try:
        return datetime.fromisoformat(str(created_at)).astimezone(UTC), str(user_id)
    except (ValueError, OverflowError):
        raise ValidationFailed.of("cursor", "is not a cursor that a list gave", "invalid_cursor") from None


def _invalid_invite() -> InvalidInvite:
    return InvalidInvite("This invite is not valid, used up, expired, or somebody else's.", param="invite_token")
