"""What tokens cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pluggably.contract.text import Usage


def cost_usd(pricing: Mapping[str, Any] | None, usage: Usage | None) -> float | None:
    """US dollars for the tokens of one request; None where its price or its usage is not known.

    `pricing` gives US dollars per million tokens: `input_per_million_usd`, `output_per_million_usd` (0 where left
    out), `cached_input_per_million_usd` for tokens that were read from the provider's cache (as the others where left
    out), and `tiers`, a list of the same with `above_prompt_tokens`: the last one whose bound the prompt exceeds is
    the price of all tokens.
    """
    if pricing is None or usage is None:
        return None
    price: Mapping[str, Any] = pricing
    tiers = pricing.get("tiers")
    for tier in tiers if isinstance(tiers, list) else ():
        if isinstance(tier, dict) and usage.prompt_tokens > (_number(tier, "above_prompt_tokens") or 0):
            price = tier
    prompt = _number(price, "input_per_million_usd")
    if prompt is None:
        return None
    cached_price = _number(price, "cached_input_per_million_usd")
    cached = 0 if cached_price is None else min(usage.cached_prompt_tokens or 0, usage.prompt_tokens)
    dollars = (usage.prompt_tokens - cached) * prompt + cached * (cached_price or 0)
    return (dollars + usage.completion_tokens * (_number(price, "output_per_million_usd") or 0)) / 1_000_000


def _number(price: Mapping[str, Any], name: str) -> float | None:
    """Operators may write anything into a model's pricing."""
    value = price.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
