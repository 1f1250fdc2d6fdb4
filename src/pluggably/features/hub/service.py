"""Searches the hub for callers, and remembers for a minute what it said, to each token for itself."""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

import structlog

from pluggably.contract.modality import Modality
from pluggably.errors import ValidationFailed
from pluggably.features.hub.client import Hub, HubToken
from pluggably.features.hub.reading import TASKS
from pluggably.features.hub.schemas import FoundModel, FoundModels, HubFile, HubFiles
from pluggably.features.models.discovery import quantisation_in_name
from pluggably.kit.pagination import decode_cursor, encode_cursor
from pluggably.routing.accounts import Accounts

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo as HubModel

PROVIDER = "huggingface"
"""The provider whose keys open the hub."""
MOST_KEPT = 64

_WEIGHTS = (".gguf", ".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".onnx")
_PART = re.compile(r"(.*)-\d{5}-of-(\d{5})(\.\w+)")

Result = TypeVar("Result")

log = structlog.get_logger(__name__)


class Space(Protocol):
    """Tells how much more there is room for."""

    async def free_bytes(self) -> int:
        """Bytes that further model files may take."""


class Kept:
    """Answers kept for `ttl_s` seconds, `most` of them; of callers that want the same at once, one asks."""

    def __init__(self, ttl_s: float, most: int = MOST_KEPT) -> None:
        self._ttl_s = ttl_s
        self._most = most
        self._kept: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()
        self._asking: dict[Hashable, asyncio.Task[Any]] = {}

    async def get(self, key: Hashable, ask: Callable[[], Awaitable[Result]]) -> Result:
        """What was answered to this key, or is now. Failures are told to all who wait, and not kept."""
        known = self._kept.get(key)
        if known is not None and known[0] > time.monotonic():
            return cast(Result, known[1])
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.create_task(self._ask(key, ask))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())  # all who waited may have left
        return cast(Result, await asyncio.shield(task))

    async def close(self) -> None:
        """Ask nothing more."""
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, key: Hashable, ask: Callable[[], Awaitable[Result]]) -> Result:
        try:
            answer = await ask()
        finally:
            del self._asking[key]
        self._kept[key] = (time.monotonic() + self._ttl_s, answer)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return answer


class HubSearch:
    """The hub as callers see it: each with their own key for the provider `huggingface`, else with the operator's."""

    def __init__(
        self, hub: Hub, accounts: Accounts, operators: str | None, space: Space, memory_bytes: int, kept_s: float
    ) -> None:
        self._hub = hub
        self._accounts = accounts
        self._operators = operators
        self._space = space
        self._memory_bytes = memory_bytes
        self._kept = Kept(kept_s)

    async def close(self) -> None:
        """Ask nothing more."""
        await self._kept.close()

    def token_of(self, user_id: str) -> HubToken:
        """The token that the hub is asked with for this user. Raises `NotReady` where keys can't be read."""
        found = self._accounts.accounts_of(user_id).get(PROVIDER)
        if found is None or found.own_key is None or found.account.address.guarded:
            return self._operators  # a key for an endpoint of the user's own is none for the hub
        return next(iter(found.account.secrets.values()), False)

    async def search(
        self, user_id: str, query: str | None, modality: Modality | None, limit: int, cursor: str | None
    ) -> FoundModels:
        """A page of models. Raises what `Hub` does, and `ValidationFailed` for a cursor that is none."""
        tasks: tuple[str | None, ...] = TASKS[modality] if modality is not None else (None,)
        index, rest = _place(cursor, len(tasks))
        token = self.token_of(user_id)
        query = " ".join((query or "").split()) or None
        found: list[FoundModel] = []
        while True:
            models, rest = await self._page(query, tasks[index], limit - len(found), rest, token)
            # A hub that does not know the task lists all that it has.
            found += [model for model in models if modality in (None, *(model.modality_hints or (modality,)))]
            if rest is None:
                index += 1
            if index == len(tasks):
                return FoundModels(results=found, next_cursor=None)
            if len(found) >= limit or rest is not None:
                return FoundModels(results=found, next_cursor=encode_cursor(index, rest or ""))

    async def files(self, user_id: str, repo: str, revision: str | None) -> HubFiles:
        """The files of a repository, and which of them there is room for. Raises what `Hub.model` does."""
        token = self.token_of(user_id)
        sizes = await self._kept.get(("files", token, repo, revision), lambda: self._sizes(repo, revision, token))
        room = await self._space.free_bytes()
        wholes: dict[str, int | None] = {}
        for name, size in sizes.items():
            whole = _whole(name)
            known = wholes.get(whole, 0)
            wholes[whole] = None if size is None or known is None else known + size
        return HubFiles(
            files=[
                HubFile(
                    name=name,
                    size_bytes=size,
                    quantisation=quantisation_in_name(name[:-5]) if name.lower().endswith(".gguf") else None,
                    fits=self._fits(name, wholes[_whole(name)], room),
                )
                for name, size in sorted(sizes.items())
            ]
        )

    def _fits(self, name: str, size: int | None, room: int) -> bool | None:
        if size is None:
            return None
        is_loaded = name.lower().endswith(_WEIGHTS)
        return size <= room and (not is_loaded or size <= self._memory_bytes)

    async def _sizes(self, repo: str, revision: str | None, token: HubToken) -> dict[str, int | None]:
        model = await self._hub.model(repo, revision, token)
        return {file.rfilename: _size(file.size) for file in model.siblings or ()}

    async def _page(
        self, query: str | None, task: str | None, limit: int, rest: str | None, token: HubToken
    ) -> tuple[list[FoundModel], str | None]:
        async def ask() -> tuple[list[FoundModel], str | None]:
            page = await self._hub.models(query, task, limit, rest, token)
            return [found for model in page.models[:limit] if (found := _found(model))], page.rest

        return await self._kept.get(("search", token, query, task, limit, rest), ask)


def _found(model: HubModel) -> FoundModel | None:
    """A model as callers see it; None where the hub's facts about it are none."""
    try:
        return FoundModel.of(model)
    except (ValueError, TypeError, AttributeError) as error:
        log.warning("hub_model_unreadable", model=str(model.id)[:255], reason=repr(error)[:200])
        return None


def _size(told: Any) -> int | None:
    return told if isinstance(told, int) and told >= 0 else None


def _place(cursor: str | None, tasks: int) -> tuple[int, str | None]:
    """Which of the tasks a page belongs to, and where in its list it begins."""
    if cursor is None:
        return 0, None
    index, rest = decode_cursor(cursor, 2)
    if not isinstance(index, int) or not 0 <= index < tasks or not isinstance(rest, str):
        raise ValidationFailed.of("cursor", "is not a cursor that this search gave", "invalid_cursor")
    return index, rest or None


def _whole(name: str) -> str:
    """The model that a file is a part of."""
    part = _PART.fullmatch(name)
    return f"{part[1]}-of-{part[2]}{part[3]}" if part else name
