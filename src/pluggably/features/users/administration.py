"""Accounts as the operator changes them at the machine, on the database itself."""

from __future__ import annotations

import asyncio
from typing import Self

from pydantic import model_validator
from sqlalchemy.ext.asyncio import AsyncSession

from pluggably.errors import Conflict, NotFound, UserExists
from pluggably.features.audit.log import COMMAND_LINE, Actor, record
from pluggably.features.users import repository
from pluggably.features.users.accounts import add_user, change_of, name_user, refuse_builtin
from pluggably.features.users.authentication import OPERATOR
from pluggably.features.users.names import Email, NewPassword, Username, key_of
from pluggably.features.users.passwords import Passwords
from pluggably.features.users.schemas import InviteCreate, InviteCreated, UserChange, UserRead
from pluggably.features.users.tokens import Invites
from pluggably.kit.bodies import Body, Line
from pluggably.kit.database import Database
from pluggably.kit.ids import new_id
from pluggably.tables.identities import IdentityTable
from pluggably.tables.users import Role, UserTable

_ACTOR = Actor(OPERATOR, COMMAND_LINE)
_PAGE = 500


class NewSecret(Body):
    """A password."""

    password: NewPassword


class NewUser(Body):
    """A new account; without a password nobody can log in to it."""

    username: Username | None = None
    email: Email | None = None
    display_name: Line | None = None
    password: NewPassword | None = None
    role: Role = Role.USER

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.email is None and self.username is None:
            raise ValueError("an account needs a user name or an email address")
        return self


class Administration:
    """What `pluggably users` does. Running servers see each change within a second."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, wanted: NewUser) -> UserRead:
        """A new account. Raises `UserExists`."""
        hashed = None
        if wanted.password is not None:
            passwords = await asyncio.to_thread(Passwords)
            hashed = await passwords.hash(wanted.password)
            passwords.close()
        user = UserTable(
            id=new_id("usr"),
            email=wanted.email,
            display_name=wanted.display_name,
            role=wanted.role,
            password_hash=hashed,
        )
        name_user(user, wanted.username)
        async with self._database.transaction() as db:
            await repository.operator(db)
            await add_user(db, user)
            record(db, _ACTOR, "user.created", "user", user.id, {"role": user.role.value})
        return UserRead.of(user)

    async def users(self) -> list[UserRead]:
        """All users, newest first."""
        found: list[UserTable] = []
        async with self._database.transaction() as db:
            await repository.operator(db)
            while True:
                before = (found[-1].created_at, found[-1].id) if found else None
                page = await repository.page_of_users(db, before, _PAGE)
                found += page
                if len(page) < _PAGE:
                    return [UserRead.of(user) for user in found]

    async def change(self, who: str, *, disabled: bool | None = None, role: str | None = None) -> UserRead:
        """Change a role, disable or enable. Raises `NotFound`, and `Conflict` for the built-in user."""
        change = UserChange(disabled=disabled, role=Role(role) if role is not None else None)
        async with self._database.transaction() as db:
            user = await self._found(db, who)
            await change_of(db, user, change, _ACTOR)
        return UserRead.of(user)

    async def set_password(self, who: str, password: str) -> UserRead:
        """Give a user another password; ends all logins. Raises `NotFound`, `Conflict`."""
        passwords = await asyncio.to_thread(Passwords)
        hashed = await passwords.hash(password)
        passwords.close()
        async with self._database.transaction() as db:
            user = await self._found(db, who)
            refuse_builtin(user)
            user.password_hash = hashed
            user.changed()
            await repository.end_logins(db, user.id)
            record(db, _ACTOR, "user.password_changed", "user", user.id)
        return UserRead.of(user)

    async def link(self, who: str, issuer: str, subject: str) -> UserRead:
        """Bind a subject of an issuer to a user. Raises `NotFound`, and `UserExists` for one that is bound."""
        async with self._database.transaction() as db:
            user = await self._found(db, who)
            refuse_builtin(user)
            bound = await repository.user_of_subject(db, issuer, subject)
            if bound is not None and bound.id != user.id:
                raise UserExists(f"This subject is {bound.username or bound.email or bound.id} already.")
            if bound is None:
                db.add(IdentityTable(issuer=issuer, subject=subject, user_id=user.id))
                user.changed()
                record(db, _ACTOR, "user.linked", "user", user.id, {"issuer": issuer})
        return UserRead.of(user)

    async def invite(self, wanted: InviteCreate) -> InviteCreated:
        """A new invite."""
        return await Invites(self._database).create(wanted, _ACTOR)

    @staticmethod
    async def _found(db: AsyncSession, who: str) -> UserTable:
        await repository.operator(db)
        key = key_of(who)
        user = (
            await repository.user(db, who, locked=True)
            or await repository.user_named(db, username_key=key)
            or await repository.user_named(db, email=key)
        )
        if user is None:
            raise NotFound(f"There is no user {who!r}. `pluggably users list` shows them all.")
        locked = await repository.user(db, user.id, locked=True)
        if locked is None:
            raise Conflict("The user has just been removed.")
        return locked
