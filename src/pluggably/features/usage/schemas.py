"""Usage as the API shows it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import Row

from pluggably.kit.clock import WireTime

GroupBy = Literal["model", "user", "day"]


class Totals(BaseModel):
    """Sums over requests."""

    requests: int = Field(description="all of them, also those that failed, were refused or cancelled")
    errors: int = Field(description="those that failed")
    refused: int = Field(description="those that were turned away before their model was asked, by a limit say")
    cancelled: int = Field(description="those that were cancelled, or whose client went away")
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cached_prompt_tokens: int = Field(description="those of `prompt_tokens` that providers read from their caches")
    reasoning_tokens: int = Field(description="those of `completion_tokens` that models thought with")
    cost_usd: float | None = Field(description="null where no request has a known price")

    @classmethod
    def fields_of(cls, row: Row[Any]) -> dict[str, Any]:
        """The sums in a row of the database."""
        return {
            "requests": row.requests,
            "errors": row.errors or 0,
            "refused": row.refused or 0,
            "cancelled": row.cancelled or 0,
            "prompt_tokens": row.prompt_tokens,
            "completion_tokens": row.completion_tokens,
            "total_tokens": row.prompt_tokens + row.completion_tokens,
            "cached_prompt_tokens": row.cached_prompt_tokens,
            "reasoning_tokens": row.reasoning_tokens,
            "cost_usd": row.cost_usd,
        }


class UsageGroup(Totals):
    """The sums of one model, user or day; the other two are null."""

    model: str | None = Field(None, description="null too for requests that reached no model")
    user: str | None = None
    day: str | None = Field(None, description="of UTC", examples=["2026-11-23"])


class UsageReport(BaseModel):
    """What was used in a span of time."""

    group_by: GroupBy
    since: WireTime
    until: WireTime
    usage: list[UsageGroup] = Field(description="most requests first; days newest first; at most `limit`")
    total: Totals = Field(description="of everything in the span, also beyond `limit`")
