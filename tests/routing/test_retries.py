"""Whether the same deployment is asked again, and after which pause."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluggably.contract.modality import Modality
from pluggably.errors import (
    ContentRefused,
    CreditsExhausted,
    ModelUnavailable,
    PluggablyError,
    ProviderAuthError,
    ProviderError,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnavailable,
    ValidationFailed,
)
from pluggably.kit.http import Address, TimedOut
from pluggably.providers._transport import Account, failure
from pluggably.routing.retries import Patience, waiting_helps
from tests.factories.catalogues import entry

TEXT, MESH, LOCAL = entry("acme:a", "acme"), entry("acme:m", "acme", Modality.MESH), entry("a")
ACCOUNT = Account("acme", Address("http://127.0.0.1"))


@pytest.mark.parametrize(
    ("error", "helps"),
    [
        (ProviderRateLimited("x"), True),
        (ProviderUnavailable("x"), True),
        (ProviderError("x"), True),
        (failure(ACCOUNT, TimedOut("connect", 1)), True),
        (failure(ACCOUNT, TimedOut("first token", 1)), False),
        (failure(ACCOUNT, TimedOut("total", 1)), False),
        (ProviderTimeout("x"), False),
        (ProviderAuthError("x"), False),
        (CreditsExhausted("x"), False),
        (ContentRefused("x"), False),
        (ValidationFailed.of("parameters", "x"), False),
        (ModelUnavailable("x"), False),
    ],
)
def test_waiting_helps_where_the_same_call_may_be_answered_later(error: PluggablyError, helps: bool) -> None:
    assert waiting_helps(TEXT, error) is helps
    assert not waiting_helps(LOCAL, error)


def test_what_may_have_been_charged_for_is_not_begun_again() -> None:
    assert not waiting_helps(MESH, ProviderError("the connection broke"))
    assert waiting_helps(MESH, ProviderUnavailable("can't be reached"))


@given(st.integers(0, 1000), st.floats(0, 100), st.integers())
def test_a_pause_has_full_jitter_and_both_bounds(tries: int, ready_in: float, seed: int) -> None:
    patience = Patience(retries=2, longest_wait_s=8)
    pause = patience.pause(tries, ready_in, random.Random(seed))
    if ready_in > 8:
        assert pause is None
    else:
        assert pause is not None
        assert ready_in <= pause <= max(ready_in, min(8, 0.25 * 2.0 ** min(tries, 20)))


def test_pauses_grow_and_differ() -> None:
    patience, chance = Patience(longest_wait_s=60), random.Random(7)
    means = []
    for tries in range(5):
        drawn = [patience.pause(tries, 0, chance) or 0.0 for _ in range(500)]
        assert len(set(drawn)) > 400
        means.append(sum(drawn) / len(drawn))
    assert all(1.6 < later / earlier < 2.4 for earlier, later in pairwise(means))
