"""`/v1/providers`."""

from __future__ import annotations

from fastapi import APIRouter, Request

from pluggably.features.providers.schemas import ProviderList, ProviderRead
from pluggably.features.users.access import CanRead
from pluggably.kit.routes import GuardedRoute
from pluggably.providers.catalogue import LOCAL_PROVIDER
from pluggably.providers.directory import ProviderDirectory
from pluggably.routing.accounts import Accounts
from pluggably.routing.credits import CreditsBook

router = APIRouter(tags=["providers"], route_class=GuardedRoute)


@router.get("/v1/providers")
async def list_providers(request: Request, caller: CanRead) -> ProviderList:
    """Every provider, whether it can be used, how it takes a key, and what its account has left."""
    directory: ProviderDirectory = request.app.state.providers
    accounts: Accounts = request.app.state.provider_accounts
    credits: CreditsBook = request.app.state.credits
    mine = accounts.accounts_of(caller.user_id)
    others = sorted(directory.providers(), key=lambda provider: (provider.name not in mine, provider.name))
    listed = [ProviderRead.of(LOCAL_PROVIDER, configured=True, credits=None)]
    for provider in others:
        account = mine.get(provider.name)
        status = credits.describe(provider.name, account.own_key) if account is not None else None
        listed.append(ProviderRead.of(provider, configured=account is not None, credits=status))
    return ProviderList(providers=listed)
