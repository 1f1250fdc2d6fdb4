"""What users prove who they are with: API tokens, session tokens, an external issuer's tokens.

What a credential proves is remembered under the credential's whole hash, so that a request costs a hash and a look
into a dictionary. Every change of a user, of a token or of a login counts up the user's version in the database; each
process looks every `LOOK_S` seconds which versions have changed and forgets what it knew of those users. A process
that could not look for `FRESH_S` seconds looks before it answers: what was revoked elsewhere stops here within a
second, or the answer is 503.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pluggably.errors import NotReady, TokenExpired
from pluggably.features.audit.log import Actor, record
from pluggably.features.users import repository
from pluggably.features.users.authentication import OPERATOR, SCOPES, Caller, OperatorCallers
from pluggably.features.users.metrics import USES_DROPPED, USES_PENDING
from pluggably.features.users.session_tokens import SessionTokens
from pluggably.kit.clock import as_utc, utc_now
from pluggably.kit.database import Database
from pluggably.kit.ids import new_id
from pluggably.kit.write_behind import WriteBehind
from pluggably.tables.identities import IdentityTable
from pluggably.tables.users import Role, UserTable

if TYPE_CHECKING:
    from pluggably.features.users.oidc import ExternalIssuer, Subject

TOKEN_PREFIX = "pgy_"  # noqa: S105 - what tokens begin with
LOOK_S = 0.4
FRESH_S = 0.9
MAX_KNOWN = 20_000
MAX_UNKNOWN = 1_000
UNKNOWN_S = 5.0
"""How long a credential that is nobody's is not looked for again."""
EXTERNAL_S = 60.0
"""How long an external token is believed before its signature is looked at again: issuers change their keys."""
NOTED_S = 60.0
"""How coarse the time of a token's last use is."""

