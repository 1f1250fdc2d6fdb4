"""`/v1/users`."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Request, Response

from pluggably.errors import (
    Conflict,
    InvalidCredentials,
    InvalidInvite,
    InvalidJSON,
    NotFound,
    PayloadTooLarge,
    PermissionDenied,
    RateLimited,
    TokenNotFound,
    UnsupportedMediaType,
    UserExists,
    ValidationFailed,
    WrongPassword,
)
from pluggably.features.users.access import Acting, CanAdminister, CanManage, CanRead, CanReadAsAdmin
from pluggably.features.users.accounts import UserAccounts
from pluggably.features.users.authentication import COOKIE, Authenticator, is_loopback_address, refuse_unless_local
from pluggably.features.users.schemas import (
    InviteCreate,
    InviteCreated,
    InviteList,
    InviteRead,
    LoggedIn,
    Login,
    PasswordChange,
    Profile,
    ProfileChange,
    Registration,
    TokenCreate,
    TokenCreated,
    TokenList,
    TokenRead,
    UserChange,
    UserList,
    UserRead,
)
from pluggably.features.users.tokens import Invites, Tokens
from pluggably.kit.clock import utc_now
from pluggably.kit.openapi import documented
from pluggably.kit.pagination import DEFAULT_LIMIT, MAX_LIMIT
from pluggably.kit.routes import GuardedRoute
from pluggably.settings import Settings

REGISTER, LOGIN = "/v1/users/register", "/v1/users/login"

router = APIRouter(tags=["users"], route_class=GuardedRoute)

_BODY_ERRORS = (InvalidJSON, PayloadTooLarge, UnsupportedMediaType, ValidationFailed)


async def _accounts(request: Request) -> UserAccounts:
    return cast(UserAccounts, request.app.state.user_accounts)


async def _tokens(request: Request) -> Tokens:
    return cast(Tokens, request.app.state.tokens)


async def _invites(request: Request) -> Invites:
    return cast(Invites, request.app.state.invites)


TheAccounts = Annotated[UserAccounts, Depends(_accounts)]
TheTokens = Annotated[Tokens, Depends(_tokens)]
TheInvites = Annotated[Invites, Depends(_invites)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
Cursor = Annotated[str | None, Query(max_length=1024)]


# accounts
@router.post(REGISTER, status_code=201, responses=documented(InvalidInvite, UserExists, RateLimited, *_BODY_ERRORS))
async def register(request: Request, body: Registration, accounts: TheAccounts, actor: Acting) -> Profile:
    """Make an account: with an invite, unless the operator lets everybody in.

    The first account is an admin's where an invite led to it.
    """
    return await accounts.register(body, actor, at_the_machine=_is_at_the_machine(request))


@router.post(LOGIN, responses=documented(InvalidCredentials, PermissionDenied, RateLimited, *_BODY_ERRORS))
async def log_in(request: Request, response: Response, body: Login, accounts: TheAccounts, actor: Acting) -> LoggedIn:
    """Log in: gives a session token, or with `cookie` sets a cookie that scripts can't read."""
    authenticator: Authenticator = request.app.state.authenticator
    if body.cookie and "origin" in request.headers:
        authenticator.refuse_foreign_pages(request)
    begun = await accounts.log_in(body, actor)
    response.headers["cache-control"] = "no-store"
    if not body.cookie:
        return LoggedIn(token=begun.token, token_type="bearer", expires_at=begun.expires_at, user=begun.user)  # noqa: S106 - a scheme's name
    left = begun.expires_at - utc_now()
    _set_cookie(request, response, begun.token, int(left.total_seconds()))
    return LoggedIn(token=None, token_type="cookie", expires_at=begun.expires_at, user=begun.user)  # noqa: S106


@router.post("/v1/users/logout", status_code=204, response_class=Response)
async def log_out(request: Request, caller: CanManage, accounts: TheAccounts, actor: Acting) -> Response:
    """End the login whose session token or cookie this request carries."""
    await accounts.log_out(caller, actor)
    response = Response(status_code=204)
    if COOKIE in request.cookies:
        _set_cookie(request, response, "", 0)
    return response


