"""The model registry: the table's rows and the catalogue's entries, kept in step."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema_rs
from sqlalchemy.ext.asyncio import AsyncSession

from pluggably.contract.modality import Modality
from pluggably.errors import Conflict, ModelUnavailable, ProviderNotFound, ValidationFailed
from pluggably.features.models import repository
from pluggably.features.models.discovery import Facts, Headers, KnownFile, ModelFile, describe, look_at
from pluggably.features.models.engines import ENGINES, Engine, missing
from pluggably.features.models.files import ModelFiles
from pluggably.features.models.parameter_schemas import (
    DIALECT,
    local_text_parameters,
    no_parameters,
    remote_text_parameters,
)
from pluggably.features.models.schemas import ModelChange, ModelCreate
from pluggably.features.models.sources import HUB, Sourced, Told, take, wrote
from pluggably.kit.clock import as_utc, utc_now
from pluggably.kit.database import Database
from pluggably.providers.directory import ProviderDirectory
from pluggably.routing.catalogue import LOCAL, Catalogue, Entry, not_found
from pluggably.settings import Settings
from pluggably.tables.models import ModelOrigin, ModelStatus, ModelTable

LONGEST_ID = 255
FILE_GONE = "Its file is gone."
NO_FILE = "It has no file yet: download it, or register it with local_path."
UNREAD = ""
"""The stamp of a file that shall be read again."""

_RESERVED = frozenset({"auto", "loaded", "search", "download"})
_RESERVED_END = re.compile(r"/(status|load|unload|default)$|^search/.*/files$")
_BAD_SEGMENT = re.compile(r"^/|/$|//|(^|/)\.\.?(/|$)")


@dataclass(frozen=True, slots=True)
class _Pins:
    """What the configuration says about defaults and pins: ids, bare names, or `local:name`."""

    defaults: dict[Modality, str]
    pinned: frozenset[str]

    @classmethod
    def of(cls, settings: Settings) -> _Pins:
        named = settings.default_models
        values = {Modality.TEXT: named.text, Modality.IMAGE: named.image, Modality.MESH: named.mesh}
        defaults = {modality: name for modality, name in values.items() if name}
        return cls(defaults, frozenset((*settings.runtime.pinned, *defaults.values())))

    def names(self, row: ModelTable) -> set[str]:
        return {row.id, row.name, f"{row.provider}:{row.name}"}

    def pin(self, row: ModelTable) -> bool:
        """Whether the configuration keeps this model in memory."""
        return row.provider == LOCAL and not self.pinned.isdisjoint(self.names(row))

    def is_default(self, row: ModelTable) -> bool:
        """Whether it is its modality's default; where the configuration names one, it decides."""
        configured = self.defaults.get(row.modality)
        return row.is_default if configured is None else configured in self.names(row)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A model whose files a job brings: what is known of it before they are here."""

    job_id: str
    source: dict[str, Any]
    given: dict[str, Any]
    """The fields that somebody gave for it."""
    size_bytes: int | None = None
    path: str | None = None
    """Where the files are, if they are here already."""


class ModelRegistry:
    """Registers, changes and removes models. Reads come from the catalogue, never from the database."""

    def __init__(
        self,
        database: Database,
        catalogue: Catalogue,
        settings: Settings,
        providers: ProviderDirectory,
        engines: Mapping[str, Engine] = ENGINES,
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self.files = ModelFiles(settings.model_folders)
        self._context_tokens = settings.runtime.context_tokens
        self._providers = providers
        self._engines = engines
        self._pins = _Pins.of(settings)
        self._known: list[KnownFile] = []
        self._evicting: set[str] = set()
        self._sourced: list[Sourced] = []
        self._followers: list[Callable[[], None]] = []
        self._used: dict[str, datetime] = {}
        self._changing = asyncio.Lock()

    async def load(self) -> None:
        """Take all rows into the catalogue."""
        async with self._database.reading() as db:
            rows = await repository.all_models(db)
        self._take(rows)

    def find(self, model_id: str) -> Entry:
        """The entry of this id. Raises `ModelNotFound` with ids that are close to it."""
        entry = self._catalogue.get(model_id)
        if entry is None:
            raise not_found(self._catalogue, model_id)
        return entry

    async def register(self, wanted: ModelCreate) -> Entry:
        """Make an entry.

        It replaces a discovered entry of the same file. Raises `ValidationFailed`, `ProviderNotFound`, or `Conflict`
        where the id is taken.
        """
        given = wanted.given()
        file, facts = await self._read_file(given.pop("local_path", None))
        model_id = given.pop("id", None) or (file.stem if file else given.get("name"))
        if model_id is None:
            raise ValidationFailed.of("id", "is needed where there is neither name nor local_path", "missing")
        refuse_reserved(model_id)
        provider = self._provider_of(model_id, given.pop("provider", None))
        if file is not None and provider != LOCAL:
            raise ValidationFailed.of("local_path", f"is for models of this machine, not of {provider}")
        async with self._change() as db:
            existing = await repository.find(db, model_id)
            if existing is not None and existing.origin != ModelOrigin.REMOVED:
                raise Conflict(f"There is a model {model_id!r} already; PATCH changes it.", param="id")
            replaced = [existing] if existing else []
            if file is not None:
                same_file = await repository.at_path(db, str(file.path))
                replaced += [row for row in same_file if row.origin != ModelOrigin.EXPLICIT and row is not existing]
            for row in replaced:
                await db.delete(row)
            await db.flush()
            row = _new_row(model_id, provider, ModelOrigin.EXPLICIT)
            if provider != LOCAL:
                row.name = model_id.removeprefix(f"{provider}:")
            if file is not None:
                row.name = file.stem
                _take_file(row, file)
                _take_facts(row, facts)
            row.is_default = any(other.is_default for other in replaced)
            if given.get("modality", row.modality) != row.modality or not row.parameters:
                row.modality = given.get("modality", row.modality)
                row.parameters = _default_schema(row)
            self._write(row, given)
            db.add(row)
        return self.find(model_id)

    async def change(self, model_id: str, wanted: ModelChange) -> Entry:
        """Change an entry; a discovered or listed one becomes explicit, so that nothing overwrites the change.

        Raises `ModelNotFound`, `ValidationFailed`, or `Conflict` for a pin that the configuration holds.
        """
        given = wanted.given()
        entry = self.find(model_id)
        if not given:
            return entry
        async with self._change() as db:
            row = await self._row(db, entry)
            if given.get("pinned") is False and self._pins.pin(row):
                raise Conflict(
                    f"The configuration pins {model_id!r} (runtime.pinned or default_models).", param="pinned"
                )
            self._write(row, given)
            row.origin = ModelOrigin.EXPLICIT
        return self.find(model_id)

    async def pin(self, model_id: str, pinned: bool) -> Entry:
        """Keep a model in memory, or no longer. Raises as `change` does."""
        return await self.change(model_id, ModelChange(pinned=pinned))

    async def remove(self, model_id: str, *, files: bool) -> Entry:
        """Forget an entry, and with `files` delete its model's files. A file that stays is not discovered again
        until it changes.

        Raises `ModelNotFound`, or `Conflict` for a model that only its provider lists, and for files that lie outside
        the model folders or are another entry's too.
        """
        entry = self.find(model_id)
        if entry.origin == "listed":
            raise Conflict(f"{model_id!r} is listed by its provider {entry.provider}; it can be disabled (PATCH).")
        async with self._change() as db:
            row = await self._row(db, entry)
            if files and row.local_path is not None:
                sharing = await repository.at_path(db, row.local_path)
                others = [other.id for other in sharing if other is not row and other.origin != ModelOrigin.REMOVED]
                if others:
                    raise Conflict(f"The files are those of {', '.join(others)} too.", param="files")
                await asyncio.to_thread(self.files.delete, Path(row.local_path))
            if row.local_path is None or files or row.file_stamp is None:
                await db.delete(row)
            else:
                row.origin, row.is_default, row.pinned = ModelOrigin.REMOVED, False, False
                row.updated_at = utc_now()
        return entry

    async def make_default(self, model_id: str) -> Entry:
        """Let `auto` choose this model for its modality.

        Raises `ModelNotFound`, or `Conflict` where the configuration names another one.
        """
        entry = self.find(model_id)
        async with self._change() as db:
            row = await self._row(db, entry)
            configured = self._pins.defaults.get(row.modality)
            if configured is not None and configured not in self._pins.names(row):
                raise Conflict(f"The configuration names the default: {configured} (default_models.{row.modality}).")
            for other in await repository.all_models(db):
                if other.modality == row.modality:
                    other.is_default = other is row
        return self.find(model_id)

    async def evict(self, path: str, reason: str, is_idle: Callable[[], bool]) -> bool:
        """Delete a model's files and keep the entries that rest on them, as evicted; whether that was done.

        It is not where a file is needed after all: `is_idle` is asked once nobody new can begin to use it. Raises
        `Conflict` for files that lie outside the model folders, `OSError` where they can't be deleted.
        """
        if path in self._evicting:
            return False
        self._evicting.add(path)
        try:
            async with self._change() as db:
                before = {row.id: (row.status, row.status_reason) for row in await self._resting(db, path)}
                for row in await self._resting(db, path):
                    row.status, row.status_reason = ModelStatus.EVICTED, reason
            done = False
            try:
                if is_idle():
                    await asyncio.to_thread(self.files.delete, Path(path))
                    done = True
            finally:
                async with self._change() as db:
                    for row in await self._resting(db, path):
                        if done:
                            row.file_stamp, row.updated_at = None, utc_now()
                        elif row.id in before:
                            row.status, row.status_reason = before[row.id]
        finally:
            self._evicting.discard(path)
        return done

    async def _resting(self, db: AsyncSession, path: str) -> list[ModelTable]:
        return [row for row in await repository.at_path(db, path) if row.origin != ModelOrigin.REMOVED]

    def used(self, entry: Entry, at: datetime | None = None) -> None:
        """Note that a model was asked. The recorder of finished requests writes it down."""
        if entry.origin != "listed":
            self._used[entry.id] = at or utc_now()

    def last_used(self, entry: Entry) -> datetime | None:
        """When a model was last asked."""
        return self._used.get(entry.id) or entry.last_used_at

    def known_files(self) -> list[KnownFile]:
        """The files of all entries, removed ones included."""
        return self._known

    async def settle(self, changed: list[tuple[ModelFile, Facts]], gone: list[str]) -> None:
        """Take what a scan found. Of explicit entries only what is the file's changes, never what somebody wrote."""
        async with self._change() as db:
            rows = {row.id: row for row in await repository.all_models(db)}
            for model_id in gone:
                row = rows.get(model_id)
                if row is None:
                    continue
                if row.origin == ModelOrigin.EXPLICIT or row.status == ModelStatus.EVICTED:
                    row.file_stamp = None
                    if row.status == ModelStatus.AVAILABLE:
                        row.status, row.status_reason = ModelStatus.FAILED, FILE_GONE
                else:
                    await db.delete(rows.pop(model_id))
            for file, facts in changed:
                path = str(file.path)
                if path in self._evicting:
                    continue
                resting = [row for row in rows.values() if row.local_path == path]
                if any(row.status == ModelStatus.EVICTED for row in resting):
                    # What was seen may have been deleted since.
                    now = await asyncio.to_thread(look_at, file.path, self.files.folders, Headers())
                    if now is None or now.stamp != file.stamp:
                        continue
                for row in resting:
                    _refresh(row, file, facts)
                if not resting:
                    row = _new_row(_free_id(file, rows), LOCAL, ModelOrigin.DISCOVERED)
                    _refresh(row, file, facts)
                    db.add(row)
                    rows[row.id] = row

    async def expect(self, model_id: str, arrival: Arrival) -> None:
        """Show a model as one that is being downloaded; done once for each job.

        Raises `ValidationFailed`, or `Conflict` where the id is another model's.
        """
        async with self._change() as db:
            row = await repository.find(db, model_id)
            if row is not None and row.job_id == arrival.job_id:
                return
            if row is not None and row.origin == ModelOrigin.REMOVED:
                await db.delete(row)
                await db.flush()
                row = None
            if row is None:
                row = _new_row(model_id, LOCAL, ModelOrigin.EXPLICIT)
                row.parameters = _default_schema(row)
                db.add(row)
            elif not can_take_place_of(row.provider, row.status, row.local_path, arrival.path):
                raise Conflict(f"There is a model {model_id!r} already; give this one another id.", param="model.id")
            row.origin = ModelOrigin.EXPLICIT
            # What is recommended fits the parameters that the files bring: it is written when they are here.
            self._write(
                row, {name: value for name, value in arrival.given.items() if name != "recommended_parameters"}
            )
            row.local_path = row.file_stamp = None
            row.source, row.size_bytes, row.job_id = arrival.source, arrival.size_bytes, arrival.job_id
            row.status, row.status_reason = ModelStatus.DOWNLOADING, None

    async def arrived(self, model_id: str, arrival: Arrival, path: Path) -> Entry:
        """Take a model's files, which are here now. Raises `ModelUnavailable` where they are gone again."""
        headers = Headers()
        file = await asyncio.to_thread(look_at, path, self.files.folders, headers)
        if file is None:
            raise ModelUnavailable(f"The files of {model_id!r} have gone again.")
        facts = await asyncio.to_thread(describe, file, headers)
        async with self._change() as db:
            row = await repository.find(db, model_id)
            given = arrival.given
            if row is None:  # removed meanwhile; its files are here all the same
                row = _new_row(model_id, LOCAL, ModelOrigin.EXPLICIT)
                db.add(row)
            else:  # the rest was written when the files were expected, and may have been changed since
                given = {name: given[name] for name in given if name == "recommended_parameters"}
            disabled, kept = row.status == ModelStatus.DISABLED, _written(row)
            for other in await repository.at_path(db, str(file.path)):
                if other is not row and other.origin != ModelOrigin.EXPLICIT:
                    row.is_default = row.is_default or other.is_default
                    await db.delete(other)
            _take_file(row, file)
            _take_facts(row, facts)
            row.name = file.stem
            self._write(row, {name: value for name, value in given.items() if name not in kept})
            _put_back(row, kept)
            row.source, row.job_id, row.enriched_at = arrival.source, arrival.job_id, None
            row.status, row.status_reason = _outcome(facts)
            if not facts.problem and (disabled or arrival.given.get("status") == ModelStatus.DISABLED):
                row.status = ModelStatus.DISABLED
        return self.find(model_id)

    async def missed(self, model_id: str, job_id: str, reason: str) -> None:
        """A model's files did not come."""
        async with self._change() as db:
            row = await repository.find(db, model_id)
            if row is not None and row.job_id == job_id:
                row.status, row.status_reason = ModelStatus.FAILED, reason
                row.updated_at = utc_now()

    def follow(self, changed: Callable[[], None]) -> None:
        """Have `changed` called after each change of the registry."""
        self._followers.append(changed)

    def sourced(self) -> list[Sourced]:
        """The models with a source on the hub that has not told about them yet."""
        return self._sourced

    async def enrich(self, sourced: Sourced, told: Told) -> None:
        """Take what a model's source told, unless the model is gone or has another source by now."""
        async with self._change() as db:
            row = await repository.find(db, sourced.model_id)
            if row is None or row.origin == ModelOrigin.REMOVED or row.source != sourced.source:
                return
            written = row.written or ()
            is_open = row.written is not None and row.local_path is None and not row.is_default
            if told.modality is not None and is_open and "modality" not in written:
                row.modality = told.modality
                if "parameters" not in written:
                    row.parameters = _default_schema(row)
            take(row, told)
            if "recommended_parameters" not in written:
                recommended = {**told.recommended, **row.recommended_parameters}
                row.recommended_parameters = _allowed(recommended, row.parameters)
            row.enriched_at = row.updated_at = utc_now()

    @asynccontextmanager
    async def _change(self) -> AsyncIterator[AsyncSession]:
        """A transaction, after which the catalogue holds what the table holds."""
        async with self._changing:
            async with self._database.transaction() as db:
                yield db
                await db.flush()
                rows = await repository.all_models(db)
            self._take(rows)

    def _take(self, rows: Iterable[ModelTable]) -> None:
        rows = list(rows)
        self._known = [
            KnownFile(
                row.id,
                row.local_path,
                None if row.status == ModelStatus.EVICTED else row.file_stamp,
                stays=row.origin == ModelOrigin.EXPLICIT or row.status == ModelStatus.EVICTED,
            )
            for row in rows
            if row.local_path is not None
        ]
        self._sourced = [
            Sourced(row.id, row.source)
            for row in rows
            if row.source.get("type") == HUB and row.enriched_at is None and row.origin != ModelOrigin.REMOVED
        ]
        self._catalogue.replace_registered(self._entry(row) for row in rows if row.origin != ModelOrigin.REMOVED)
        for follower in self._followers:
            follower()

    def _entry(self, row: ModelTable) -> Entry:
        status, reason = self._usable(row)
        return Entry(
            id=row.id,
            name=row.name,
            provider=row.provider,
            modality=Modality(row.modality),
            status=status,
            status_reason=reason,
            origin=row.origin,
            version=row.version,
            description=row.description,
            capabilities=self._capabilities(row),
            parameters=row.parameters,
            recommended_parameters=row.recommended_parameters,
            source=row.source,
            runtime=row.runtime,
            pricing=row.pricing,
            licence=row.licence,
            documentation=row.documentation,
            size_bytes=row.size_bytes,
            local_path=row.local_path,
            job_id=row.job_id,
            stamp=row.file_stamp,
            is_default=self._pins.is_default(row),
            pinned=row.pinned or self._pins.pin(row),
            created_at=as_utc(row.created_at),
            last_used_at=row.last_used_at and as_utc(row.last_used_at),
        )

    def _usable(self, row: ModelTable) -> tuple[str, str | None]:
        """The row's status, but disabled where its engine is not installed.

        That is never stored: what is installed differs between machines, and from one start to the next.
        """
        engine = self._engines.get(row.runtime.get("engine", ""))
        if row.status == ModelStatus.AVAILABLE and row.provider == LOCAL and engine is not None:
            reason = missing(engine)
            if reason is not None:
                return ModelStatus.DISABLED, reason
        return row.status, row.status_reason

    def _capabilities(self, row: ModelTable) -> dict[str, Any]:
        """As stored, but a model of this machine gets no more context than one request may use here."""
        trained = row.capabilities.get("max_context_tokens")
        if row.provider != LOCAL or trained is None:
            return row.capabilities
        return {**row.capabilities, "max_context_tokens": min(trained, self._context_tokens)}

    async def _row(self, db: AsyncSession, entry: Entry) -> ModelTable:
        """The row of an entry; one that its provider lists gets a row now."""
        row = await repository.find(db, entry.id)
        if row is not None and row.origin != ModelOrigin.REMOVED:
            return row
        if entry.origin != "listed":
            raise not_found(self._catalogue, entry.id)
        row = _new_row(entry.id, entry.provider, ModelOrigin.EXPLICIT)
        row.name, row.version, row.description = entry.name, entry.version, entry.description
        row.capabilities, row.parameters, row.source = entry.capabilities, entry.parameters, entry.source
        row.pricing, row.licence, row.documentation = entry.pricing, entry.licence, entry.documentation
        row.modality = entry.modality
        db.add(row)
        return row

    def _write(self, row: ModelTable, given: dict[str, Any]) -> None:
        """Write what somebody gave. Raises `ValidationFailed`."""
        for name in ("name", "version", "modality", "description", "source", "licence", "pricing", "pinned"):
            if name in given:
                setattr(row, name, given[name])
        if "capabilities" in given:
            row.capabilities = row.capabilities | given["capabilities"]
        if "parameters" in given:
            refuse_bad_schema(given["parameters"])
            row.parameters = given["parameters"]
        if "recommended_parameters" in given:
            validator = jsonschema_rs.Draft202012Validator(row.parameters, offline=True)
            for problem in validator.iter_errors(given["recommended_parameters"]):
                raise ValidationFailed.of("recommended_parameters", problem.message)
            row.recommended_parameters = given["recommended_parameters"]
        if given.get("status") == ModelStatus.DISABLED:
            row.status, row.status_reason = ModelStatus.DISABLED, None
        elif row.status == ModelStatus.AVAILABLE or (row.status == ModelStatus.DISABLED and "status" in given):
            row.status, row.status_reason = _status(row)
            if row.file_stamp is not None and "status" in given:
                row.file_stamp = UNREAD  # the next scan says whether the file is still sound
        wrote(row, given)
        row.updated_at = utc_now()

    def _provider_of(self, model_id: str, named: str | None) -> str:
        prefix, colon, _ = model_id.partition(":")
        provider = named or (prefix if colon and self._providers.is_known(prefix) else LOCAL)
        if provider != LOCAL and not self._providers.is_known(provider):
            raise ProviderNotFound(f"No provider {provider!r}.", param="provider")
        return provider

    async def _read_file(self, local_path: str | None) -> tuple[ModelFile | None, Facts]:
        if local_path is None:
            return None, Facts(size_bytes=0)
        found = await asyncio.to_thread(self._find_file, local_path)
        if found is None:
            raise ValidationFailed.of("local_path", "is not a file inside a model folder")
        if found[1].problem is not None:
            raise ValidationFailed.of("local_path", found[1].problem)
        return found

    def _find_file(self, local_path: str) -> tuple[ModelFile, Facts] | None:
        headers = Headers()
        for folder in self.files.folders:
            path = folder / local_path
            if self.files.is_inside(path):
                file = look_at(path, self.files.folders, headers)
                if file is not None:
                    return file, describe(file, headers)
        return None