_RECENT = timedelta(minutes=5)
"""How far back changes are looked for; more than clocks differ and transactions take."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Known:
    """What a credential proves; times in seconds since 1970."""

    caller: Caller
    expires_at: float
    read_again_at: float
    noted_at: float = 0


class UserCredentials:
    """Checks users' credentials. `stop` is told of each user who has been disabled."""

    def __init__(
        self,
        database: Database,
        sessions: SessionTokens,
        external: ExternalIssuer | None,
        operator: OperatorCallers,
        stop: Callable[[str], None],
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._external = external
        self._operator = operator
        self._stop = stop
        self._known: dict[bytes, _Known] = {}
        self._of_user: dict[str, set[bytes]] = {}
        self._unknown: dict[bytes, float] = {}
        self._versions: dict[str, int] = {}
        self._looked_at = 0.0
        self._looking = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._uses: WriteBehind[str, tuple[str, datetime]] = WriteBehind(
            "uses of tokens", self._write_uses, dropped=USES_DROPPED, waiting=USES_PENDING, interval_s=2
        )

    async def start(self) -> None:
        """See that the built-in user exists, and begin to look for changes."""
        async with self._database.transaction() as db:
            operator = await repository.operator(db)
        self.changed(operator)
        await self._look()
        await self._uses.start()
        self._task = asyncio.create_task(self._keep_looking(), name="changes of users")

    async def close(self) -> None:
        """Write down what is waiting, and end."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._uses.close()

    async def check(self, credential: str) -> Caller | None:
        """The caller whom this credential proves; None for one that is no user's. Raises `TokenExpired`, and
        `NotReady` where the database can't be asked."""
        is_token = credential.startswith(TOKEN_PREFIX)
        if not is_token and credential.count(".") != 2:
            return None
        if time.monotonic() - self._looked_at > FRESH_S:
            await self._look_at_last()
        digest = hashlib.sha256(credential.encode("utf-8", "surrogateescape")).digest()
        now = time.time()
        known = self._known.get(digest)
        if known is None or now >= known.read_again_at:
            try:
                known = await self._read(digest, credential, is_token, now)
            except (SQLAlchemyError, OSError) as error:
                raise _not_ready() from error
            if known is None:
                return None
        if now >= known.expires_at:
            raise TokenExpired("This token has expired: make a new one.")
        caller = known.caller
        if caller.token_id is not None and now - known.noted_at > NOTED_S:
            known.noted_at = now
            self._uses.put(caller.token_id, (caller.token_id, datetime.fromtimestamp(now, UTC)))
        return caller

    def changed(self, user: UserTable) -> None:
        """Forget what is known of this user; to be called when a change is committed."""
        self._versions[user.id] = max(user.version, self._versions.get(user.id, 0))
        for digest in self._of_user.pop(user.id, ()):
            self._known.pop(digest, None)
        self._unknown.clear()
        if user.id == OPERATOR:
            self._operator.prefer(_preferred(user))
        if user.disabled:
            self._stop(user.id)

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                async with self._looking:
                    await self._look()
            except (SQLAlchemyError, OSError) as error:
                _log.warning("changes of users can't be read", error=type(error).__name__)

    async def _look_at_last(self) -> None:
        async with self._looking:
            if time.monotonic() - self._looked_at <= FRESH_S:
                return
            try:
                await self._look()
            except (SQLAlchemyError, OSError) as error:
                raise _not_ready() from error

    async def _look(self) -> None:
        began = time.monotonic()
        async with self._database.reading() as db:
            users = await repository.changed_users(db, utc_now() - _RECENT)
        for user in users:
            if user.version > self._versions.get(user.id, 0):
                self.changed(user)
        if len(self._versions) > MAX_KNOWN:
            self._versions = {user.id: user.version for user in users}
        self._looked_at = began

    async def _read(self, digest: bytes, credential: str, is_token: bool, now: float) -> _Known | None:
        if self._unknown.get(digest, 0) > now:
            return None
        found = await (self._read_token(digest) if is_token else self._read_jwt(credential, now))
        if found is None:
            if len(self._unknown) >= MAX_UNKNOWN:
                del self._unknown[next(iter(self._unknown))]
            self._unknown[digest] = now + UNKNOWN_S
            return None
        known, version = found
        user_id = known.caller.user_id
        if version >= self._versions.get(user_id, 0):  # else it was read before a change that is known by now
            if len(self._known) >= MAX_KNOWN:
                oldest = next(iter(self._known))
                self._of_user[self._known.pop(oldest).caller.user_id].discard(oldest)
            self._known[digest] = known
            self._of_user.setdefault(user_id, set()).add(digest)
        return known

    async def _read_token(self, digest: bytes) -> tuple[_Known, int] | None:
        async with self._database.reading() as db:
            found = await repository.token_with(db, digest.hex())
        if found is None or found[1].disabled:
            return None
        token, user = found
        expires_at = as_utc(token.expires_at).timestamp() if token.expires_at is not None else float("inf")
        caller = _caller(user, "token", SCOPES & set(token.scopes), token_id=token.id)
        noted_at = as_utc(token.last_used_at).timestamp() if token.last_used_at is not None else 0
        return _Known(caller, expires_at, float("inf"), noted_at), user.version

    async def _read_jwt(self, credential: str, now: float) -> tuple[_Known, int] | None:
        session = self._sessions.read(credential)
        if session is not None:
            async with self._database.reading() as db:
                found = await repository.login(db, session.login_id)
            if found is None or found[1].id != session.user_id or found[1].disabled:
                return None
            caller = _caller(found[1], "session", SCOPES, login_id=session.login_id)
            return _Known(caller, session.expires_at, float("inf")), found[1].version
        if self._external is None:
            return None
        subject = await self._external.read(credential)
        user = await self._user_of(subject) if subject is not None else None
        if subject is None or user is None or user.disabled:
            return None
        return _Known(_caller(user, "external", SCOPES), subject.expires_at, now + EXTERNAL_S), user.version

    async def _user_of(self, subject: Subject) -> UserTable | None:
        async with self._database.reading() as db:
            user = await repository.user_of_subject(db, subject.issuer, subject.id)
        if user is not None or self._external is None or not self._external.creates_users:
            return user
        async with self._database.transaction() as db:
            await repository.user(db, OPERATOR, locked=True)  # one after the other: a subject becomes one user
            user = await repository.user_of_subject(db, subject.issuer, subject.id)
            if user is None:
                user = UserTable(id=new_id("usr"), display_name=subject.name, role=Role.USER)
                db.add(user)
                await db.flush()
                db.add(IdentityTable(issuer=subject.issuer, subject=subject.id, user_id=user.id))
                actor = Actor(user.id, "external")
                record(db, actor, "user.created", "user", user.id, {"issuer": subject.issuer})
        return user

    async def _write_uses(self, uses: list[tuple[str, datetime]]) -> None:
        async with self._database.transaction() as db:
            await repository.note_uses(db, dict(uses))


def _caller(
    user: UserTable, kind: str, scopes: frozenset[str], *, token_id: str | None = None, login_id: str | None = None
) -> Caller:
    return Caller(user.id, user.role == Role.ADMIN, scopes, kind, token_id, login_id, _preferred(user))


def _preferred(user: UserTable) -> dict[str, str]:
    return {modality: name for modality, name in user.preferred_models.items() if isinstance(name, str)}


def _not_ready() -> NotReady:
    return NotReady("Credentials can't be checked: the database does not answer.")
