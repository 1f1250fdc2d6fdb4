"""`python -m pluggably.runtimes.prices`: what commercial models cost, as the package genai-prices knows it.

Standard input: `{"provider": "openai", "base_url": "https://…", "models": ["gpt-5", …]}`. Standard output: an object
from the names that have a known price to the price of today, as `ModelInfo.pricing` has it: US dollars per million
tokens as `input_per_million_usd`, `cached_input_per_million_usd` and `output_per_million_usd`, for those of images as
`input_image_per_million_usd` and `output_image_per_million_usd`; `tiers`, where there are any, hold the same for
prompts of more than `above_prompt_tokens` tokens, for all tokens of the request.

A process of its own, because the table of all models of all providers takes 28 MB and is asked once an hour.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any

from pluggably.runtimes._child import die_with_parent

_KINDS = {
    "input_mtok": "input_per_million_usd",
    "cache_read_mtok": "cached_input_per_million_usd",
    "output_mtok": "output_per_million_usd",
    "input_image_mtok": "input_image_per_million_usd",
    "output_image_mtok": "output_image_per_million_usd",
}


def prices_of(provider: str, base_url: str, models: list[str]) -> dict[str, dict[str, Any]]:
    """The prices of today for those of the models that have one. A provider that is not known by its name is known
    by its address."""
    from genai_prices.data_snapshot import get_snapshot  # noqa: PLC0415 - after the process has bound itself

    table, now = get_snapshot(), datetime.now(UTC)
    try:
        vendor = table.find_provider(None, provider, None)
    except LookupError:
        try:
            vendor = table.find_provider(None, None, base_url)
        except LookupError:
            return {}
    found = {}
    for name in models:
        try:
            _, model = table.find_provider_model(name, vendor, None, None)
        except LookupError:
            continue
        price = _pricing(vars(model.get_prices(now)))
        if price is not None:
            found[name] = price
    return found


def _pricing(prices: dict[str, Any]) -> dict[str, Any] | None:
    """The part of a price that Pluggably counts; None where tokens have none."""
    known = {ours: prices[theirs] for theirs, ours in _KINDS.items() if prices.get(theirs) is not None}
    if "input_per_million_usd" not in known:
        return None
    pricing: dict[str, Any] = {name: float(_at(price, 0)) for name, price in known.items()}
    starts = sorted({tier.start for price in known.values() for tier in getattr(price, "tiers", ())})
    if starts:
        pricing["tiers"] = [
            {"above_prompt_tokens": start, **{name: float(_at(price, start + 1)) for name, price in known.items()}}
            for start in starts
        ]
    pricing["source"] = "genai-prices"
    return pricing


def _at(price: Any, prompt_tokens: int) -> Any:
    """The price of a token in a request with a prompt of this length."""
    amount = getattr(price, "base", price)
    for tier in getattr(price, "tiers", ()):
        if prompt_tokens > tier.start:
            amount = tier.price
    return amount


def main() -> int:
    """Answer one question; the exit status."""
    die_with_parent()
    asked = json.load(sys.stdin)
    json.dump(prices_of(asked["provider"], asked["base_url"], asked["models"]), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
