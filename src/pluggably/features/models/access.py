"""What the models' endpoints use of the running application."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from pluggably.features.models.service import ModelRegistry
from pluggably.providers.directory import ProviderDirectory
from pluggably.routing.catalogue import Catalogue
from pluggably.routing.residency import Residency


async def _models(request: Request) -> ModelRegistry:
    return cast(ModelRegistry, request.app.state.models)


async def _catalogue(request: Request) -> Catalogue:
    return cast(Catalogue, request.app.state.catalogue)


async def _providers(request: Request) -> ProviderDirectory:
    return cast(ProviderDirectory, request.app.state.providers)


async def _residency(request: Request) -> Residency:
    return cast(Residency, request.app.state.residency)


Models = Annotated[ModelRegistry, Depends(_models)]
TheCatalogue = Annotated[Catalogue, Depends(_catalogue)]
Providers = Annotated[ProviderDirectory, Depends(_providers)]
TheResidency = Annotated[Residency, Depends(_residency)]
