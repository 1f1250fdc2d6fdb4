"""Who waits for a model, and who is next: first come, first served for each user, and the users take turns."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar


class Waiting(Protocol):
    """What can stand in a queue."""

    @property
    def user(self) -> str:
        """Whose it is."""


T = TypeVar("T", bound=Waiting)


class FairQueue(Generic[T]):
    """One model's queue. A user with a hundred requests delays another user's first one by one request."""

    def __init__(self) -> None:
        self._users: dict[str, deque[T]] = {}  # in the order of their turns
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[T]:
        """In the order in which they are served if nobody comes or goes."""
        rounds = [iter(waiting) for waiting in self._users.values()]
        while rounds:
            left = []
            for waiting in rounds:
                for item in waiting:
                    yield item
                    left.append(waiting)
                    break
            rounds = left

    def push(self, item: T) -> None:
        """Let one wait."""
        self._users.setdefault(item.user, deque()).append(item)
        self._length += 1

    def pop(self) -> T:
        """Take the next one; its user's turn comes again after that of the others. The queue must not be empty."""
        user = next(iter(self._users))
        waiting = self._users.pop(user)
        item = waiting.popleft()
        if waiting:
            self._users[user] = waiting
        self._length -= 1
        return item

    def remove(self, item: T) -> bool:
        """Take one out, wherever it stands; whether it was there."""
        waiting = self._users.get(item.user)
        if waiting is None or item not in waiting:
            return False
        waiting.remove(item)
        if not waiting:
            del self._users[item.user]
        self._length -= 1
        return True
