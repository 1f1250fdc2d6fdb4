"""Users, tokens, logins, invites and identities in the database; whoever calls commits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, func, or_, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from pluggably.features.users.authentication import OPERATOR
from pluggably.kit.clock import utc_now
from pluggably.tables.api_tokens import ApiTokenTable
from pluggably.tables.identities import IdentityTable
from pluggably.tables.invites import InviteTable
from pluggably.tables.logins import LoginTable
from pluggably.tables.users import UserTable

_OPERATOR = text(
    "INSERT INTO users (id, username, username_key, role, disabled, preferred_models, preferences, version, "
    "changed_at, created_at) VALUES (:id, :id, :id, 'admin', FALSE, '{}', '{}', 1, :moment, :moment) "
    "ON CONFLICT DO NOTHING"
).bindparams(bindparam("moment", type_=UserTable.__table__.columns["created_at"].type))


# users
async def user(db: AsyncSession, user_id: str, *, locked: bool = False) -> UserTable | None:
    """The user with this id; `locked` until the transaction ends."""
    return await db.get(UserTable, user_id, with_for_update=locked)


async def operator(db: AsyncSession, *, locked: bool = False) -> UserTable:
    """The built-in user, made at the first call."""
    await db.execute(_OPERATOR, {"id": OPERATOR, "moment": utc_now()})
    return await db.get_one(UserTable, OPERATOR, with_for_update=locked)


async def user_named(
    db: AsyncSession, *, email: str | None = None, username_key: str | None = None
) -> UserTable | None:
    """The user with this address or this name, both in their normal form."""
    wanted = UserTable.email == email if email is not None else UserTable.username_key == username_key
    return (await db.scalars(select(UserTable).where(wanted))).one_or_none()


async def users_besides(db: AsyncSession, user_id: str) -> int:
    """How many users there are besides this one."""
    return (await db.scalar(select(func.count()).select_from(UserTable).where(UserTable.id != user_id))) or 0


async def page_of_users(
    db: AsyncSession, before: tuple[datetime, str] | None, limit: int, *, holding: str | None = None
) -> list[UserTable]:
    """Users, newest first, after this sort key: time of creation and id. Of those alone in whose address, user name
    or shown name `holding` occurs, whatever its case."""
    wanted = select(UserTable)
    if holding is not None:
        names = (UserTable.email, UserTable.username, UserTable.display_name)
        wanted = wanted.where(or_(*(name.icontains(holding, autoescape=True) for name in names)))
    if before is not None:
        wanted = wanted.where(tuple_(UserTable.created_at, UserTable.id) < before)
    return list(await db.scalars(wanted.order_by(UserTable.created_at.desc(), UserTable.id.desc()).limit(limit)))


async def changed_users(db: AsyncSession, since: datetime) -> list[UserTable]:
    """The users whose version has changed since then."""
    return list(await db.scalars(select(UserTable).where(UserTable.changed_at >= since)))


# logins
async def login(db: AsyncSession, login_id: str) -> tuple[LoginTable, UserTable] | None:
    """A login that goes on, and whose it is."""
    wanted = select(LoginTable, UserTable).join(UserTable, UserTable.id == LoginTable.user_id)
    row = (await db.execute(wanted.where(LoginTable.id == login_id))).one_or_none()
    return None if row is None else (row[0], row[1])


async def end_logins(db: AsyncSession, user_id: str, *, only: str | None = None, but: str | None = None) -> None:
    """End a user's logins: all of them, or `only` one, or all `but` one."""
    ended = delete(LoginTable).where(LoginTable.user_id == user_id)
    if only is not None:
        ended = ended.where(LoginTable.id == only)
    if but is not None:
        ended = ended.where(LoginTable.id != but)
    await db.execute(ended)


async def forget_logins(db: AsyncSession, now: datetime) -> None:
    """Delete logins that are over."""
    await db.execute(delete(LoginTable).where(LoginTable.expires_at < now))


# tokens
async def token_with(db: AsyncSession, digest: str) -> tuple[ApiTokenTable, UserTable] | None:
    """The token with this digest, and whose it is."""
    wanted = select(ApiTokenTable, UserTable).join(UserTable, UserTable.id == ApiTokenTable.user_id)
    row = (await db.execute(wanted.where(ApiTokenTable.digest == digest))).one_or_none()
    return None if row is None else (row[0], row[1])


async def tokens_of(db: AsyncSession, user_id: str, before: str | None, limit: int) -> list[ApiTokenTable]:
    """A user's tokens, newest first, after this id."""
    wanted = select(ApiTokenTable).where(ApiTokenTable.user_id == user_id)
    if before is not None:
        wanted = wanted.where(ApiTokenTable.id < before)
    return list(await db.scalars(wanted.order_by(ApiTokenTable.id.desc()).limit(limit)))


async def token_of(db: AsyncSession, user_id: str, token_id: str) -> ApiTokenTable | None:
    """A user's token."""
    wanted = select(ApiTokenTable).where(ApiTokenTable.id == token_id, ApiTokenTable.user_id == user_id)
    return (await db.scalars(wanted)).one_or_none()


async def made_with(db: AsyncSession, token_ids: list[str]) -> list[ApiTokenTable]:
    """The tokens that these tokens made."""
    return list(await db.scalars(select(ApiTokenTable).where(ApiTokenTable.made_with.in_(token_ids))))


async def note_uses(db: AsyncSession, uses: dict[str, datetime]) -> None:
    """When these tokens were last used."""
    for token_id, moment in uses.items():
        await db.execute(update(ApiTokenTable).where(ApiTokenTable.id == token_id).values(last_used_at=moment))


# invites
async def invite_with(db: AsyncSession, digest: str) -> InviteTable | None:
    """The invite with this digest."""
    return (await db.scalars(select(InviteTable).where(InviteTable.digest == digest))).one_or_none()


async def use_invite(db: AsyncSession, invite_id: str) -> bool:
    """Use it once; False where somebody else was faster."""
    left = (InviteTable.id == invite_id, InviteTable.uses < InviteTable.max_uses)
    used = await db.execute(
        update(InviteTable).where(*left).values(uses=InviteTable.uses + 1).returning(InviteTable.id)
    )
    return used.scalar_one_or_none() is not None


async def invite(db: AsyncSession, invite_id: str) -> InviteTable | None:
    """The invite with this id."""
    return await db.get(InviteTable, invite_id)


async def page_of_invites(db: AsyncSession, before: str | None, limit: int) -> list[InviteTable]:
    """Invites, newest first, after this id."""
    wanted = select(InviteTable)
    if before is not None:
        wanted = wanted.where(InviteTable.id < before)
    return list(await db.scalars(wanted.order_by(InviteTable.id.desc()).limit(limit)))


# identities
async def user_of_subject(db: AsyncSession, issuer: str, subject: str) -> UserTable | None:
    """The user who is this subject of this issuer."""
    wanted = select(UserTable).join(IdentityTable, IdentityTable.user_id == UserTable.id)
    found = wanted.where(IdentityTable.issuer == issuer, IdentityTable.subject == subject)
    return (await db.scalars(found)).one_or_none()
