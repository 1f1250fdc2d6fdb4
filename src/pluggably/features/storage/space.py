"""Room for downloads: one that can't fit is refused before it starts, and two at once never share the same room.

Room is promised in the memory of the process that runs the download: after a restart it is promised anew when the
download goes on. Gateways on several machines have model folders of their own; several that write into one folder
don't see each other's promises, only each other's bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from prometheus_client import Gauge

from pluggably.errors import InsufficientStorage
from pluggably.features.storage.eviction import Evictable, Evictor
from pluggably.features.storage.service import GIGABYTE, Storage
from pluggably.kit.clock import iso

MADE_ROOM = "Its files made room for a download; pull it again to use it."
SHOWN = 20
"""Models that a refusal names."""

PROMISED = Gauge("pluggably_storage_promised_bytes", "Room promised to running downloads and not used yet")


@dataclass(slots=True)
class _Promise:
    """Room for one download, in bytes; `beyond` is what was left besides when it was promised."""

    size: int
    beyond: int
    written: int = 0


class Space:
    """The room that is left. `keep_free_bytes` of the disk stay free; `evict`: whether models make room."""

    def __init__(self, storage: Storage, evictor: Evictor, *, keep_free_bytes: int, evict: bool) -> None:
        self._storage = storage
        self._evictor = evictor
        self._keep_free = keep_free_bytes
        self._evict = evict
        self._promised: dict[str, _Promise] = {}
        self._lock = asyncio.Lock()

    @property
    def promised_bytes(self) -> int:
        """What running downloads will still write."""
        return sum(max(0, promise.size - promise.written) for promise in self._promised.values())

    async def free_bytes(self, *, fresh: bool = True) -> int:
        """Bytes that a new download may have without anything making room; unless it has to be `fresh`, by a look at
        the disk of a moment ago."""
        return max(0, await self._room(fresh=fresh))

    async def admit(self, size_bytes: int, holder: str, *, sparing: Collection[str] = ()) -> None:
        """Promise `holder` room for so many more bytes, in place of what it was promised before.

        Where there is too little and eviction is allowed, files of idle models go, those unused for longest first;
        models of the ids in `sparing` don't. Raises `InsufficientStorage`, with what could go and how much is
        missing.
        """
        async with self._lock:
            self.release(holder)
            await self._make_room(size_bytes, set(sparing))
            self._promised[holder] = _Promise(size_bytes, beyond=max(0, await self._room() - size_bytes))
            PROMISED.set(self.promised_bytes)

    def written(self, holder: str, size_bytes: int) -> None:
        """`holder` has written so many bytes of what it was promised: they are on the disk now, and counted there.

        Where nobody knew how much it would be, it may go beyond that into what was left. Raises
        `InsufficientStorage` once that is used up.
        """
        promise = self._promised.get(holder)
        if promise is None:
            return
        promise.written = size_bytes
        PROMISED.set(self.promised_bytes)
        if size_bytes > promise.size + promise.beyond:
            raise InsufficientStorage(
                f"The download is larger than the {_gb(promise.size + promise.beyond)} that were left for it.",
                details={"written_bytes": size_bytes, "free_bytes": promise.size + promise.beyond},
            )

    def release(self, holder: str) -> None:
        """`holder` needs no more room; nothing happens where it was promised none."""
        if self._promised.pop(holder, None) is not None:
            PROMISED.set(self.promised_bytes)

    async def _room(self, *, fresh: bool = True) -> int:
        """Bytes left; less than nothing where more is used than may be."""
        measured = await self._storage.measure(fresh=fresh)
        room = measured.free - self._keep_free
        if self._storage.limit is not None:
            room = min(room, self._storage.limit - measured.used)
        return room - self.promised_bytes

    async def _make_room(self, needed: int, sparing: set[str]) -> None:
        """Raises `InsufficientStorage`."""
        while needed > 0 and (missing := needed - await self._room()) > 0:
            candidates = await self._evictor.candidates(sparing)
            if not self._evict or sum(model.size_bytes for model in candidates) < missing:
                raise await self._refusal(needed, missing, candidates)
            for model in oldest(candidates, missing):
                if not await self._evictor.evict(model, "download", MADE_ROOM):
                    sparing.add(model.id)

    async def _refusal(self, needed: int, missing: int, candidates: list[Evictable]) -> InsufficientStorage:
        free, limit = await self.free_bytes(), self._storage.limit
        bound = "" if limit is None else f" of the {_gb(limit)} that model files may take (storage.max_model_gb)"
        could = sum(model.size_bytes for model in candidates)
        if could < missing:
            advice = f"Even all idle models together would free only {_gb(could)}." if could else "Nothing can go."
            advice += " Remove other models, unpin some, or allow more."
        else:
            names = ", ".join(model.id for model in oldest(candidates, missing)[:3])
            advice = f"Removing idle models would make room ({names}), or let them go by themselves (storage.evict)."
        details: dict[str, Any] = {
            "needed_bytes": needed,
            "free_bytes": free,
            "missing_bytes": missing,
            "used_bytes": (await self._storage.measure()).used,
            "limit_bytes": limit,
            "promised_bytes": self.promised_bytes,
            "keep_free_bytes": self._keep_free,
            "evict": self._evict,
            "evictable_bytes": could,
            "evictable": [
                {
                    "id": model.id,
                    "size_bytes": model.size_bytes,
                    "last_used_at": None if model.last_used_at is None else iso(model.last_used_at),
                }
                for model in candidates[:SHOWN]
            ],
        }
        return InsufficientStorage(
            f"{_gb(needed)} are needed, and {_gb(free)} are left{bound}: {_gb(missing)} are missing. {advice}",
            details=details,
        )


def oldest(candidates: list[Evictable], missing: int) -> list[Evictable]:
    """So many of them, from the front, that their sizes add up to what is missing; all where they don't."""
    chosen: list[Evictable] = []
    for model in candidates:
        if missing <= 0:
            break
        chosen.append(model)
        missing -= model.size_bytes
    return chosen


def _gb(size: int) -> str:
    return f"{size / GIGABYTE:.2f} GB" if size >= GIGABYTE // 100 else f"{size:,} bytes"
