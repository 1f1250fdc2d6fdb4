"""Passwords: Argon2id (RFC 9106) in threads of their own, a few at a time, so that logins neither hold the event loop
up nor take more memory than is meant for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Lock
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pluggably.errors import RateLimited

AT_ONCE = 2
MEMORY_KIB = 46 * 1024
"""Of one hash; with two passes and one lane more than OWASP's least (46 MiB, one pass)."""
PASSES = 2
MAX_WAITING = 64

Result = TypeVar("Result")


class Passwords:
    """Makes and checks hashes."""

    def __init__(self, *, memory_kib: int = MEMORY_KIB, passes: int = PASSES) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="passwords")
        self._waiting = 0
        self._making = Lock()
        self._cost = (memory_kib, passes)

    async def hash(self, password: str) -> str:
        """The hash in PHC format, with a salt of its own. Raises `RateLimited` where too many wait."""
        return await self._run(self._hash, password)

    async def verify(self, hashed: str | None, password: str) -> bool:
        """Whether the password is the one that was hashed; takes the same time where there is no hash.

        Raises `RateLimited` where too many wait.
        """
        return await self._run(self._verify, hashed, password)

    def is_outdated(self, hashed: str) -> bool:
        """Whether it was made with other parameters than hashes are made with now."""
        return self._hasher.check_needs_rehash(hashed)

    def close(self) -> None:
        """Take no more work."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[..., Result], *arguments: str | None) -> Result:
        if self._waiting >= MAX_WAITING:
            raise RateLimited("Too many people log in at this moment.", retry_after=2)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        finally:
            self._waiting -= 1

    def _hash(self, password: str) -> str:
        return self._hasher.hash(password)

    def _verify(self, hashed: str | None, password: str) -> bool:
        with self._making:  # looked at before anything else, so that the first of all takes the same time too
            nobodys = _hash_of_nobodys(*self._cost)
        try:
            matches = self._hasher.verify(hashed or nobodys, password)
        except (VerificationError, InvalidHashError):
            return False
        return matches and hashed is not None


@cache
def _hash_of_nobodys(memory_kib: int, passes: int) -> str:
    """What the passwords of unknown people are checked against; one for each cost in a process.

    Made with the first check: at the start it would take 0.1 s and 46 MiB.
    """
    return PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1).hash("nobody's")
