"""Names that an operator gives: aliases, and several deployments of one model with weights."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pluggably.routing.catalogue import Entry
from pluggably.routing.standing import Standing


@dataclass(frozen=True, slots=True)
class Deployment:
    """One place where a model is to be had: a name as `model` takes it, and its share of the requests."""

    model: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class GivenNames:
    """What the operator's names stand for. An id of the catalogue goes before each of them."""

    aliases: Mapping[str, str] = field(default_factory=dict)
    deployments: Mapping[str, Sequence[Deployment]] = field(default_factory=dict)

    def all(self) -> list[str]:
        """Every name, for suggestions."""
        return [*self.aliases, *self.deployments]


Weighted = Sequence[tuple[Entry, float]]


def in_order(members: Weighted, standing: Standing, chance: random.Random) -> list[Entry]:
    """In which order to ask: those that are well by chance and weight, then those that cool down, the first one to be
    ready going first, and what is not available at the end.

    The chance that one of those that are well goes first is its share of their weights (the method of Efraimidis and
    Spirakis, Information Processing Letters 97, 2006).
    """
    if len(members) == 1:
        return [members[0][0]]
    keys = {}
    for entry, weight in members:
        wait = standing.ready_in(entry)
        keys[entry.id] = (entry.status != "available", wait, -(chance.random() ** (1 / weight)))
    return sorted((entry for entry, _ in members), key=lambda entry: keys[entry.id])
