"""Has models with a source on the hub described by it, in the background.

Nothing waits for it and nothing fails over it: a hub that is away is asked again later, a repository that is not
there once more at the next start.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter
from contextlib import suppress
from urllib.parse import urlsplit

import structlog

from pluggably.contract.modality import Modality
from pluggably.errors import (
    PermissionDenied,
    PluggablyError,
    ProviderRateLimited,
    ProviderUnavailable,
)
from pluggably.features.hub import reading
from pluggably.features.hub.card import description
from pluggably.features.hub.client import Hub, HubToken
from pluggably.features.models.service import ModelRegistry
from pluggably.features.models.sources import Sourced, Told

FIRST_WAIT_S = 30.0
LONGEST_WAIT_S = 3600.0
_README_BYTES = 32 * 1024
_CONFIG_BYTES = 256 * 1024
_URI = re.compile(r"(?:hf:(?://)?|huggingface:)?([^\s:@]+).*")

log = structlog.get_logger(__name__)


class Enricher:
    """Asks for one model after the other; `first_wait_s` is how long it lets a hub be that was away."""

    def __init__(
        self, registry: ModelRegistry, hub: Hub, token: HubToken, first_wait_s: float = FIRST_WAIT_S
    ) -> None:
        self._registry = registry
        self._hub = hub
        self._token = token
        self._first_wait_s = first_wait_s
        self._changed = asyncio.Event()
        self._given_up: set[str] = set()
        self._tries: Counter[str] = Counter()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        self._registry.follow(self._changed.set)
        self._task = asyncio.create_task(self._run(), name="enrichment")

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        wait_s, until = self._first_wait_s, 0.0
        while True:
            self._changed.clear()
            left = [sourced for sourced in self._registry.sourced() if _key(sourced) not in self._given_up]
            pause = until - time.monotonic()
            if not left or pause > 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause if left else None):
                        await self._changed.wait()
                continue
            one = min(left, key=lambda sourced: self._tries[_key(sourced)])
            self._tries[_key(one)] += 1
            try:
                await self._registry.enrich(one, await self._told(one))
                wait_s = self._first_wait_s
            except (ProviderUnavailable, ProviderRateLimited) as error:
                log.info("hub_away", model=one.model_id, reason=error.message)
                asked_s = error.retry_after if isinstance(error, ProviderRateLimited) else None
                until = time.monotonic() + max(wait_s, asked_s or 0)
                wait_s = min(2 * wait_s, LONGEST_WAIT_S)
            except PluggablyError as error:
                log.info("model_not_enriched", model=one.model_id, reason=error.message)
                self._given_up.add(_key(one))
            except Exception:
                log.exception("model_not_enriched", model=one.model_id)
                self._given_up.add(_key(one))

    async def _told(self, sourced: Sourced) -> Told:
        """All that the hub has to say. Raises what `Hub` does."""
        repo, revision = repository_of(str(sourced.source.get("uri") or "")), sourced.source.get("revision")
        model = await self._hub.model(repo, revision, self._token)
        files = {file.rfilename for file in model.siblings or ()}
        context = reading.context_length(model)
        if context is None and "config.json" in files:
            context = reading.context_of_config(await self._json(repo, "config.json", revision))
        guidance = await self._guidance(repo, revision, files, reading.base_model(model))
        readme = await self._text(repo, "README.md", revision, _README_BYTES) if "README.md" in files else None
        template = reading.chat_template(model)
        hints = reading.modality_hints(model)
        return Told(
            description=description(readme) if readme else None,
            licence=reading.licence(model),
            documentation=await self._hub.page_of(repo),
            modality=Modality(hints[0]) if len(hints) == 1 else None,
            context_tokens=context,
            chat_template=template is not None if model.gguf or model.config else None,
            tools="tools" in template if template is not None else None,
            recommended=guidance,
        )

    async def _guidance(self, repo: str, revision: str | None, files: set[str], base: str | None) -> dict[str, float]:
        """The sampling that the makers recommend; of a quantised copy, those of the model that it was made from."""
        name = "generation_config.json"
        if name in files:
            return reading.recommended(await self._json(repo, name, revision))
        if base is None:
            return {}
        try:
            return reading.recommended(await self._json(base, name, None))
        except (ProviderUnavailable, ProviderRateLimited):
            raise
        except PluggablyError:  # it is gone, or private, or its name is none
            return {}

    async def _json(self, repo: str, name: str, revision: str | None) -> object:
        text = await self._text(repo, name, revision, _CONFIG_BYTES)
        try:
            return json.loads(text or "null")
        except (ValueError, RecursionError):
            return None

    async def _text(self, repo: str, name: str, revision: str | None, limit: int) -> str | None:
        try:
            return await self._hub.text(repo, name, revision, limit, self._token)
        except PermissionDenied:  # gated: its facts are for everybody, its files are not
            return None


def repository_of(uri: str) -> str:
    """The repository in a source's `uri`: `org/name`, `hf:org/name:Q4_K_M`, `https://huggingface.co/org/name/…`."""
    if uri.startswith(("http://", "https://")):
        return "/".join(urlsplit(uri).path.strip("/").split("/")[:2])
    found = _URI.fullmatch(uri)
    return "/".join(found[1].split("/")[:2]) if found else uri


def _key(sourced: Sourced) -> str:
    return json.dumps([sourced.model_id, sourced.source], sort_keys=True)
