"""The asynchronous calls about people: accounts, tokens, keys of providers, invites, limits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pluggably_client import _operations as ops
from pluggably_client._async.connection import AsyncConnection
from pluggably_client._async.pages import LIMIT, each

if TYPE_CHECKING:
    from pluggably_client.models import (
        AuditEntry,
        AuditList,
        CheckRead,
        InviteCreated,
        InviteList,
        InviteRead,
        LimitsChange,
        LimitsRead,
        MyLimits,
        Profile,
        ProviderKeyList,
        ProviderKeyRead,
        TokenCreated,
        TokenList,
        TokenRead,
        UserList,
        UserRead,
    )


class AsyncPeopleCalls(AsyncConnection):
    """Oneself and others. `login` and `logout` are with the client itself."""

    async def register(
        self,
        *,
        password: str,
        username: str | None = None,
        email: str | None = None,
        invite_token: str | None = None,
        display_name: str | None = None,
    ) -> Profile:
        """Make an account, by user name or by email address."""
        body = {
            "username": username,
            "email": email,
            "password": password,
            "invite_token": invite_token,
            "display_name": display_name,
        }
        return await self._send(ops.register, body=body)

    async def me(self) -> Profile:
        """Who the key belongs to."""
        return await self._send(ops.read_me)

    async def update_me(self, **changes: Any) -> Profile:
        """Change `display_name`, `preferred_models` or `preferences`."""
        return await self._send(ops.change_me, body=changes)

    async def change_password(self, current_password: str, new_password: str) -> Profile:
        """Choose another password; every session of the user ends."""
        body = {"current_password": current_password, "new_password": new_password}
        return await self._send(ops.change_my_password, body=body)

    async def list_user_tokens(self, *, limit: int | None = None, cursor: str | None = None) -> TokenList:
        """One's own tokens, newest first."""
        return await self._send(ops.list_tokens, query={"limit": limit, "cursor": cursor})

    def iter_user_tokens(self) -> AsyncIterator[TokenRead]:
        """All of them, page by page."""
        return each(lambda cursor: self.list_user_tokens(limit=LIMIT, cursor=cursor), lambda page: page.tokens)

    async def create_user_token(
        self,
        name: str,
        *,
        scopes: Sequence[Literal["read", "generate", "manage"]] | None = None,
        expires_days: int | None = None,
    ) -> TokenCreated:
        """Make a token; this is the one time that it is shown."""
        body = {"name": name, "scopes": None if scopes is None else list(scopes), "expires_days": expires_days}
        return await self._send(ops.create_token, body=body)

    async def revoke_user_token(self, token_id: str) -> TokenRead:
        """End a token at once."""
        return await self._send(ops.revoke_token, {"token_id": token_id})

    async def list_provider_keys(self, *, limit: int | None = None, cursor: str | None = None) -> ProviderKeyList:
        """One's own credentials with providers, masked."""
        return await self._send(ops.list_provider_keys, query={"limit": limit, "cursor": cursor})

    async def add_provider_key(
        self,
        provider: str,
        *,
        api_key: str | None = None,
        endpoint: str | None = None,
        service_account_json: str | None = None,
        oauth_token: str | None = None,
    ) -> ProviderKeyRead:
        """Keep a credential with a provider: an API key, one with an endpoint of one's own, a service account, or an
        OAuth token. It takes the place of an earlier one."""
        kind = "api_key" if endpoint is None else "endpoint_key"
        if service_account_json is not None:
            kind = "service_account"
        elif oauth_token is not None:
            kind = "oauth_token"
        body = {
            "provider": provider,
            "credential_type": kind,
            "api_key": api_key,
            "endpoint": endpoint,
            "service_account_json": service_account_json,
            "oauth_token": oauth_token,
        }
        return await self._send(ops.store_provider_key, body=body)

    async def remove_provider_key(self, provider: str) -> ProviderKeyRead:
        """Forget a credential."""
        return await self._send(ops.remove_provider_key, {"provider": provider})

    async def check_provider_key(self, provider: str) -> CheckRead:
        """Ask the provider whether a credential that is kept is good."""
        return await self._send(ops.check_provider_key, {"provider": provider})

    async def list_invites(self, *, limit: int | None = None, cursor: str | None = None) -> InviteList:
        """Every invite, newest first; for admins."""
        return await self._send(ops.list_invites, query={"limit": limit, "cursor": cursor})

    def iter_invites(self) -> AsyncIterator[InviteRead]:
        """All of them, page by page."""
        return each(lambda cursor: self.list_invites(limit=LIMIT, cursor=cursor), lambda page: page.invites)

    async def create_invite(
        self, *, expires_days: int | None = None, max_uses: int | None = None, email: str | None = None
    ) -> InviteCreated:
        """Make an invite; this is the one time that it is shown. For admins."""
        body = {"expires_days": expires_days, "max_uses": max_uses, "email": email}
        return await self._send(ops.create_invite, body=body)

    async def revoke_invite(self, invite_id: str) -> InviteRead:
        """End an invite. For admins."""
        return await self._send(ops.revoke_invite, {"invite_id": invite_id})

    async def list_users(
        self, *, q: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> UserList:
        """All users, newest first, or those whose names hold `q`; for admins."""
        return await self._send(ops.list_users, query={"q": q, "limit": limit, "cursor": cursor})

    def iter_users(self) -> AsyncIterator[UserRead]:
        """All of them, page by page."""
        return each(lambda cursor: self.list_users(limit=LIMIT, cursor=cursor), lambda page: page.users)

    async def update_user(
        self, user_id: str, *, role: Literal["user", "admin"] | None = None, disabled: bool | None = None
    ) -> UserRead:
        """Change a user's role, or stop everything of theirs. For admins."""
        return await self._send(ops.change_user, {"user_id": user_id}, body={"role": role, "disabled": disabled})

    async def my_limits(self) -> MyLimits:
        """The caller's limits, and what is used of them."""
        return await self._send(ops.read_my_limits)

    async def get_limits(self, user_id: str) -> LimitsRead:
        """A user's limits, and what is used of them. For admins."""
        return await self._send(ops.read_limits, {"user_id": user_id})

    async def set_limits(self, user_id: str, limits: LimitsChange | Mapping[str, Any]) -> LimitsRead:
        """Set a user's limits; what is left out is not set any more. For admins."""
        return await self._send(ops.set_limits, {"user_id": user_id}, body=limits)

    async def get_token_limits(self, token_id: str) -> LimitsRead:
        """The limits of one of the caller's tokens."""
        return await self._send(ops.read_token_limits, {"token_id": token_id})

    async def set_token_limits(self, token_id: str, limits: LimitsChange | Mapping[str, Any]) -> LimitsRead:
        """Set the limits of one of the caller's tokens; what is left out is not set any more."""
        return await self._send(ops.set_token_limits, {"token_id": token_id}, body=limits)

    async def audit(
        self,
        *,
        actor_id: str | None = None,
        target_id: str | None = None,
        action: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> AuditList:
        """Who did what, newest first. For admins."""
        query = {"actor_id": actor_id, "target_id": target_id, "action": action, "limit": limit, "cursor": cursor}
        return await self._send(ops.read_audit, query=query)

    def iter_audit(
        self, *, actor_id: str | None = None, target_id: str | None = None, action: str | None = None
    ) -> AsyncIterator[AuditEntry]:
        """All of it, page by page."""
        return each(
            lambda cursor: self.audit(
                actor_id=actor_id, target_id=target_id, action=action, limit=LIMIT, cursor=cursor
            ),
            lambda page: page.audit,
        )
