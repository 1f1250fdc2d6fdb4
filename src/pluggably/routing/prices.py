"""What the models of commercial providers cost: asked of a child process, kept for as long as their lists are."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import structlog

from pluggably.providers.directory import Configured
from pluggably.runtimes import prices

_TIMEOUT_S = 30.0

log = structlog.get_logger(__name__)


async def look_up(configured: Configured, models: Iterable[str]) -> Mapping[str, dict[str, Any]]:
    """The prices of those of the models that have a known one, as `ModelInfo.pricing` has them.

    What goes wrong is logged, and costs nothing but the prices.
    """
    address = configured.provider.base_url or ""
    question = json.dumps({"provider": configured.provider.name, "base_url": address, "models": list(models)})
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PLUGGABLY_")}  # secrets
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", prices.__name__, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment
    )
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            answer, _ = await process.communicate(question.encode())
        found = json.loads(answer)
        assert isinstance(found, dict)
        return found
    except (TimeoutError, ValueError) as error:
        log.warning("prices_unknown", provider=configured.provider.name, error=type(error).__name__)
        return {}
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