def can_take_place_of(provider: str, status: str, its_path: str | None, path: str | None) -> bool:
    """Whether a download may become the entry that is there: one without files, or of the very same files."""
    return provider == LOCAL and (
        (path is not None and its_path == path)
        or status not in (ModelStatus.AVAILABLE, ModelStatus.DISABLED, ModelStatus.DOWNLOADING)
    )


def refuse_reserved(model_id: str) -> None:
    """Raise `ValidationFailed` for an id that could not be reached in a path or would mean something else."""
    if len(model_id) > LONGEST_ID or not _is_reachable(model_id):
        raise ValidationFailed.of(
            "id",
            "must be at most 255 characters, not begin or end with `/`, hold no empty, `.` or `..` part, "
            "be none of auto, loaded, search, download, and not end in /status, /load, /unload or /default",
        )


def refuse_bad_schema(schema: dict[str, Any]) -> None:
    """Raise `ValidationFailed` unless it is a JSON Schema of an object that refers to nothing outside itself."""
    if schema.get("$schema", DIALECT) != DIALECT:
        raise ValidationFailed.of("parameters", f"must be of the dialect {DIALECT}")
    try:
        jsonschema_rs.Draft202012Validator(schema, offline=True)  # else it would fetch what a `$ref` names
    except ValueError as error:
        reason = error.message if isinstance(error, jsonschema_rs.ValidationError) else str(error)
        raise ValidationFailed.of("parameters", f"is not a JSON Schema: {reason[:300]}") from None
    if schema.get("type") != "object":
        raise ValidationFailed.of("parameters", "must be a JSON Schema of `type: object`")


