"""Whether and when the same deployment is asked again: only where waiting may help, and a bounded number of times.

The pause before a try is drawn from 0 to a bound that doubles with each try ("full jitter": Marc Brooker, Exponential
Backoff And Jitter, AWS Architecture Blog, 2015), and is never shorter than what the vendor asks for.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from pluggably.contract.modality import Modality
from pluggably.errors import PluggablyError, ProviderError, ProviderRateLimited, ProviderUnavailable
from pluggably.routing.catalogue import LOCAL, Entry

_FIRST_S = 0.25


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request may wait for another try, and for how long each time, in seconds."""

    retries: int = 2
    longest_wait_s: float = 10

    def pause(self, tries: int, ready_in: float, chance: random.Random) -> float | None:
        """Seconds until the next try of a deployment that was tried so often; None: it would take too long.

        `ready_in` is when it says to be ready again.
        """
        if ready_in > self.longest_wait_s:
            return None
        backoff = chance.uniform(0, min(_FIRST_S * 2.0 ** min(tries, 20), self.longest_wait_s))
        return max(backoff, ready_in)


def waiting_helps(entry: Entry, error: PluggablyError) -> bool:
    """Whether a try of the same deployment may end otherwise a little later.

    Models of this machine have queues of their own. What was begun for an image or a mesh may have been charged for:
    it is asked for again only where the vendor has not taken the request.
    """
    if entry.provider == LOCAL:
        return False
    if isinstance(error, ProviderRateLimited | ProviderUnavailable):
        return True
    return isinstance(error, ProviderError) and error.passing and entry.modality is Modality.TEXT
