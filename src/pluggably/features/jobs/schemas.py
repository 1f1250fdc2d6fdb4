"""Jobs on the wire."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, Field

from pluggably.features.jobs.progress import Job
from pluggably.kit.clock import WireTime
from pluggably.kit.openapi import StreamedEvent
from pluggably.tables.jobs import JobStatus


class JobRead(BaseModel):
    """A job and how far it is."""

    job_id: str
    kind: str = Field(description="`download` or `cleanup`")
    model_id: str | None = Field(description="the model that it brings")
    status: JobStatus
    progress_pct: float | None = Field(description="0 to 100; null while the size is not known")
    downloaded_bytes: int = Field(description="never falls, also when a download goes on after an interruption")
    total_bytes: int | None
    bytes_per_s: int | None = Field(description="over the last seconds")
    eta_s: float | None = Field(description="seconds to go at that speed")
    error: dict[str, Any] | None = Field(description="why it failed: the inside of the error envelope")
    created_at: WireTime
    started_at: WireTime | None
    finished_at: WireTime | None

    @classmethod
    def of(cls, job: Job) -> Self:
        """A job as everybody may see it."""
        return cls(
            job_id=job.id,
            kind=job.kind,
            model_id=job.model_id,
            status=job.status,
            progress_pct=job.progress_pct,
            downloaded_bytes=job.downloaded_bytes,
            total_bytes=job.total_bytes,
            bytes_per_s=job.bytes_per_s if job.status is JobStatus.RUNNING else None,
            eta_s=job.eta_s,
            error=job.error,
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
        )


class JobList(BaseModel):
    """A page of jobs, newest first."""

    jobs: list[JobRead]
    next_cursor: str | None


class JobEvent(StreamedEvent):
    """A job at a change."""

    event: Literal["status"]
    data: JobRead