def _is_reachable(model_id: str) -> bool:
    return not (model_id in _RESERVED or _RESERVED_END.search(model_id) or _BAD_SEGMENT.search(model_id))


def _free_id(file: ModelFile, taken: Iterable[str]) -> str:
    digest = sha256(str(file.path).encode()).hexdigest()[:8]
    for candidate in (file.stem, file.relative):
        if candidate not in taken and len(candidate) <= LONGEST_ID and _is_reachable(candidate):
            return candidate
    return f"{file.stem[: LONGEST_ID - 9]}-{digest}"


def _new_row(model_id: str, provider: str, origin: ModelOrigin) -> ModelTable:
    return ModelTable(
        id=model_id,
        name=model_id,
        modality=Modality.TEXT,
        provider=provider,
        origin=origin,
        status=ModelStatus.AVAILABLE,
        capabilities={},
        source={},
        parameters={},
        recommended_parameters={},
        runtime={},
        is_default=False,
        pinned=False,
        written=[],
        created_at=utc_now(),
    )


def _refresh(row: ModelTable, file: ModelFile, facts: Facts) -> None:
    """Take a file that was read, anew or again."""
    _take_file(row, file)
    if row.origin == ModelOrigin.EXPLICIT:
        row.size_bytes, row.runtime = facts.size_bytes, facts.runtime
        if row.status in (ModelStatus.AVAILABLE, ModelStatus.FAILED, ModelStatus.EVICTED):
            row.status, row.status_reason = _outcome(facts)
        return
    row.origin, row.name = ModelOrigin.DISCOVERED, file.stem
    _take_facts(row, facts)
    row.status, row.status_reason = _outcome(facts)
    row.updated_at = utc_now()


