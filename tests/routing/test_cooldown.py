"""When a deployment is left out, for how long, and how it comes back: with a clock that stands still."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluggably.routing.cooldown import TRIAL_S, Cooling, LocalHealth

COOLING = Cooling(after_failures=3, first_s=5, longest_s=60)


class Clock:
    """Seconds, as the test sets them."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock: Clock) -> LocalHealth:
    return LocalHealth(COOLING, clock)


def fail(health: LocalHealth, times: int = 1, wait_s: float | None = None) -> None:
    for _ in range(times):
        health.failed("a", health.begin("a"), wait_s)


def succeed(health: LocalHealth) -> None:
    health.succeeded("a", health.begin("a"))


def test_three_failures_in_a_row_are_enough(health: LocalHealth) -> None:
    fail(health, 2)
    assert health.ready_in("a") == 0
    fail(health)
    assert health.ready_in("a") == 5
    assert health.ready_in("b") == 0


def test_so_are_three_among_six_calls(health: LocalHealth) -> None:
    for _ in range(2):
        fail(health)
        succeed(health)
        assert health.ready_in("a") == 0
    succeed(health)
    fail(health)
    assert health.ready_in("a") == 5


def test_failures_that_lie_further_apart_are_forgiven(health: LocalHealth) -> None:
    for _ in range(20):
        fail(health, 2)
        for _ in range(4):
            succeed(health)
        assert health.ready_in("a") == 0


def test_of_one_that_is_well_nothing_is_kept(health: LocalHealth) -> None:
    fail(health, 2)
    for _ in range(6):
        succeed(health)
    assert not health._states


@given(st.lists(st.booleans(), max_size=60))
def test_it_cools_down_at_the_first_call_with_which_three_of_the_last_six_failed(failed: list[bool]) -> None:
    health = LocalHealth(COOLING, Clock())
    for number, failure in enumerate(failed, start=1):
        (fail if failure else succeed)(health)
        if sum(failed[max(0, number - 6) : number]) >= 3:
            assert health.ready_in("a") == COOLING.first_s
            return
        assert health.ready_in("a") == 0


def test_each_trial_that_fails_doubles_the_time_up_to_a_bound(health: LocalHealth, clock: Clock) -> None:
    fail(health, 3)
    spans = []
    for _ in range(6):
        spans.append(health.ready_in("a"))
        clock.now += spans[-1]
        fail(health)
    assert spans == [5, 10, 20, 40, 60, 60]


def test_after_a_cool_down_one_request_tries_and_the_others_wait(health: LocalHealth, clock: Clock) -> None:
    fail(health, 3)
    clock.now += 5
    assert health.ready_in("a") == 0
    trial = health.begin("a")
    assert health.ready_in("a") == TRIAL_S
    health.succeeded("a", trial)
    assert health.ready_in("a") == 0
    fail(health, 2)
    assert health.ready_in("a") == 0, "it is trusted as before"


def test_a_trial_that_never_ends_keeps_others_away_for_a_while_only(health: LocalHealth, clock: Clock) -> None:
    fail(health, 3)
    clock.now += 5
    health.begin("a")
    clock.now += TRIAL_S
    assert health.ready_in("a") == 0


def test_what_was_asked_before_the_cool_down_says_nothing_about_it(health: LocalHealth, clock: Clock) -> None:
    early = [health.begin("a") for _ in range(5)]
    clock.now += 1
    fail(health, 3)
    for began in early[:3]:
        health.failed("a", began)
    health.succeeded("a", early[3])
    assert health.ready_in("a") == 5


def test_who_is_tried_all_the_same_and_answers_is_well_again(health: LocalHealth, clock: Clock) -> None:
    fail(health, 3)
    clock.now += 1
    succeed(health)
    assert health.ready_in("a") == 0


def test_a_vendors_own_time_is_kept_to_without_a_trial(health: LocalHealth, clock: Clock) -> None:
    fail(health, wait_s=7)
    assert health.ready_in("a") == 7
    fail(health, wait_s=86_400)
    assert health.ready_in("a") == COOLING.longest_s
    clock.now += COOLING.longest_s + 1e-6
    health.begin("a")
    assert health.ready_in("a") == 0, "nobody is kept away by whoever comes first"


def test_made_up_names_do_not_pile_up(health: LocalHealth) -> None:
    for number in range(10_000):
        health.failed(f"acme:{number}", health.begin(f"acme:{number}"))
    assert len(health._states) <= 4096


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("pass"), st.floats(0, 100)),
            st.tuples(st.just("begin"), st.just(0.0)),
            st.tuples(st.sampled_from(["fail", "succeed"]), st.integers(0, 30)),
            st.tuples(st.just("told"), st.floats(0, 1e6)),
        ),
        max_size=60,
    )
)
def test_nobody_is_ever_left_out_for_longer_than_the_bound(steps: list[tuple[str, float]]) -> None:
    clock = Clock()
    health = LocalHealth(COOLING, clock)
    begun = [health.begin("a")]
    for what, value in steps:
        if what == "pass":
            clock.now += value
        elif what == "begin":
            begun.append(health.begin("a"))
        elif what == "told":
            health.failed("a", begun[-1], value)
        else:
            began = begun[int(value) % len(begun)]
            (health.failed if what == "fail" else health.succeeded)("a", began)
        assert 0 <= health.ready_in("a") <= COOLING.longest_s + 1e-6
    clock.now += COOLING.longest_s + 1e-6
    assert health.ready_in("a") == 0
    health.succeeded("a", health.begin("a"))
    assert health.ready_in("a") == 0, "an answer always ends it"
