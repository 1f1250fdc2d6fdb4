"""Keeps outputs, lists them, and gives them back to those who may have them."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from pluggably.errors import ArtifactExpired, ArtifactNotFound, InvalidImage, UnsupportedFeature, ValidationFailed
from pluggably.features.artifacts import repository
from pluggably.features.artifacts.conversion import Converter, delete_stored
from pluggably.features.artifacts.media import ENDINGS, IMAGE_TYPES, MESH_TYPES, TYPES_OF_MESHES, MeshFormat
from pluggably.features.artifacts.ranges import Span
from pluggably.features.artifacts.schemas import ArtifactList, ArtifactRead, Recipe
from pluggably.features.artifacts.signing import Addresses
from pluggably.features.artifacts.store import ArtifactStore, Data, ObjectMissing
from pluggably.kit.clock import as_utc, utc_now
from pluggably.kit.database import Database
from pluggably.kit.ids import new_id
from pluggably.kit.pagination import decode_cursor, encode_cursor
from pluggably.tables.artifacts import ArtifactKind, ArtifactState, ArtifactTable

_ID = re.compile(r"art_[0-9a-z]{26}", re.ASCII)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Content:
    """What is sent of an artifact: it itself, or its mesh in another format."""

    key: str
    """Its name in the store."""
    size: int
    """Bytes."""
    media_type: str
    made_at: datetime

    @property
    def etag(self) -> str:
        """Strong: what is under a key never changes."""
        return f'"{self.key}"'

    @property
    def disposition(self) -> str:
        """Pictures may be shown in place, everything else is saved; the name is the server's own."""
        kind = "inline" if self.media_type in IMAGE_TYPES else "attachment"
        return f'{kind}; filename="{self.key.partition(".")[0]}.{ENDINGS[self.media_type]}"'


