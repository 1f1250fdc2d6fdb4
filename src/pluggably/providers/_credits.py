"""What accounts have left, at the vendors that tell it to an ordinary key."""

from __future__ import annotations

import math
from typing import Any

from pydantic_core import from_json

from pluggably.contract.calls import Call, Reply
from pluggably.contract.credits import Credits, CreditsState
from pluggably.errors import ProviderError


class DeepSeekBalance:
    """`GET /user/balance` → `is_available`, `balance_infos[{currency, total_balance, …}]`, amounts as strings.

    Source: https://api-docs.deepseek.com/api/get-user-balance
    """

    def credits_call(self) -> Call:
        """One question."""
        return Call("/user/balance", method="GET")

    def parse_credits(self, reply: Reply) -> Credits:
        """The balance in the first currency that has any."""
        data = _object(reply)
        available = data.get("is_available")
        rows = data.get("balance_infos")
        if not isinstance(available, bool) or not isinstance(rows, list):
            raise ProviderError("The balance can't be read.")
        balances = [(amount(row.get("total_balance")), row.get("currency")) for row in rows if isinstance(row, dict)]
        left, currency = next((pair for pair in balances if pair[0]), balances[0] if balances else (None, None))
        return Credits(
            CreditsState.AVAILABLE if available else CreditsState.EXHAUSTED,
            remaining=left,
            currency=currency if isinstance(currency, str) else None,
        )


class OpenRouterKey:
    """`GET /key` → `data.{limit, limit_remaining, usage, …}` in US dollars, null for a key without a limit.

    What the whole account has left is told to management keys alone (`/credits`), which can't generate.
    Source: https://openrouter.ai/docs/api-reference/limits
    """

    def credits_call(self) -> Call:
        """One question."""
        return Call("/key", method="GET")

    def parse_credits(self, reply: Reply) -> Credits:
        """The key's own limit."""
        data = _object(reply).get("data")
        if not isinstance(data, dict):
            raise ProviderError("What the key has left can't be read.")
        remaining = amount(data.get("limit_remaining"))
        if remaining is None:
            return Credits()
        status = CreditsState.AVAILABLE if remaining > 0 else CreditsState.EXHAUSTED
        return Credits(status, remaining, amount(data.get("limit")), "USD")


class CreditBalance:
    """`GET path` → a number of the vendor's own credits, at the end of `keys`."""

    def __init__(self, path: str, *keys: str) -> None:
        self._path = path
        self._keys = keys

    def credits_call(self) -> Call:
        """One question."""
        return Call(self._path, method="GET")

    def parse_credits(self, reply: Reply) -> Credits:
        """The balance."""
        found: Any = _object(reply)
        for key in self._keys:
            found = found.get(key) if isinstance(found, dict) else None
        remaining = amount(found)
        if remaining is None:
            raise ProviderError("The balance can't be read.")
        return Credits(CreditsState.AVAILABLE if remaining > 0 else CreditsState.EXHAUSTED, remaining)


def _object(reply: Reply) -> dict[str, Any]:
    try:
        data = from_json(reply.body)
    except ValueError as error:
        raise ProviderError("The answer is not valid JSON.") from error
    if not isinstance(data, dict):
        raise ProviderError("The answer is no object.")
    return data


def amount(value: Any) -> float | None:
    """A finite number, which some vendors write as text; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
