"""How often one user may have providers asked at once; each process counts by itself."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable

_MOST = 10_000


class Throttle:
    """At most `times` within `per_s` seconds for each key."""

    def __init__(self, times: int, per_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._times = times
        self._per_s = per_s
        self._clock = clock
        self._taken: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, key: str) -> float:
        """Take one turn; else the seconds until there is one."""
        now = self._clock()
        taken = self._taken.setdefault(key, deque())
        self._taken.move_to_end(key)
        if len(self._taken) > _MOST:
            self._taken.popitem(last=False)
        while taken and taken[0] <= now - self._per_s:
            taken.popleft()
        if len(taken) >= self._times:
            return taken[0] + self._per_s - now
        taken.append(now)
        return 0.0