class ArtifactService:
    """Artifacts of all users. `retention` is how long each is kept."""

    def __init__(
        self,
        database: Database,
        store: ArtifactStore,
        converter: Converter,
        addresses: Addresses,
        retention: timedelta,
    ) -> None:
        self._database = database
        self._store = store
        self._converter = converter
        self._addresses = addresses
        self._retention = retention

    async def save(
        self,
        user_id: str,
        request_id: str,
        kind: ArtifactKind,
        data: Data,
        media_type: str,
        *,
        width: int | None = None,
        height: int | None = None,
        vertices: int | None = None,
        faces: int | None = None,
        preview: bytes | None = None,
        recipe: Recipe | None = None,
    ) -> ArtifactRead:
        """Keep an output of a request and return it with a signed address.

        `width` and `height` are pixels of an image; `preview` is a PNG of a mesh. Raises `ValueError` for a media
        type that is not kept (`media.ENDINGS`), `InsufficientStorage`, `NotReady`; then there is no artifact.
        """
        if media_type not in (MESH_TYPES if kind is ArtifactKind.MESH else IMAGE_TYPES):
            raise ValueError(f"{media_type} is no kind of {kind} that is kept")
        row = ArtifactTable(
            id=new_id("art"),
            user_id=user_id,
            request_id=request_id,
            kind=kind,
            media_type=media_type,
            width=width,
            height=height,
            vertices=vertices,
            faces=faces,
            recipe=recipe.model_dump() if recipe is not None else None,
        )
        rows, contents = [row], [data]
        if preview is not None:
            picture = ArtifactTable(
                id=new_id("art"),
                user_id=user_id,
                request_id=request_id,
                kind=ArtifactKind.PREVIEW,
                media_type="image/png",
            )
            row.preview_id = picture.id
            rows.append(picture)
            contents.append(preview)
        # The row goes first: whatever is in the store, the sweep knows of it.
        async with self._database.transaction() as db:
            db.add_all(rows)
        sizes = {
            item.id: await self._store.put(item.id, content, item.media_type)
            for item, content in zip(rows, contents, strict=True)
        }
        async with self._database.transaction() as db:
            await repository.mark_stored(db, sizes)
        row.size_bytes = sizes[row.id]
        return self._shown(row)

    async def list(
        self, user_id: str, limit: int, cursor: str | None, kind: ArtifactKind | None = None
    ) -> ArtifactList:
        """A user's artifacts, of this kind or of any, newest first, with new addresses and with what they were made
        with. Raises `ValidationFailed` for a bad cursor."""
        before = _id_in(cursor) if cursor is not None else None
        made_after = utc_now() - self._retention
        async with self._database.reading() as db:
            rows = await repository.page(
                db, user_id, kind=kind, made_after=made_after, before=before, limit=limit + 1
            )
        more = len(rows) > limit
        return ArtifactList(
            artifacts=[self._shown(row, tells_recipe=True) for row in rows[:limit]],
            next_cursor=encode_cursor(rows[limit - 1].id) if more else None,
        )

    async def read(self, user_id: str, artifact_id: str) -> ArtifactRead:
        """A user's artifact with new addresses. Raises `ArtifactNotFound` or `ArtifactExpired`."""
        return self._shown(await self._find(artifact_id, user_id))

    async def read_many(self, user_id: str, artifact_ids: Iterable[str]) -> dict[str, ArtifactRead]:
        """Those of a user's artifacts that are still there, by id, with new addresses; one query for all."""
        ids = [artifact_id for artifact_id in dict.fromkeys(artifact_ids) if _ID.fullmatch(artifact_id)]
        if not ids:
            return {}
        async with self._database.reading() as db:
            rows = await repository.stored(db, user_id, ids)
        now = utc_now()
        return {row.id: self._shown(row, tells_recipe=True) for row in rows if self._gone_at(row) > now}

    async def erase(self, user_id: str, request_ids: Iterable[str]) -> None:
        """Delete what a user's requests have made, before its time. Raises `NotReady` where the store is away."""
        async with self._database.reading() as db:
            rows = await repository.of_requests(db, user_id, list(request_ids))
        await self._delete(rows)

    async def remove(self, user_id: str, artifact_id: str) -> None:
        """Delete one of a user's artifacts, a mesh with its picture, before its time.

        Raises `ArtifactNotFound`, `ArtifactExpired` where it is gone, `NotReady` where the store is away.
        """
        row = await self._find(artifact_id, user_id)
        pictures = [] if row.preview_id is None else [row.preview_id]
        async with self._database.reading() as db:
            rows = await repository.stored(db, user_id, [row.id, *pictures])
        await self._delete(rows)

    async def _delete(self, rows: Sequence[ArtifactTable]) -> None:
        for row in rows:
            await delete_stored(self._store, row)
        async with self._database.transaction() as db:
            await repository.mark_swept(db, [row.id for row in rows])

    async def content(self, artifact_id: str, owner: str | None, format: MeshFormat | None) -> Content:
        """What to send: the artifact, or its mesh in another format.

        `owner` is who asks; None: somebody with a signed address.

        Raises `ArtifactNotFound` where there is none or it is another user's, `ArtifactExpired` after its time,
        `UnsupportedFeature` for a conversion that can't be.
        """
        row = await self._find(artifact_id, owner)
        if format is None or MESH_TYPES.get(row.media_type) is format:
            return Content(row.id, row.size_bytes, row.media_type, as_utc(row.created_at))
        source = MESH_TYPES.get(row.media_type)
        if source is None:
            raise UnsupportedFeature("`format` is for meshes; this artifact is an image.", param="format")
        try:
            key, size = await self._converter.convert(row.id, row.size_bytes, source, format)
        except ObjectMissing:
            raise self._lost(row.id) from None
        return Content(key, size, TYPES_OF_MESHES[format], as_utc(row.created_at))

    async def open(self, content: Content, span: Span) -> tuple[bytes, AsyncGenerator[bytes, None]]:
        """The first piece and the rest, each read from the store when it is wanted. Whoever calls closes the rest.

        Raises `ArtifactExpired` where the store has lost it, `NotReady` where it does not answer.
        """
        pieces = self._store.open(content.key, span.start, span.length)
        try:
            return await anext(pieces, b""), pieces
        except ObjectMissing:
            raise self._lost(content.key) from None

    async def image(self, owner: str, artifact_id: str, *, max_bytes: int, param: str) -> bytes:
        """The bytes of somebody's own image, to go on from. Every error names `param`.

        Raises `ArtifactNotFound`, `ArtifactExpired`, `InvalidImage` for a mesh or one that is too large, `NotReady`.
        """
        row = await self._find(artifact_id, owner, param)
        if row.media_type not in IMAGE_TYPES:
            raise InvalidImage(f"The artifact {row.id} is no image.", param=param)
        if row.size_bytes > max_bytes:
            raise InvalidImage(f"The artifact {row.id} is larger than {max_bytes / 2**20:.4g} MiB.", param=param)
        try:
            async with aclosing(self._store.open(row.id, 0, row.size_bytes)) as pieces:
                return b"".join([piece async for piece in pieces])
        except ObjectMissing:
            raise self._lost(row.id, param) from None

    async def is_there(self, content: Content) -> None:
        """Raise `ArtifactExpired` where the store has lost it."""
        if await self._store.size(content.key) is None:
            raise self._lost(content.key)

    async def _find(self, artifact_id: str, owner: str | None, param: str = "artifact_id") -> ArtifactTable:
        row = None
        if _ID.fullmatch(artifact_id) is not None:
            async with self._database.reading() as db:
                row = await repository.find(db, artifact_id)
        if row is None or row.state == ArtifactState.WRITING or owner not in (None, row.user_id):
            raise ArtifactNotFound("There is no such artifact.", param=param)
        if row.state == ArtifactState.SWEPT or self._gone_at(row) <= utc_now():
            raise ArtifactExpired("This artifact was kept for its time and is gone.", param=param)
        return row

    def _lost(self, key: str, param: str = "artifact_id") -> ArtifactExpired:
        log.error("artifact_missing_in_store", key=key)
        return ArtifactExpired("This artifact is no longer in the store.", param=param)

    def _gone_at(self, row: ArtifactTable) -> datetime:
        return as_utc(row.created_at) + self._retention

    def _shown(self, row: ArtifactTable, *, tells_recipe: bool = False) -> ArtifactRead:
        return ArtifactRead.of(row, self._addresses, self._gone_at(row), tells_recipe=tells_recipe)


def _id_in(cursor: str) -> str:
    (key,) = decode_cursor(cursor, 1)
    if not isinstance(key, str) or _ID.fullmatch(key) is None:
        raise ValidationFailed.of("cursor", "is not a cursor that a list gave", "invalid_cursor")
    return key