def _take_file(row: ModelTable, file: ModelFile) -> None:
    row.local_path, row.file_stamp = str(file.path), file.stamp


def _take_facts(row: ModelTable, facts: Facts) -> None:
    row.modality = facts.modality
    row.version, row.description = facts.version, facts.description
    row.capabilities, row.runtime, row.size_bytes = facts.capabilities, facts.runtime, facts.size_bytes
    row.licence, row.documentation = facts.licence, facts.documentation
    row.source = {"type": "local", "uri": None, "revision": None}
    row.parameters = facts.parameters or _default_schema(row)
    row.recommended_parameters = _allowed(facts.recommended_parameters, row.parameters)


def _written(row: ModelTable) -> dict[str, Any]:
    """What somebody wrote, by the names of `ModelTable.written`."""
    found = {}
    for name in row.written or ():
        column, _, inside = name.partition(".")
        found[name] = getattr(row, column).get(inside) if inside else getattr(row, column)
    return found


def _put_back(row: ModelTable, written: dict[str, Any]) -> None:
    """Write that again, over what a file says."""
    for name, value in written.items():
        column, _, inside = name.partition(".")
        setattr(row, column, {**getattr(row, column), inside: value} if inside else value)
    row.recommended_parameters = _allowed(row.recommended_parameters, row.parameters)


def _outcome(facts: Facts) -> tuple[ModelStatus, str | None]:
    return (ModelStatus.FAILED, facts.problem) if facts.problem else (ModelStatus.AVAILABLE, None)


def _status(row: ModelTable) -> tuple[ModelStatus, str | None]:
    """What a row's status is once somebody says that it is available."""
    if row.provider == LOCAL and row.local_path is None:
        return ModelStatus.FAILED, NO_FILE
    if row.provider == LOCAL and row.file_stamp is None:
        return ModelStatus.FAILED, FILE_GONE
    return ModelStatus.AVAILABLE, None


def _default_schema(row: ModelTable) -> dict[str, Any]:
    if row.modality != Modality.TEXT or row.capabilities.get("embeddings"):
        return no_parameters()
    return local_text_parameters() if row.provider == LOCAL else remote_text_parameters()


def _allowed(parameters: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Those parameters that the schema allows."""
    properties = schema["properties"]
    return {
        name: value
        for name, value in parameters.items()
        if name in properties and jsonschema_rs.is_valid(properties[name], value)
    }
