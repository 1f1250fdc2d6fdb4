"""The queue before a model: first come, first served, bounded, and nobody's place is lost."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from prometheus_client import REGISTRY

from pluggably.errors import QueueFull
from pluggably.routing.queue import LocalPlace, LocalQueue


def positions(*places: LocalPlace) -> list[int | None]:
    return [place.position for place in places]


async def test_a_request_runs_at_once_where_a_slot_is_free() -> None:
    queue = LocalQueue("m", slots=2, max_waiting=5)
    assert positions(queue.enter(), queue.enter(), queue.enter()) == [None, None, 1]
    assert (queue.running, queue.waiting) == (2, 1)


@pytest.mark.req("SYS-REQ-046")
async def test_those_who_wait_are_let_in_in_the_order_in_which_they_came() -> None:
    queue = LocalQueue("m", slots=1, max_waiting=5)
    places = [queue.enter() for _ in range(4)]
    assert positions(*places) == [None, 1, 2, 3]
    places[0].leave()
    assert positions(*places[1:]) == [None, 1, 2]
    places[1].leave()
    assert positions(*places[2:]) == [None, 1]


@pytest.mark.req("SYS-REQ-046", "SYS-NFR-018")
async def test_everyone_who_waits_hears_of_a_change_at_once() -> None:
    queue = LocalQueue("m", slots=1, max_waiting=5)
    running, second, third = queue.enter(), queue.enter(), queue.enter()
    heard = [asyncio.create_task(place.changed()) for place in (second, third)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in heard)
    running.leave()
    async with asyncio.timeout(0.5):
        await asyncio.gather(*heard)
    assert positions(second, third) == [None, 1]


async def test_a_change_before_anyone_listened_is_not_lost() -> None:
    queue = LocalQueue("m", slots=1, max_waiting=5)
    running, waiting = queue.enter(), queue.enter()
    running.leave()
    async with asyncio.timeout(0.5):
        await waiting.changed()


async def test_one_who_gives_up_waiting_moves_the_others_forward() -> None:
    queue = LocalQueue("m", slots=1, max_waiting=5)
    _running, second, third = queue.enter(), queue.enter(), queue.enter()
    second.leave()
    assert positions(third) == [1]


async def test_leaving_twice_frees_one_slot() -> None:
    queue = LocalQueue("m", slots=1, max_waiting=5)
    running, second, third = queue.enter(), queue.enter(), queue.enter()
    running.leave()
    running.leave()
    assert positions(second, third) == [None, 1]


async def test_a_full_queue_says_so_and_when_to_come_back() -> None:
    queue = LocalQueue("tiny", slots=1, max_waiting=2)
    places = [queue.enter() for _ in range(3)]
    with pytest.raises(QueueFull, match="2 requests wait for tiny") as caught:
        queue.enter()
    assert (caught.value.status, caught.value.code) == (503, "queue_full")
    assert caught.value.headers()["retry-after"]
    places[2].leave()
    assert queue.enter().position == 2


async def test_without_waiting_places_only_free_slots_count() -> None:
    queue = LocalQueue("m", slots=1, max_waiting=0)
    place = queue.enter()
    with pytest.raises(QueueFull):
        queue.enter()
    place.leave()
    assert queue.enter().position is None


async def test_the_estimate_grows_with_the_position() -> None:
    queue = LocalQueue("m", slots=1, max_waiting=5)
    first = queue.enter()
    assert queue.enter().eta_s is None
    await asyncio.sleep(0.1)
    first.leave()
    second, third = queue.enter(), queue.enter()
    assert second.eta_s is not None
    assert third.eta_s is not None
    assert 0.1 <= second.eta_s < third.eta_s


async def test_the_depth_is_counted() -> None:
    queue = LocalQueue("counted", slots=1, max_waiting=5)
    places = [queue.enter() for _ in range(3)]
    assert REGISTRY.get_sample_value("pluggably_queue_depth", {"model": "counted"}) == 2
    for place in places:
        place.leave()
    assert REGISTRY.get_sample_value("pluggably_queue_depth", {"model": "counted"}) == 0


@pytest.mark.req("SYS-NFR-019")
async def test_holding_a_queue_lets_what_runs_finish_and_nothing_new_begin() -> None:
    queue = LocalQueue("m", slots=1, max_waiting=5)
    running, waiting = queue.enter(), queue.enter()
    alone = asyncio.Event()
    done = asyncio.Event()

    async def hold() -> None:
        async with queue.held():
            alone.set()
            await done.wait()

    holding = asyncio.create_task(hold())
    await asyncio.sleep(0.01)
    assert not alone.is_set()
    running.leave()
    await asyncio.sleep(0.01)
    assert alone.is_set()
    late = queue.enter()
    assert positions(waiting, late) == [1, 2]
    done.set()
    await holding
    assert positions(waiting, late) == [None, 1]


async def test_a_hold_that_is_cancelled_lets_the_others_in() -> None:
    queue = LocalQueue("m", slots=2, max_waiting=5)
    queue.enter()

    async def hold() -> None:
        async with queue.held():
            pass

    holding = asyncio.create_task(hold())
    await asyncio.sleep(0.01)
    late = queue.enter()
    assert late.position == 1
    holding.cancel()
    await asyncio.gather(holding, return_exceptions=True)
    assert late.position is None


class QueueMachine(RuleBasedStateMachine):
    """Enters and leaves in any order, against a list."""

    @initialize(slots=st.integers(1, 4), max_waiting=st.integers(0, 6))
    def build(self, slots: int, max_waiting: int) -> None:
        self.queue = LocalQueue("machine", slots, max_waiting)
        self.slots, self.max_waiting = slots, max_waiting
        self.expected: list[LocalPlace] = []  # in the order of arrival
        self.running: set[LocalPlace] = set()

    def _let_in(self) -> None:
        for place in self.expected:
            if len(self.running) < self.slots:
                self.running.add(place)

    @rule()
    def enter(self) -> None:
        full = len(self.expected) >= self.slots + self.max_waiting
        if full:
            with pytest.raises(QueueFull):
                self.queue.enter()
        else:
            self.expected.append(self.queue.enter())
            self._let_in()

    @precondition(lambda self: self.expected)
    @rule(data=st.data(), twice=st.booleans())
    def leave(self, data: st.DataObject, twice: bool) -> None:
        place = data.draw(st.sampled_from(self.expected))
        self.expected.remove(place)
        self.running.discard(place)
        place.leave()
        if twice:
            place.leave()
        self._let_in()

    @invariant()
    def agrees(self) -> None:
        if not hasattr(self, "queue"):
            return
        waiting = [place for place in self.expected if place not in self.running]
        assert {place for place in self.expected if place.position is None} == self.running
        assert [place.position for place in waiting] == list(range(1, len(waiting) + 1))
        assert (self.queue.running, self.queue.waiting) == (len(self.running), len(waiting))


TestAnyOrder = QueueMachine.TestCase
TestAnyOrder.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
