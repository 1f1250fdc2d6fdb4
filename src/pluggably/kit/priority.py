"""Takes a process out of the way of everything else on its machine."""

from __future__ import annotations

import os
import time
from pathlib import Path

_LEAST = 19
_OF_GROUP = 10
"""A tenth of what others get: with the least, a process that has a connection to read may not come to it in time."""
_AUTOGROUP = Path("/proc/self/autogroup")


def step_back() -> None:
    """Give this process a low priority. Call it before it has threads, in a session of its own.

    Niceness counts among the processes of one group alone. Where Linux makes a group of every session the group has
    a niceness too (https://man7.org/linux/man-pages/man7/sched.7.html, "The autogroup feature"): without it,
    everything in this session gets as much of a processor as a model's process does, which is in another one.
    """
    if hasattr(os, "nice"):
        os.nice(_LEAST)
    for _ in range(20):
        try:
            _AUTOGROUP.write_text(str(_OF_GROUP))
        except BlockingIOError:  # Linux lets all users together set one every tenth of a second
            time.sleep(0.1)
        except OSError:  # there are no such groups here
            return
        else:
            return
