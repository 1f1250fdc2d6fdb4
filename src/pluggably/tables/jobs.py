"""Jobs: work that goes on beside the requests and outlives the process that began it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from pluggably.tables.base import Base, Timestamped


class JobStatus(StrEnum):
    """How far a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self not in (JobStatus.QUEUED, JobStatus.RUNNING)


class JobTable(Timestamped, Base):
    """One job. It is run by the process that holds its lease; when the lease has run out, another one takes it."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_kind_status", "kind", "status"),
        Index("ix_jobs_digest_created_at", "digest", "created_at"),
        Index("ix_jobs_created_at_id", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    status: Mapped[JobStatus] = mapped_column(String(16), default=JobStatus.QUEUED)
    digest: Mapped[str] = mapped_column(String(64))
    """Of what the job is to do: equal jobs have equal ones."""
    active_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    """The same until the job has ended, then nothing: so of equal jobs one alone is under way, on all replicas."""
    model_id: Mapped[str | None] = mapped_column(String(255))
    user_id: Mapped[str] = mapped_column(String(64))
    """Who asked for it first."""
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What its kind needs to know to run it, and to go on with it."""
    downloaded_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    total_bytes: Mapped[int | None] = mapped_column(BigInteger)
    bytes_per_s: Mapped[int | None] = mapped_column(BigInteger)
    error: Mapped[dict[str, Any] | None]
    """The inside of the envelope."""
    runner: Mapped[str | None] = mapped_column(String(64))
    """The process that runs it."""
    leased_until: Mapped[datetime | None]
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    def claim(self, runner: str, now: datetime, leased_until: datetime) -> None:
        """A process takes it, for the first time or in place of one that is gone."""
        self.status, self.runner, self.leased_until = JobStatus.RUNNING, runner, leased_until
        self.started_at = self.started_at or now

    def end(self, status: JobStatus, now: datetime, error: dict[str, Any] | None = None) -> None:
        """It has come to this end."""
        self.status, self.error, self.finished_at = status, error, now
        self.active_digest = self.runner = self.leased_until = self.bytes_per_s = None
