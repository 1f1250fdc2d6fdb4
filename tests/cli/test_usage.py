"""usage."""

from __future__ import annotations

from typing import Any

from tests.fakes.gateway import Answer

TOTAL: dict[str, Any] = {
    "requests": 1234, "errors": 1, "cancelled": 2, "prompt_tokens": 5000, "completion_tokens": 60,
    "total_tokens": 5060, "cached_prompt_tokens": 4000, "reasoning_tokens": 20, "cost_usd": 1.5,
}  # fmt: skip
GROUPS = [
    {"model": "openai:gpt-5\x1b[2J", "user": None, "day": None, **TOTAL},
    {"model": None, "user": None, "day": None, **TOTAL, "requests": 0, "cost_usd": None},
]
REPORT = {
    "group_by": "model",
    "since": "2026-10-24T00:00:00Z",
    "until": "2026-11-23T00:00:00Z",
    "usage": GROUPS,
    "total": TOTAL,
}


async def test_usage_is_a_table_with_its_total(pluggably, server):
    server.on("GET /v1/usage", Answer(REPORT))
    lines = [line.split() for line in (await pluggably("usage")).out.splitlines()]
    assert lines == [
        ["MODEL", "REQUESTS", "ERRORS", "CANCELLED", "PROMPT", "CACHED", "COMPLETION", "REASONING", "COST"],
        ["openai:gpt-5[2J", "1,234", "1", "2", "5,000", "4,000", "60", "20", "$1.5000"],
        ["-", "0", "1", "2", "5,000", "4,000", "60", "20", "-"],
        ["total", "1,234", "1", "2", "5,000", "4,000", "60", "20", "$1.5000"],
    ]
    assert server.requests[-1].query == {"group_by": "model"}
    assert (await pluggably("usage", "--json")).json()["total"] == TOTAL


async def test_usage_takes_a_span_in_utc_and_other_groups(pluggably, server):
    days = [{"model": None, "user": None, "day": "2026-11-02", **TOTAL}]
    server.on("GET /v1/usage", Answer({**REPORT, "group_by": "day", "usage": days}))
    shown = await pluggably(
        "usage", "--by", "day", "--since", "2026-11-01", "--until", "2026-11-03", "--everyone", "-q"
    )
    assert shown.out == "2026-11-02\n"
    assert server.requests[-1].query == {
        "group_by": "day",
        "since": "2026-11-01T00:00:00+00:00",
        "until": "2026-11-03T00:00:00+00:00",
        "everyone": "true",
    }


async def test_no_usage_is_said(pluggably, server):
    server.on("GET /v1/usage", Answer({**REPORT, "usage": []}))
    assert (await pluggably("usage")).err == "Nothing was used in this time.\n"
