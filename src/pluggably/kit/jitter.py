"""Pauses of uneven length, so that what began at once does not come back at once."""

from __future__ import annotations

from random import Random

_random = Random()  # noqa: S311 - spreads the load, hides nothing; an own one: nobody else's sequence is touched


def jittered(seconds: float, share: float) -> float:
    """These seconds, give or take up to this share of them."""
    return seconds * _random.uniform(1 - share, 1 + share)
