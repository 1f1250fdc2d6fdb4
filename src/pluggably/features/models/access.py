"""What the models' endpoints use of the running application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from pluggably.features.models.service import ModelRegistry
from pluggably.features.users.access import CanRead
from pluggably.routing.accounts import Accounts
from pluggably.routing.catalogue import Catalogue
from pluggably.routing.credits import CreditsBook
from pluggably.routing.residency import Residency


async def _models(request: Request) -> ModelRegistry:
    return cast(ModelRegistry, request.app.state.models)


async def _catalogue(request: Request, caller: CanRead) -> Catalogue:
    """What there is for the caller."""
    accounts: Accounts = request.app.state.provider_accounts
    seen = accounts.seen_by(caller.user_id)
    return seen.catalogue if seen is not None else cast(Catalogue, request.app.state.catalogue)


@dataclass(frozen=True, slots=True)
class UsableKeys:
    """The accounts that models are asked with, and what they have left."""

    accounts: Accounts
    credits: CreditsBook


async def _keys(request: Request) -> UsableKeys:
    return UsableKeys(request.app.state.provider_accounts, request.app.state.credits)


async def _residency(request: Request) -> Residency:
    return cast(Residency, request.app.state.residency)


Models = Annotated[ModelRegistry, Depends(_models)]
TheCatalogue = Annotated[Catalogue, Depends(_catalogue)]
Keys = Annotated[UsableKeys, Depends(_keys)]
TheResidency = Annotated[Residency, Depends(_residency)]
