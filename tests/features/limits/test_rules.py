"""The rules of limits, by themselves and against a naive model that remembers everything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pluggably.features.limits.rules import (
    BUSY_RETRY_S,
    Ask,
    Bounds,
    Claim,
    Ledger,
    LimitKind,
    Refusal,
    Window,
    day_of,
    nanos,
    period_end,
    reserve,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()
MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC).timestamp()
LEASE = 90.0


def ask(tokens: int = 0, cost: int = 0, *, least: int | None = None) -> Ask:
    return Ask(tokens, cost, tokens if least is None else least, cost)


def take(
    ledger: Ledger, bounds: Bounds, asked: Ask, now: float = NOON, name: str = "r", *, expires: float | None = None
) -> Refusal | None:
    return reserve([Claim("user:u", ledger, bounds)], name, asked, now, now + LEASE if expires is None else expires)


def test_as_many_requests_as_allowed_in_a_minute_and_then_none_until_the_first_is_a_minute_old() -> None:
    ledger, bounds = Ledger(), {LimitKind.REQUESTS_PER_MINUTE: 3}
    for number in range(3):
        assert take(ledger, bounds, ask(), NOON + number, f"r{number}") is None
    refused = take(ledger, bounds, ask(), NOON + 3.5, "r3")
    assert refused is not None
    assert (refused.kind, refused.used, refused.never) == (LimitKind.REQUESTS_PER_MINUTE, 3, False)
    assert refused.retry_s == 57.5
    assert take(ledger, bounds, ask(), NOON + 3.5 + refused.retry_s - 0.01, "r3") is not None
    assert take(ledger, bounds, ask(), NOON + 3.5 + refused.retry_s, "r3") is None


def test_what_is_held_counts_until_what_was_used_takes_its_place() -> None:
    ledger, bounds = Ledger(), {LimitKind.TOKENS_PER_DAY: 100}
    assert take(ledger, bounds, ask(60), name="a") is None
    refused = take(ledger, bounds, ask(60), name="b")
    assert refused is not None
    assert (refused.busy, refused.retry_s) == (True, BUSY_RETRY_S), "it would fit if the other did not run"
    ledger.settle("a", 10, 0, NOON + 1)
    assert take(ledger, bounds, ask(60), NOON + 1, "b") is None
    ledger.settle("b", 60, 0, NOON + 2)
    refused = take(ledger, bounds, ask(31), NOON + 2, "c")
    assert refused is not None
    assert (refused.busy, refused.retry_s) == (False, MIDNIGHT - NOON - 2)


def test_what_never_fits_is_told_from_what_fits_later() -> None:
    refused = take(Ledger(), {LimitKind.TOKENS_PER_MINUTE: 100}, ask(101))
    assert refused is not None
    assert refused.never
    refused = take(Ledger(), {LimitKind.COST_PER_MONTH: 0}, ask(0, 1))
    assert refused is not None
    assert refused.never


def test_what_costs_nothing_is_served_although_the_budget_is_used_up() -> None:
    ledger, bounds = Ledger(), {LimitKind.COST_PER_DAY: 10}
    assert take(ledger, bounds, ask(5, 10), name="dear") is None
    assert take(ledger, bounds, ask(5, 1), name="cheap") is not None
    assert take(ledger, bounds, ask(5, 0), name="free") is None


def test_a_request_of_open_length_takes_what_is_left_and_no_other_comes_beside_it() -> None:
    ledger, bounds = Ledger(), {LimitKind.TOKENS_PER_DAY: 100}
    assert take(ledger, bounds, ask(4096, least=20), name="open") is None
    assert ledger.taken["open"].tokens == 100
    assert take(ledger, bounds, ask(4096, least=20), name="another") is not None
    ledger.settle("open", 30, 0, NOON)
    assert take(ledger, bounds, ask(4096, least=20), name="another") is None
    assert ledger.taken["another"].tokens == 70


def test_a_stand_in_takes_the_place_of_what_was_held_and_counts_as_the_same_request() -> None:
    ledger = Ledger()
    bounds = {LimitKind.REQUESTS_PER_MINUTE: 1, LimitKind.TOKENS_PER_MINUTE: 100, LimitKind.COST_PER_DAY: 100}
    assert take(ledger, bounds, ask(80, 10)) is None
    assert take(ledger, bounds, ask(100, 100), NOON + 5) is None
    assert (ledger.taken["r"].tokens, ledger.tokens.total(NOON + 5), ledger.requests.total(NOON + 5)) == (100, 100, 1)
    dearer = take(ledger, bounds, ask(100, 101), NOON + 6)
    assert dearer is not None
    assert dearer.kind is LimitKind.COST_PER_DAY
    assert ledger.taken["r"].cost == 100, "a refusal changes nothing"


def test_a_request_counts_in_all_ledgers_or_in_none() -> None:
    user, token = Ledger(), Ledger()
    claims = [
        Claim("user:u", user, {LimitKind.TOKENS_PER_DAY: 1000}),
        Claim("token:t", token, {LimitKind.TOKENS_PER_DAY: 10}),
    ]
    refused = reserve(claims, "r", ask(11), NOON, NOON + LEASE)
    assert refused is not None
    assert refused.subject == "token:t"
    assert (user.taken, user.requests.amounts) == ({}, {})
    assert reserve(claims, "r", ask(10), NOON, NOON + LEASE) is None
    assert (user.taken["r"].tokens, token.taken["r"].tokens) == (10, 10)


def test_of_several_limits_the_one_that_lasts_longest_is_told() -> None:
    ledger = Ledger()
    bounds = {LimitKind.REQUESTS_PER_MINUTE: 1, LimitKind.TOKENS_PER_MONTH: 10, LimitKind.TOKENS_PER_DAY: 10}
    assert take(ledger, bounds, ask(10)) is None
    ledger.settle("r", 10, 0, NOON)
    refused = take(ledger, bounds, ask(1), name="s")
    assert refused is not None
    assert refused.kind is LimitKind.TOKENS_PER_MONTH
    assert refused.retry_s == datetime(2026, 12, 1, tzinfo=UTC).timestamp() - NOON


def test_the_hold_of_a_process_that_died_falls_away_and_a_late_word_still_counts_once() -> None:
    ledger, bounds = Ledger(), {LimitKind.TOKENS_PER_DAY: 100}
    assert take(ledger, bounds, ask(100)) is None
    late = NOON + LEASE
    assert take(ledger, bounds, ask(50), late, "s") is None
    ledger.settle("r", 7, 0, late)
    ledger.settle("r", 7, 0, late)
    assert ledger.used[LimitKind.TOKENS_PER_DAY] == 7


def test_days_and_months_begin_at_midnight_of_utc() -> None:
    ledger = Ledger()
    bounds = {LimitKind.TOKENS_PER_DAY: 10, LimitKind.TOKENS_PER_MONTH: 15}
    assert take(ledger, bounds, ask(10), MIDNIGHT - 1) is None
    ledger.settle("r", 10, 0, MIDNIGHT - 0.5)
    assert take(ledger, bounds, ask(5), MIDNIGHT - 0.1, "s") is not None
    assert take(ledger, bounds, ask(5), MIDNIGHT, "s") is None
    refused = take(ledger, bounds, ask(1), MIDNIGHT, "t")
    assert refused is not None
    assert refused.kind is LimitKind.TOKENS_PER_MONTH
    december = datetime(2026, 12, 1, tzinfo=UTC).timestamp()
    assert take(ledger, bounds, ask(10), december, "u") is None


def test_a_request_that_ends_after_midnight_counts_for_the_day_on_which_it_began() -> None:
    ledger, bounds = Ledger(), {LimitKind.TOKENS_PER_DAY: 10}
    assert take(ledger, bounds, ask(10), MIDNIGHT - 1) is None
    assert take(ledger, bounds, ask(10), MIDNIGHT + 1, "s") is None
    ledger.settle("r", 10, 0, MIDNIGHT + 2)
    ledger.settle("s", 4, 0, MIDNIGHT + 2)
    assert ledger.used == {LimitKind.TOKENS_PER_DAY: 4, LimitKind.TOKENS_PER_MONTH: 14}


@pytest.mark.parametrize(
    ("kind", "moment", "end"),
    [
        (LimitKind.TOKENS_PER_DAY, (2026, 11, 23, 12), (2026, 11, 24)),
        (LimitKind.COST_PER_DAY, (2026, 12, 31, 23), (2027, 1, 1)),
        (LimitKind.TOKENS_PER_MONTH, (2026, 12, 1), (2027, 1, 1)),
        (LimitKind.COST_PER_MONTH, (2028, 2, 29, 1), (2028, 3, 1)),
    ],
)
def test_a_period_ends_where_the_next_begins(
    kind: LimitKind, moment: tuple[int, int, int], end: tuple[int, int, int]
) -> None:
    assert period_end(kind, datetime(*moment, tzinfo=UTC).timestamp()) == datetime(*end, tzinfo=UTC).timestamp()


def test_ten_times_a_tenth_is_one() -> None:
    assert 10 * nanos(0.1) == nanos(1.0)
    assert nanos(0.15 / 1_000_000) == 150
    assert (nanos(None), nanos(0)) == (0, 0)


moments = st.lists(st.floats(0, 200, allow_nan=False).map(lambda value: NOON + value), max_size=60).map(sorted)


@given(moments, st.integers(0, 8))
def test_no_sixty_seconds_ever_hold_more_requests_than_allowed(times: list[float], bound: int) -> None:
    ledger, served = Ledger(), list[float]()
    for number, moment in enumerate(times):
        if take(ledger, {LimitKind.REQUESTS_PER_MINUTE: bound}, ask(), moment, str(number)) is None:
            served.append(moment)
        else:
            # One that keeps its distance is never refused: the window is at most a second longer than a minute.
            assert sum(1 for one in served if one > moment - 61) >= bound
    for moment in served:
        assert sum(1 for one in served if moment <= one < moment + 60) <= bound


@given(st.lists(st.tuples(st.floats(0, 130), st.integers(1, 50)), max_size=30), st.integers(1, 500))
def test_a_window_knows_when_enough_of_it_is_free(taken: list[tuple[float, int]], wanted: int) -> None:
    window, now = Window(), NOON + 130
    for moment, amount in sorted(taken):
        window.add(NOON + moment, amount)
    total = window.total(now)
    wanted = min(wanted, total)
    if wanted:
        frees = window.frees_s(now, wanted)
        assert total - Window(window.amounts).total(now + frees) >= wanted
        assert total - Window(window.amounts).total(now + frees - 0.001) < wanted


@dataclass
class Call:
    """One request in the naive model."""

    granted: int
    moment: float
    expires: float
    used: int | None = None
    by: int = 0


class Ledgers(RuleBasedStateMachine):
    """Processes reserve, settle, renew and die while time goes on; the naive model remembers every request."""

    @initialize(minute=st.integers(1, 60), day=st.integers(1, 150), rate=st.integers(1, 8))
    def begin(self, minute: int, day: int, rate: int) -> None:
        self.now = MIDNIGHT - 300.0
        self.ledger = Ledger()
        self.bounds: Bounds = {
            LimitKind.REQUESTS_PER_MINUTE: rate,
            LimitKind.TOKENS_PER_MINUTE: minute,
            LimitKind.TOKENS_PER_DAY: day,
            LimitKind.TOKENS_PER_MONTH: 2 * day,
        }
        self.calls: dict[str, Call] = {}

    @rule(tokens=st.integers(1, 40), spare=st.integers(0, 20), process=st.integers(0, 2))
    def ask(self, tokens: int, spare: int, process: int) -> None:
        name = f"c{len(self.calls)}"
        refusal = take(self.ledger, self.bounds, Ask(tokens + spare, 0, tokens, 0), self.now, name)
        if refusal is None:
            granted = self.ledger.taken[name].tokens
            assert tokens <= granted <= tokens + spare
            self.calls[name] = Call(granted, self.now, self.now + LEASE, by=process)
        else:
            assert refusal.retry_s >= 1
            assert name not in self.ledger.taken

    @precondition(lambda self: any(call.used is None for call in self.calls.values()))
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from([name for name, call in self.calls.items() if call.used is None]))
        call = self.calls[name]
        call.used = data.draw(st.integers(0, call.granted))
        self.ledger.settle(name, call.used, 0, self.now)

    @rule(process=st.integers(0, 2))
    def renew(self, process: int) -> None:
        for name, call in self.calls.items():
            if call.by == process and call.used is None and call.expires > self.now:
                call.expires = self.now + LEASE
                self.ledger.renew(name, call.expires)

    @rule(process=st.integers(0, 2))
    def die(self, process: int) -> None:
        """Nobody renews or settles what it held."""
        for call in self.calls.values():
            if call.by == process and call.used is None:
                call.by = -1

    @rule(seconds=st.floats(0, 50))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def write_and_read(self) -> None:
        self.ledger = Ledger.from_json(self.ledger.to_json())

    @invariant()
    def no_minute_holds_more_than_allowed(self) -> None:
        for begin in [call.moment for call in self.calls.values()]:
            inside = [call for call in self.calls.values() if begin <= call.moment < begin + 60]
            assert len(inside) <= self.bounds[LimitKind.REQUESTS_PER_MINUTE]
            spent = sum(call.granted if call.used is None else call.used for call in inside)
            assert spent <= self.bounds[LimitKind.TOKENS_PER_MINUTE]

    @invariant()
    def what_is_used_and_held_is_what_the_requests_say(self) -> None:
        self.ledger.roll(self.now)
        for kind in (LimitKind.TOKENS_PER_DAY, LimitKind.TOKENS_PER_MONTH):
            of_today = [
                call
                for call in self.calls.values()
                if kind is LimitKind.TOKENS_PER_MONTH or day_of(call.moment) == day_of(self.now)
            ]
            standing = self.ledger.standing(kind, self.bounds[kind], self.now)
            assert standing.used == sum(call.used or 0 for call in of_today)
            held = [call.granted for call in of_today if call.used is None and call.expires > self.now]
            assert standing.reserved == sum(held)

    def teardown(self) -> None:
        if not hasattr(self, "ledger"):
            return
        # Whatever happened: when every lease has run out, nothing is held, and a day later all is free.
        self.now += LEASE
        self.ledger.roll(self.now)
        assert all(self.ledger.standing(kind, 0, self.now).reserved == 0 for kind in LimitKind)
        self.now += 86_400
        refusal = take(self.ledger, {LimitKind.TOKENS_PER_DAY: 1}, ask(1), self.now, "last")
        assert refusal is None
        assert set(self.ledger.taken) == {"last"}, "what expired long ago is forgotten"


TestLedgers = Ledgers.TestCase
TestLedgers.settings = settings(
    max_examples=80, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
