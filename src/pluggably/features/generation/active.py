"""Requests under way, by caller and id. `ActiveRequests` is the interface that several replicas will share."""

from __future__ import annotations

from typing import Protocol

from pluggably.errors import Conflict


class ActiveRequests(Protocol):
    """Knows which requests run."""

    def claim(self, user_id: str, request_id: str) -> None:
        """Note that a request runs. Raises `Conflict` where the same caller has one with this id."""

    def release(self, user_id: str, request_id: str) -> None:
        """It has ended."""

    def count(self) -> int:
        """How many run."""


class LocalActiveRequests:
    """The requests of this process."""

    def __init__(self) -> None:
        self._running: set[tuple[str, str]] = set()

    def claim(self, user_id: str, request_id: str) -> None:
        """Note that a request runs."""
        key = (user_id, request_id)
        if key in self._running:
            raise Conflict(f"A request with the id {request_id} is running already.", param="X-Request-ID")
        self._running.add(key)

    def release(self, user_id: str, request_id: str) -> None:
        """It has ended."""
        self._running.discard((user_id, request_id))

    def count(self) -> int:
        """How many run."""
        return len(self._running)
