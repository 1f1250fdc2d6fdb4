"""Limits in the headers of answers.

`RateLimit-Policy` and `RateLimit` as in https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (from
draft 8 on: lists of structured fields). On OpenAI's routes those that its clients read, too:
https://platform.openai.com/docs/guides/rate-limits; on Anthropic's its own:
https://docs.anthropic.com/en/api/rate-limits.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from math import ceil

from pluggably.features.limits.rules import MINUTE, LimitKind, Standing

Header = tuple[bytes, bytes]

DAY = 86_400
_MICRO = 1000
"""Nano-dollars in a micro-dollar: structured fields have integers of 15 digits."""
_WINDOWS = {
    LimitKind.REQUESTS_PER_MINUTE: MINUTE,
    LimitKind.TOKENS_PER_MINUTE: MINUTE,
    LimitKind.TOKENS_PER_DAY: DAY,
    LimitKind.TOKENS_PER_MONTH: 30 * DAY,
    LimitKind.COST_PER_DAY: DAY,
    LimitKind.COST_PER_MONTH: 30 * DAY,
}
_VENDORS = {LimitKind.REQUESTS_PER_MINUTE: b"requests", LimitKind.TOKENS_PER_MINUTE: b"tokens"}
NATIVE = "/v1/generate"
MESSAGES = "/v1/messages"


def headers(standings: Iterable[Standing], route: str, now: datetime) -> list[Header]:
    """The headers of one answer."""
    policies, states, found = [], [], list[Header]()
    for one in standings:
        if one.bound is None or one.remaining is None:
            continue
        unit, scale = _unit(one.kind)
        name = one.kind.value.replace("_", "-")
        policies.append(f'"{name}";q={one.bound // scale}{unit};w={_WINDOWS[one.kind]}')
        states.append(f'"{name}";r={one.remaining // scale};t={ceil(one.frees_s)}')
        vendor = _VENDORS.get(one.kind)
        if vendor is not None and route != NATIVE:
            found += (_anthropic if route.startswith(MESSAGES) else _openai)(vendor, one, now)
    if policies:
        found[:0] = [
            (b"ratelimit-policy", ", ".join(policies).encode()),
            (b"ratelimit", ", ".join(states).encode()),
        ]
    return found


def _unit(kind: LimitKind) -> tuple[str, int]:
    if kind is LimitKind.REQUESTS_PER_MINUTE:
        return "", 1  # the default of the standard
    return (';qu="micro-usd"', _MICRO) if kind.is_cost else (';qu="tokens"', 1)


def _openai(vendor: bytes, one: Standing, _now: datetime) -> list[Header]:
    return [
        (b"x-ratelimit-limit-" + vendor, str(one.bound).encode()),
        (b"x-ratelimit-remaining-" + vendor, str(one.remaining).encode()),
        (b"x-ratelimit-reset-" + vendor, f"{ceil(one.resets_s)}s".encode()),
    ]


def _anthropic(vendor: bytes, one: Standing, now: datetime) -> list[Header]:
    resets = (now + timedelta(seconds=one.resets_s)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    prefix = b"anthropic-ratelimit-" + vendor
    return [
        (prefix + b"-limit", str(one.bound).encode()),
        (prefix + b"-remaining", str(one.remaining).encode()),
        (prefix + b"-reset", resets.encode()),
    ]
