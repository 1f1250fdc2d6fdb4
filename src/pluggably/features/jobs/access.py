"""What endpoints use of the running application's jobs."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from pluggably.features.jobs.service import Jobs


async def _jobs(request: Request) -> Jobs:
    return cast(Jobs, request.app.state.jobs)


TheJobs = Annotated[Jobs, Depends(_jobs)]
