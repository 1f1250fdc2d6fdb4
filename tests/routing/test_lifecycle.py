"""The state machine of the local models: scenes one can follow, and then anything in any order."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pluggably.errors import InsufficientStorage, ModelBusy, ModelPinned, ModelUnavailable, QueueFull
from pluggably.routing.lifecycle import Lifecycle, Limits, Load, Model, Need, Phase, Reason, Ticket, Unload

LIMITS = Limits(max_loaded=1, max_memory_bytes=1000, idle_timeout_s=100, max_queue=3, turn_s=10, linger_s=1)


def need(name: str, slots: int = 1, size: int = 100, *, pinned: bool = False) -> Need:
    return Need(name, slots, size, pinned)


class Stage:
    """A lifecycle, its clock, and workers that do what they are told when they are told to."""

    def __init__(self, **limits: float) -> None:
        self.machine = Lifecycle(replace(LIMITS, **limits))  # type: ignore[arg-type]
        self.now = 0.0
        self.todo: list[Load | Unload] = []

    def enter(self, wanted: Need, user: str = "ann") -> Ticket:
        try:
            return self.machine.enter(wanted, user, self.now)
        finally:
            self.collect()

    def run(self, wanted: Need, user: str = "ann") -> Ticket:
        """A request that is let in at once and runs."""
        ticket = self.enter(wanted, user)
        self.work()
        assert ticket.ready
        self.machine.begin(ticket, self.now)
        return ticket

    def leave(self, *tickets: Ticket) -> None:
        for ticket in tickets:
            self.machine.leave(ticket, self.now)
        self.collect()

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.machine.tick(self.now)
        self.collect()

    def unload(self, wanted: Need, *, force: bool = False) -> bool:
        going = self.machine.unload(wanted, self.now, force=force)
        self.collect()
        return going

    def collect(self) -> None:
        self.todo += self.machine.actions()

    def work(self) -> list[str]:
        """Do all that is to be done, and all that follows from it; what it was."""
        done = []
        while self.todo:
            action = self.todo.pop(0)
            if isinstance(action, Load):
                done.append(f"load {action.model}")
                self.machine.loaded(action, None, 2.0, self.now)
            else:
                done.append(f"unload {action.model} ({action.reason.value})")
                self.machine.unloaded(action.model, self.now)
            self.collect()
        return done

    def fail(self, message: str = "no", retry_after_s: float = 5) -> None:
        """The load that is to be done goes wrong."""
        action = self.todo.pop(0)
        assert isinstance(action, Load)
        self.machine.load_failed(action, message, retry_after_s, self.now)
        self.collect()

    def phase(self, name: str) -> Phase:
        model = self.machine.get(name)
        return model.phase if model else Phase.UNLOADED


A, B, C = need("a"), need("b"), need("c")


def positions(*tickets: Ticket) -> list[int | None]:
    return [ticket.position for ticket in tickets]


# Loading
@pytest.mark.req("SYS-REQ-045")
def test_a_model_that_needs_no_place_pushes_none_out_and_is_not_pushed_out_for_a_place() -> None:
    stage = Stage(max_loaded=1)
    free = Need("free", 1, 100, place=False)
    for wanted in (A, free):
        stage.leave(stage.run(wanted))
    assert (stage.phase("a"), stage.phase("free")) == (Phase.LOADED, Phase.LOADED)
    stage.wait(5)
    stage.enter(B)
    assert stage.work() == ["unload a (room)", "load b"]
    assert stage.phase("free") is Phase.LOADED


def test_the_memory_of_a_model_that_needs_no_place_counts() -> None:
    stage = Stage(max_loaded=2, max_memory_bytes=350)
    free = Need("free", 1, 300, place=False)
    stage.leave(stage.run(A))
    stage.wait(5)
    stage.leave(stage.run(free))
    assert stage.phase("a") is Phase.UNLOADED
    stage.wait(5)
    stage.enter(A)
    assert stage.work() == ["unload free (room)", "load a"]


def test_a_model_that_needs_no_place_loads_where_pins_have_all_places() -> None:
    stage = Stage(max_loaded=1)
    stage.leave(stage.run(need("a", pinned=True)))
    with pytest.raises(InsufficientStorage):
        stage.enter(B)
    stage.run(Need("free", 1, 100, place=False))


def test_a_model_says_until_when_it_stays_unless_it_is_in_use_or_pinned() -> None:
    stage = Stage(idle_timeout_s=100)
    assert stage.machine.idle_until("a") is None
    ticket = stage.run(A)
    assert stage.machine.idle_until("a") is None
    stage.wait(7)
    stage.leave(ticket)
    assert stage.machine.idle_until("a") == 107
    stage.wait(99.5)
    assert stage.todo == []
    stage.wait(0.5)
    assert stage.work() == ["unload a (idle)"]
    assert stage.machine.idle_until("a") is None
    stage.leave(stage.run(need("a", pinned=True)))
    assert stage.machine.idle_until("a") is None


@pytest.mark.req("SYS-REQ-045")
def test_a_request_has_its_model_loaded_and_those_at_the_same_time_share_the_load() -> None:
    stage = Stage()
    wanted = need("a", slots=2)
    first, second, third = (stage.enter(wanted) for _ in range(3))
    assert [ticket.granted_at for ticket in (first, second, third)] == [0.0, 0.0, None]
    assert positions(first, second, third) == [None, None, 1]
    assert not first.ready
    assert stage.work() == ["load a"]
    assert first.ready
    assert second.ready
    stage.leave(first)
    assert third.ready


def test_a_failed_load_is_told_to_all_who_wait_and_not_tried_again_for_a_while() -> None:
    stage = Stage()
    tickets = [stage.enter(A) for _ in range(3)]
    stage.fail("a could not be loaded: broken", retry_after_s=5)
    for ticket in tickets:
        assert isinstance(ticket.error, ModelUnavailable)
        assert ticket.error.message == "a could not be loaded: broken"
        assert ticket.error.retry_after == 5
    stage.now += 2
    with pytest.raises(ModelUnavailable) as caught:
        stage.enter(A)
    assert caught.value.retry_after == 3
    stage.leave(*tickets)
    assert stage.phase("a") is Phase.UNLOADED
    assert stage.work() == []
    stage.wait(3)
    stage.run(A)


def test_a_load_that_failed_takes_no_room() -> None:
    stage = Stage()
    stage.leave(failed := stage.enter(A))
    stage.fail()
    stage.run(B)
    assert failed.error is None  # it had left before


def test_a_load_goes_on_when_its_only_request_leaves() -> None:
    stage = Stage()
    stage.leave(stage.enter(A))
    assert stage.work() == ["load a"]
    assert stage.phase("a") is Phase.LOADED


@pytest.mark.req("SYS-REQ-049")
def test_a_wish_loads_a_model_and_is_fulfilled_at_once_where_it_is_loaded() -> None:
    stage = Stage()
    wish = stage.machine.wish(A, stage.now)
    stage.collect()
    assert not wish.ready
    assert stage.work() == ["load a"]
    assert wish.ready
    assert stage.machine.wish(A, stage.now).ready
    stage.collect()
    assert stage.todo == []


def test_a_death_is_followed_by_a_load_only_where_somebody_waits() -> None:
    stage = Stage()
    running, waiting = stage.run(A), stage.enter(A)
    stage.machine.died("a", stage.now)
    stage.collect()
    assert stage.work() == ["load a"]
    stage.leave(running)
    assert waiting.ready
    stage.machine.begin(waiting, stage.now)
    stage.leave(waiting)
    stage.machine.died("a", stage.now)
    stage.collect()
    assert stage.todo == []


def test_a_request_that_was_let_in_but_not_sent_survives_a_death() -> None:
    stage = Stage()
    ticket = stage.enter(A)
    stage.work()
    stage.machine.died("a", stage.now)
    stage.collect()
    assert not ticket.ready
    assert stage.work() == ["load a"]
    assert ticket.ready


# Time-outs and pins
@pytest.mark.req("SYS-REQ-045", "TEST-INT-011")
def test_a_model_leaves_when_it_was_idle_long_enough() -> None:
    stage = Stage(idle_timeout_s=100)
    stage.leave(stage.run(A))
    stage.wait(99)
    stage.leave(stage.run(A))
    stage.wait(99.9)
    assert stage.todo == []
    stage.wait(0.1)
    assert stage.work() == ["unload a (idle)"]


@pytest.mark.req("SYS-NFR-019")
def test_a_running_request_keeps_its_model_however_long_it_takes() -> None:
    stage = Stage(idle_timeout_s=100)
    ticket = stage.run(A)
    stage.wait(10_000)
    assert stage.todo == []
    stage.leave(ticket)
    stage.wait(100)
    assert stage.work() == ["unload a (idle)"]


@pytest.mark.req("SYS-REQ-052", "SYS-NFR-020")
def test_a_pinned_model_is_loaded_by_itself_and_stays() -> None:
    stage = Stage(idle_timeout_s=100)
    stage.machine.refresh(need("a", pinned=True), 0.0, stale=False)
    stage.wait(0)
    assert stage.work() == ["load a"]
    stage.wait(10_000)
    assert stage.todo == []


@pytest.mark.req("SYS-REQ-052")
def test_a_pinned_model_that_dies_or_fails_comes_back_but_not_at_once() -> None:
    stage = Stage()
    stage.machine.refresh(need("a", pinned=True), 0.0, stale=False)
    stage.wait(0)
    stage.fail(retry_after_s=5)
    stage.wait(4.9)
    assert stage.todo == []
    stage.wait(0.1)
    assert stage.work() == ["load a"]
    stage.machine.died("a", stage.now)
    stage.wait(1)
    assert stage.todo == []
    stage.wait(1)
    assert stage.work() == ["load a"]


def test_pins_alone_may_exceed_the_limits_and_then_nothing_else_fits() -> None:
    stage = Stage(max_loaded=1)
    for name in "ab":
        stage.machine.refresh(need(name, size=900, pinned=True), 0.0, stale=False)
    stage.wait(0)
    assert sorted(stage.work()) == ["load a", "load b"]
    with pytest.raises(InsufficientStorage, match="taken by pinned models"):
        stage.enter(C)
    stage.machine.refresh(need("a"), stage.now, stale=False)
    stage.machine.refresh(need("b"), stage.now, stale=False)
    stage.wait(1)
    stage.run(need("c", size=500))
    assert [stage.phase(name) for name in "abc"] == [Phase.UNLOADED, Phase.UNLOADED, Phase.LOADED]


# Room
@pytest.mark.req("SYS-REQ-045", "TEST-INT-011")
def test_room_is_made_by_the_model_that_was_used_longest_ago() -> None:
    stage = Stage(max_loaded=3)
    for wanted in (A, B, C, A):
        stage.leave(stage.run(wanted))
        stage.wait(2)
    stage.enter(need("d"))
    assert stage.work() == ["unload b (room)", "load d"]


@pytest.mark.req("SYS-REQ-045")
def test_only_as_many_models_go_as_the_memory_needs() -> None:
    stage = Stage(max_loaded=9, max_memory_bytes=1000)
    for wanted in (need("small", size=100), need("big", size=700), need("other", size=150)):
        stage.leave(stage.run(wanted))
        stage.wait(2)
    stage.enter(need("new", size=600))
    assert stage.work() == ["unload big (room)", "load new"]


def test_a_measurement_takes_the_place_of_the_estimate() -> None:
    stage = Stage(max_loaded=9, max_memory_bytes=1000)
    stage.leave(stage.run(need("a", size=100)))
    stage.machine.measured("a", 700)
    stage.wait(2)
    stage.enter(need("b", size=400))
    assert stage.work() == ["unload a (room)", "load b"]
    with pytest.raises(InsufficientStorage):
        Stage(max_memory_bytes=300).enter(need("a", size=400))


def test_what_never_fits_is_refused_with_the_numbers() -> None:
    stage = Stage(max_memory_bytes=300 * 2**20)
    with pytest.raises(InsufficientStorage, match="needs about 400 MiB of memory; 300 MiB are allowed") as caught:
        stage.enter(need("a", size=400 * 2**20))
    assert (caught.value.status, caught.value.code) == (507, "insufficient_storage")
    with pytest.raises(InsufficientStorage):
        stage.machine.wish(need("a", size=400 * 2**20), stage.now)


def test_a_pin_that_comes_while_another_model_waits_refuses_what_no_longer_fits() -> None:
    stage = Stage(max_loaded=1)
    running = stage.run(A)
    waiting = stage.enter(B)
    stage.machine.refresh(need("a", pinned=True), stage.now, stale=False)
    stage.wait(0.1)
    assert isinstance(waiting.error, InsufficientStorage)
    stage.leave(running, waiting)


# Swaps
@pytest.mark.req("SYS-NFR-019", "SYS-REQ-045")
def test_a_busy_model_is_never_unloaded_for_another() -> None:
    stage = Stage()
    running, waiting = stage.run(A), stage.enter(B)
    assert waiting.position == 1
    stage.wait(1000)
    assert stage.todo == []
    stage.leave(running)
    assert stage.work() == ["unload a (room)", "load b"]
    assert waiting.ready


def test_requests_for_the_loaded_model_go_first_until_the_others_have_waited_long_enough() -> None:
    stage = Stage(turn_s=10)
    running, other = stage.run(A), stage.enter(B)
    for _ in range(9):
        stage.wait(1)
        following = stage.enter(A)
        stage.leave(running)
        assert following.ready
        stage.machine.begin(following, stage.now)
        running = following
    stage.wait(1)
    late = stage.enter(A)
    stage.leave(running)
    assert stage.work() == ["unload a (room)", "load b"]
    assert other.ready
    assert late.position == 1
    stage.machine.begin(other, stage.now)
    stage.leave(other)
    stage.wait(1)
    assert stage.work() == ["unload b (room)", "load a"]
    assert late.ready


def test_a_client_that_asks_again_at_once_finds_its_model_although_another_waits() -> None:
    stage = Stage()
    first, other = stage.run(A), stage.enter(B)
    stage.leave(first)
    stage.wait(0.9)
    second = stage.enter(A)
    assert second.ready
    stage.leave(second)
    assert stage.todo == []
    stage.wait(1)
    assert stage.work() == ["unload a (room)", "load b"]
    assert other.ready


def test_a_model_has_a_whole_turn_even_if_loading_the_other_takes_longer_than_one() -> None:
    stage = Stage(turn_s=10)
    running, other = stage.run(A), stage.enter(B)
    stage.wait(10)
    back = stage.enter(A)
    stage.leave(running)
    stage.todo.pop(0)
    stage.machine.unloaded("a", stage.now)
    stage.wait(30)  # b is being loaded for as long, and a's request waits
    stage.work()
    assert other.ready
    more = stage.enter(B)
    stage.machine.begin(other, stage.now)
    stage.leave(other)
    assert more.ready
    assert back.position == 1
    stage.wait(10)
    stage.leave(more)
    stage.work()
    assert back.ready


def test_whoever_gave_up_no_longer_holds_the_others_back() -> None:
    stage = Stage()
    running, other = stage.run(need("a", slots=2)), stage.enter(B)
    stage.wait(10)
    behind = stage.enter(need("a", slots=2))
    assert behind.position == 1
    stage.leave(other)
    assert behind.ready
    stage.leave(running, behind)


# The queue
@pytest.mark.req("SYS-REQ-046")
def test_users_take_turns_and_positions_follow() -> None:
    stage = Stage()
    running = stage.run(A, "ann")
    mine = [stage.enter(A, "ann") for _ in range(2)]
    hers = stage.enter(A, "bob")
    assert positions(*mine, hers) == [1, 3, 2]
    stage.leave(running)
    assert positions(*mine, hers) == [None, 2, 1]


@pytest.mark.req("SYS-REQ-046", "SYS-NFR-018")
def test_everyone_hears_of_a_change_of_their_position_at_once() -> None:
    stage = Stage()
    heard: list[str] = []
    running = stage.run(A)
    second = stage.machine.enter(A, "ann", stage.now, lambda: heard.append("second"))
    third = stage.machine.enter(A, "ann", stage.now, lambda: heard.append("third"))
    heard.clear()
    stage.leave(running)
    assert sorted(heard) == ["second", "third"]
    assert positions(second, third) == [None, 1]
    heard.clear()
    stage.leave(third)
    assert heard == []


def test_a_full_queue_says_so_and_when_to_come_back() -> None:
    stage = Stage(max_queue=2)
    tickets = [stage.run(A), stage.enter(A), stage.enter(A)]
    with pytest.raises(QueueFull, match="2 requests wait for a already") as caught:
        stage.enter(A)
    assert (caught.value.status, caught.value.code) == (503, "queue_full")
    assert caught.value.headers()["retry-after"]
    stage.leave(tickets[2])
    assert stage.enter(A).position == 2


def test_without_waiting_places_only_free_slots_count() -> None:
    stage = Stage(max_queue=0)
    ticket = stage.enter(A)
    with pytest.raises(QueueFull):
        stage.enter(A)
    stage.leave(ticket)
    stage.work()
    assert stage.enter(A).ready


def test_the_estimate_grows_with_the_position_and_counts_the_load() -> None:
    stage = Stage(max_queue=9)
    first = stage.run(A)
    assert stage.machine.eta_s(stage.enter(A), stage.now) is None
    stage.wait(4)
    stage.leave(first)
    second, third = stage.enter(A), stage.enter(A)
    assert [stage.machine.eta_s(ticket, stage.now) for ticket in (second, third)] == [4.0, 8.0]
    stage.machine.died("a", stage.now)
    assert stage.machine.eta_s(third, stage.now) == 10.0


def test_leaving_twice_frees_one_slot() -> None:
    stage = Stage()
    running, second, third = stage.run(A), stage.enter(A), stage.enter(A)
    stage.leave(running, running)
    assert positions(second, third) == [None, 1]


# Unloading by request
def test_a_model_is_unloaded_when_somebody_asks_unless_it_is_busy_or_pinned() -> None:
    stage = Stage()
    ticket = stage.run(A)
    with pytest.raises(ModelBusy):
        stage.unload(A)
    stage.leave(ticket)
    with pytest.raises(ModelPinned):
        stage.unload(need("a", pinned=True))
    assert stage.unload(A)
    assert stage.work() == ["unload a (asked)"]
    assert not stage.unload(A)


@pytest.mark.req("SYS-NFR-019")
def test_force_lets_what_runs_finish_and_what_comes_meanwhile_loads_it_again() -> None:
    stage = Stage()
    running = stage.run(need("a", slots=2))
    stage.unload(need("a", slots=2), force=True)
    assert stage.todo == []
    late = stage.enter(need("a", slots=2))
    assert late.position == 1
    stage.leave(running)
    assert stage.work() == ["unload a (asked)", "load a"]
    assert late.ready


def test_a_pinned_model_that_was_unloaded_by_force_comes_back_when_it_is_asked_for_and_then_stays() -> None:
    stage = Stage(idle_timeout_s=100)
    pinned = need("a", pinned=True)
    stage.leave(stage.run(pinned))
    stage.unload(pinned, force=True)
    stage.work()
    stage.wait(1000)
    assert stage.todo == []
    stage.leave(stage.run(pinned))
    stage.wait(1000)
    assert stage.todo == []


def test_a_load_that_nobody_waits_for_is_given_up() -> None:
    stage = Stage()
    wish = stage.machine.wish(A, stage.now)
    stage.collect()
    load = stage.todo.pop()
    assert isinstance(load, Load)
    stage.unload(A)
    assert stage.todo == [Unload("a", Reason.ASKED)]
    assert isinstance(wish.error, ModelUnavailable)
    stage.work()
    stage.machine.load_failed(load, "stopped", 5, stage.now)  # late, and without effect
    stage.run(A)


def test_a_model_whose_file_changed_is_unloaded_when_it_is_idle() -> None:
    stage = Stage()
    ticket = stage.run(A)
    stage.machine.refresh(A, stage.now, stale=True)
    stage.wait(1)
    assert stage.todo == []
    stage.leave(ticket)
    assert stage.work() == ["unload a (changed)"]


def test_a_model_that_is_gone_is_forgotten_once_it_is_unloaded() -> None:
    stage = Stage()
    ticket = stage.run(A)
    assert not stage.machine.forget("a")
    stage.leave(ticket)
    stage.unload(A)
    stage.work()
    assert stage.machine.forget("a")
    assert stage.machine.get("a") is None
    stage.leave(ticket)


# Anything in any order
NEEDS = [Need("a", 1, 300), Need("b", 2, 400, place=False), Need("c", 3, 700), Need("d", 1, 900), Need("e", 1, 2000)]
WHICH = st.integers(0, 59)
USERS = st.sampled_from(["ann", "bob", "cyd"])
NAMES = st.sampled_from(["a", "a", "a", "b", "b", "b", "c", "c", "d", "e"])


class AnyOrder(RuleBasedStateMachine):
    """Requests, wishes, pins, deaths, failures and time, in any order; workers take as long as they like.

    `memory` is the truth about the workers: what the machine was told of, and no more.
    """

    @initialize(max_loaded=st.integers(1, 3), max_queue=st.integers(0, 5), memory=st.sampled_from([700, 1000, 1500]))
    def build(self, max_loaded: int, max_queue: int, memory: int) -> None:
        self.limits = Limits(max_loaded, memory, 60, max_queue, turn_s=10, linger_s=1)
        self.machine = Lifecycle(self.limits)
        self.needs = {item.model: item for item in NEEDS}
        self.now = 0.0
        self.loads: list[Load] = []
        self.unloads: list[Unload] = []
        self.up: set[str] = set()
        """The models with a process that is loaded."""
        self.tickets: list[Ticket] = []
        self.forced: set[str] = set()

    def _act(self) -> None:
        """Take the actions and see that each is allowed at this moment."""
        for action in self.machine.actions():
            if isinstance(action, Load):
                assert action.model not in self.up, "loaded twice"
                assert all(other.model != action.model for other in self.loads), "loaded twice at once"
                self.loads.append(action)
                self._within_limits(action.model)
                continue
            model = self._model(action.model)
            assert not any(ticket.model == action.model for ticket in self._sent()), "a busy model is unloaded"
            if self.needs[action.model].pinned:
                assert action.model in self.forced or action.reason is Reason.CHANGED, "a pinned model is unloaded"
            assert not model.running
            self.loads = [load for load in self.loads if load.model != action.model]
            self.unloads.append(action)

    def _within_limits(self, loading: str) -> None:
        taking = [model for model in self.machine.models() if model.phase is not Phase.UNLOADED]
        placed = [model for model in taking if model.need.place]
        if self.needs[loading].place and len(placed) > self.limits.max_loaded:
            assert all(model.need.pinned for model in placed), f"{loading} goes beyond the limit of places"
        if sum(model.bytes for model in taking) > self.limits.max_memory_bytes:
            assert all(model.need.pinned for model in taking), f"{loading} goes beyond the limit of memory"

    def _model(self, name: str) -> Model:
        model = self.machine.get(name)
        assert model is not None
        return model

    def _sent(self) -> Iterable[Ticket]:
        return (ticket for ticket in self.tickets if ticket.began_at is not None)

    @rule(name=NAMES, user=USERS)
    def request(self, name: str, user: str) -> None:
        waiting = len(self._model(name).queue) if self.machine.get(name) else 0
        try:
            self.tickets.append(self.machine.enter(self.needs[name], user, self.now))
        except QueueFull:
            assert waiting >= self.limits.max_queue
        except (ModelUnavailable, InsufficientStorage):
            assert name not in self.up
        self._act()

    @rule(name=NAMES)
    def wish(self, name: str) -> None:
        try:
            ready = self.machine.wish(self.needs[name], self.now).ready
            assert not ready or name in self.up
        except (ModelUnavailable, InsufficientStorage):
            assert name not in self.up
        self._act()

    @rule(which=WHICH)
    def send(self, which: int) -> None:
        ready = [ticket for ticket in self.tickets if ticket.ready]
        if not ready:
            return
        ticket = ready[which % len(ready)]
        assert ticket.began_at is not None or ticket.model in self.up, "sent to a model that is not there"
        if ticket.began_at is None:
            self.machine.begin(ticket, self.now)

    @rule(which=WHICH, twice=st.booleans())
    def leave(self, which: int, twice: bool) -> None:
        if not self.tickets:
            return
        ticket = self.tickets[which % len(self.tickets)]
        self.tickets.remove(ticket)
        for _ in range(1 + twice):
            self.machine.leave(ticket, self.now)
        self._act()

    @rule(which=WHICH, went=st.sampled_from(["well", "well", "wrong"]), memory=st.none() | st.integers(1, 1000))
    def load_ends(self, which: int, went: str, memory: int | None) -> None:
        if not self.loads:
            return
        load = self.loads[which % len(self.loads)]
        self.loads.remove(load)
        if went == "well":
            self.up.add(load.model)
            self.machine.loaded(load, memory, 1.0, self.now)
        else:
            self.machine.load_failed(load, "no", 3, self.now)
        self._act()

    @rule(which=WHICH)
    def unload_ends(self, which: int) -> None:
        if not self.unloads:
            return
        unload = self.unloads[which % len(self.unloads)]
        self.unloads.remove(unload)
        self.up.discard(unload.model)
        self.forced.discard(unload.model)
        self.machine.unloaded(unload.model, self.now)
        self._act()

    @rule(which=WHICH)
    def death(self, which: int) -> None:
        alive = sorted(self.up - {unload.model for unload in self.unloads})
        if not alive:
            return
        name = alive[which % len(alive)]
        self.up.discard(name)
        self.forced.discard(name)
        self.machine.died(name, self.now)
        self._act()

    @rule(name=NAMES, force=st.booleans())
    def unload(self, name: str, force: bool) -> None:
        try:
            if self.machine.unload(self.needs[name], self.now, force=force) and force:
                self.forced.add(name)
        except ModelBusy:
            assert not force
        except ModelPinned:
            assert not force
            assert self.needs[name].pinned
        self._act()

    @rule(name=NAMES, pinned=st.booleans(), stale=st.sampled_from([False, False, True]))
    def catalogue_changes(self, name: str, pinned: bool, stale: bool) -> None:
        self.needs[name] = replace(self.needs[name], pinned=pinned)
        self.machine.refresh(self.needs[name], self.now, stale=stale)
        self.machine.tick(self.now)
        self._act()

    @rule(seconds=st.sampled_from([0.1, 1.0, 5.0, 11.0, 61.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.machine.tick(self.now)
        self._act()

    @rule(name=NAMES)
    def forgotten(self, name: str) -> None:
        if not any(ticket.model == name for ticket in self.tickets):
            self.machine.forget(name)

    @invariant()
    def no_ghosts(self) -> None:
        """What the machine believes of the workers is what is so."""
        if not hasattr(self, "machine"):
            return
        phases = {model.need.model: model.phase for model in self.machine.models()}
        assert {name for name, phase in phases.items() if phase is Phase.LOADING} == {x.model for x in self.loads}
        assert {name for name, phase in phases.items() if phase is Phase.UNLOADING} == {x.model for x in self.unloads}
        leaving = {unload.model for unload in self.unloads}
        assert {name for name, phase in phases.items() if phase is Phase.LOADED} == self.up - leaving

    @invariant()
    def everyone_is_somewhere(self) -> None:
        """A request waits at a position, has a slot, or was told why not."""
        if not hasattr(self, "machine"):
            return
        for model in self.machine.models():
            assert len(model.running) <= model.need.slots
            assert len(model.queue) <= self.limits.max_queue
            assert [ticket.position for ticket in model.queue] == list(range(1, len(model.queue) + 1))
            free = len(model.running) < model.need.slots and not model.leaving and not model.yielding
            assert not (model.queue and free and model.phase is Phase.LOADED), "a free slot, and somebody waits"
        for ticket in self.tickets:
            model = self._model(ticket.model)
            places = (ticket in model.running, ticket.position is not None, ticket.error is not None)
            assert any(places), "a request is lost"
            assert not (ticket in model.running and ticket.position is not None)

    @rule(names=st.lists(NAMES, min_size=1, max_size=4))
    def all_goes_well(self, names: list[str]) -> None:
        """Some ask, and then all that is to be done is done."""
        for name in names:
            self.request(name, "ann")
        self._work()
        self._send()

    @rule()
    def requests_end(self) -> None:
        """All that run end."""
        self._work()
        self._send()
        self._leave(ticket for ticket in self.tickets if ticket.began_at is not None)
        self._leave_those_refused()

    def _work(self) -> None:
        while self.loads or self.unloads:
            for load in list(self.loads):
                self.loads.remove(load)
                self.up.add(load.model)
                self.machine.loaded(load, None, 1.0, self.now)
                self._act()
            for unload in list(self.unloads):
                self.unloads.remove(unload)
                self.up.discard(unload.model)
                self.forced.discard(unload.model)
                self.machine.unloaded(unload.model, self.now)
                self._act()

    def _send(self) -> None:
        for ticket in self.tickets:
            if ticket.ready and ticket.began_at is None:
                self.machine.begin(ticket, self.now)

    def teardown(self) -> None:
        """From wherever it is: everyone is served or told why not, although others never stop asking."""
        if not hasattr(self, "machine"):
            return
        waiting = set(self.tickets)
        rounds = 20 + 12 * len(waiting)  # a turn is two rounds, and what is taken up again may have to be loaded
        while waiting.intersection(self.tickets):
            rounds -= 1
            assert rounds, f"starved: {waiting.intersection(self.tickets)}"
            for name in self.up:
                with suppress(QueueFull):
                    self.tickets.append(self.machine.enter(self.needs[name], "crowd", self.now))
                self._act()
            self._send()
            served = [ticket for ticket in self.tickets if ticket.began_at is not None]
            self.now += 5
            self.machine.tick(self.now)
            self._act()
            self._work()
            for ticket in served:
                for name in self.up:  # before the slot is free: the model is in use at every moment
                    with suppress(QueueFull):
                        self.tickets.append(self.machine.enter(self.needs[name], "crowd", self.now))
                    self._act()
                self._leave([ticket])
            self._leave_those_refused()
            self._work()

    def _leave_those_refused(self) -> None:
        self._leave(ticket for ticket in self.tickets if ticket.error is not None)

    def _leave(self, tickets: Iterable[Ticket]) -> None:
        for ticket in list(tickets):
            self.tickets.remove(ticket)
            self.machine.leave(ticket, self.now)
            self._act()


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=500, stateful_step_count=60, deadline=None)
