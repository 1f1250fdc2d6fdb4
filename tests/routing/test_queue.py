"""The queue before a model: each user's requests in their order, and the users in turn."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluggably.routing.queue import FairQueue


@dataclass(frozen=True)
class Item:
    user: str
    number: int


def queue_of(users: str) -> FairQueue[Item]:
    """One item for each letter, numbered for each user."""
    queue: FairQueue[Item] = FairQueue()
    for at, user in enumerate(users):
        queue.push(Item(user, users[:at].count(user)))
    return queue


def order(queue: FairQueue[Item]) -> list[str]:
    return [f"{item.user}{item.number}" for item in queue]


@pytest.mark.req("SYS-REQ-046")
def test_one_users_requests_are_served_in_the_order_in_which_they_came() -> None:
    assert order(queue_of("aaa")) == ["a0", "a1", "a2"]


@pytest.mark.req("SYS-REQ-046")
def test_a_user_with_many_requests_delays_another_by_one() -> None:
    queue = queue_of("aaaab")
    assert order(queue) == ["a0", "b0", "a1", "a2", "a3"]


def test_whoever_was_served_has_their_next_turn_after_the_others() -> None:
    queue = queue_of("aabb")
    assert queue.pop() == Item("a", 0)
    assert order(queue) == ["b0", "a1", "b1"]


def test_one_can_be_taken_out_once() -> None:
    queue = queue_of("aab")
    assert queue.remove(Item("a", 0))
    assert not queue.remove(Item("a", 0))
    assert not queue.remove(Item("c", 0))
    assert order(queue) == ["a1", "b0"]
    assert len(queue) == 2


@given(st.text("abc", max_size=20), st.data())
def test_the_order_that_is_shown_is_the_order_in_which_they_are_taken(users: str, data: st.DataObject) -> None:
    queue = queue_of(users)
    for _ in range(data.draw(st.integers(0, len(queue)))):
        queue.pop()
    shown = list(queue)
    assert [queue.pop() for _ in shown] == shown
    assert len(queue) == 0


@given(st.text("abc", min_size=1, max_size=20))
def test_between_two_turns_of_a_user_every_other_one_who_waits_has_one(users: str) -> None:
    queue = queue_of(users)
    left = {user: deque(item for item in queue if item.user == user) for user in users}
    while queue:
        among = {user for user, items in left.items() if items}
        served = [queue.pop().user for _ in among]
        assert set(served) == among
        for user in served:
            left[user].popleft()
