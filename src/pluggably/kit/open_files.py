"""How many files and connections this process may have open at once."""

from __future__ import annotations

import resource

_ENOUGH = 1_048_576


def raise_open_files() -> int:
    """Raise the soft limit as far as the hard one allows, and return it.

    The soft limit is low by default (1,024, on some systems 256) for programs that call `select`; each stream takes
    two connections. Source: https://0pointer.net/blog/file-descriptor-limits.html
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):  # macOS refuses what is above a limit of the kernel's
        return soft
    return wanted