@router.get("/v1/users/me")
async def read_me(caller: CanRead, accounts: TheAccounts) -> Profile:
    """One's own profile and preferences."""
    return await accounts.profile(caller)


@router.patch("/v1/users/me", responses=documented(UserExists))
async def change_me(
    caller: CanManage, accounts: TheAccounts, actor: Acting, body: ProfileChange | None = None
) -> Profile:
    """Change one's own profile and preferences; what is absent or null stays as it is."""
    return await accounts.change_profile(body or ProfileChange(), caller, actor)


@router.post("/v1/users/me/password", responses=documented(WrongPassword, Conflict, RateLimited))
async def change_my_password(
    body: PasswordChange, caller: CanManage, accounts: TheAccounts, actor: Acting
) -> Profile:
    """Change one's own password; all other logins end."""
    return await accounts.change_password(body, caller, actor)


# tokens
@router.get("/v1/users/tokens")
async def list_tokens(
    caller: CanRead, tokens: TheTokens, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> TokenList:
    """One's own API tokens, newest first."""
    return await tokens.list(caller, limit, cursor)


@router.post("/v1/users/tokens", status_code=201)
async def create_token(body: TokenCreate, caller: CanManage, tokens: TheTokens, actor: Acting) -> TokenCreated:
    """Make an API token, never stronger than the credential that makes it. It is shown this once."""
    return await tokens.create(body, caller, actor)


@router.delete("/v1/users/tokens/{token_id}", responses=documented(TokenNotFound))
async def revoke_token(token_id: str, caller: CanManage, tokens: TheTokens, actor: Acting) -> TokenRead:
    """Revoke an API token, and those that were made with it: they stop at once."""
    return await tokens.revoke(token_id, caller, actor)


# invites
@router.get("/v1/users/invites")
async def list_invites(
    _caller: CanReadAsAdmin, invites: TheInvites, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> InviteList:
    """All invites, newest first."""
    return await invites.list(limit, cursor)


@router.post("/v1/users/invites", status_code=201)
async def create_invite(
    _caller: CanAdminister, invites: TheInvites, actor: Acting, body: InviteCreate | None = None
) -> InviteCreated:
    """Make an invite. Its token is shown this once."""
    return await invites.create(body or InviteCreate(), actor)


@router.delete("/v1/users/invites/{invite_id}", responses=documented(NotFound))
async def revoke_invite(invite_id: str, _caller: CanAdminister, invites: TheInvites, actor: Acting) -> InviteRead:
    """Take an invite back."""
    return await invites.revoke(invite_id, actor)


# other people
@router.get("/v1/users")
async def list_users(
    _caller: CanReadAsAdmin,
    accounts: TheAccounts,
    q: Annotated[
        str | None,
        Query(max_length=255, pattern=r"^[^\x00]*$", description="Part of the address, user name or shown name."),
    ] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> UserList:
    """All users, newest first."""
    return await accounts.users(limit, cursor, q)


@router.patch("/v1/users/{user_id}", responses=documented(NotFound, Conflict))
async def change_user(
    user_id: str, _caller: CanAdminister, accounts: TheAccounts, actor: Acting, body: UserChange | None = None
) -> UserRead:
    """Change a user's role, or disable a user: logins, tokens and running requests stop at once."""
    return await accounts.change_user(user_id, body or UserChange(), actor)


def _set_cookie(request: Request, response: Response, token: str, max_age_s: int) -> None:
    """Set the cookie, or with no time left take it away. Scripts can't read it, other sites' pages don't send it."""
    settings: Settings = request.app.state.settings
    over_tls = request.url.scheme == "https" or (settings.public_url or "").startswith("https://")
    path = settings.root_path or "/"
    response.set_cookie(
        COOKIE, token, max_age=max_age_s, path=path, secure=over_tls, httponly=True, samesite="strict"
    )


def _is_at_the_machine(request: Request) -> bool:
    """Whether nobody but this machine's own users can have made the request."""
    settings: Settings = request.app.state.settings
    if settings.public_url is not None or not is_loopback_address(settings.host):
        return False
    try:
        refuse_unless_local(request)
    except PermissionDenied:
        return False
    return True
