"""Limits as the API shows and takes them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from pluggably.features.limits.rules import LimitKind
from pluggably.kit.clock import WireTime

Count = Annotated[int, Field(ge=0, le=10**12)]
Dollars = Annotated[float, Field(ge=0, le=10**6, allow_inf_nan=False)]


class LimitsChange(BaseModel):
    """Limits to be set, all of them: what is left out is not set."""

    model_config = ConfigDict(extra="forbid")

    requests_per_minute: Count | None = Field(None, description="in any 60 seconds")
    tokens_per_minute: Count | None = Field(None, description="of prompts and answers, in any 60 seconds")
    tokens_per_day: Count | None = Field(None, description="in a day of UTC")
    tokens_per_month: Count | None = Field(None, description="in a month of UTC")
    cost_usd_per_day: Dollars | None = Field(None, description="in a day of UTC; what has no price costs nothing")
    cost_usd_per_month: Dollars | None = Field(None, description="in a month of UTC")
    use_defaults: bool = Field(
        True, description="whether the defaults of all users hold where nothing is set; tokens have none"
    )


class LimitState(BaseModel):
    """One limit and what is used of it: requests, tokens or US dollars."""

    limit: float | int | None = Field(description="null: not limited")
    used: float | int = Field(description="by requests that have ended")
    reserved: float | int = Field(description="set aside for requests that still run")
    remaining: float | int | None
    resets_at: WireTime = Field(description="when nothing of it is used any more")


class LimitsRead(BaseModel):
    """The limits that hold for a user or a token, and what is used of them."""

    user_id: str | None = None
    token_id: str | None = None
    own: LimitsChange = Field(description="what is set for this user or token alone")
    limits: dict[LimitKind, LimitState] = Field(description="what holds, by the limit's name")


class MyLimits(LimitsRead):
    """The caller's limits."""

    token: LimitsRead | None = Field(None, description="those of the token that was used, where it has some")
