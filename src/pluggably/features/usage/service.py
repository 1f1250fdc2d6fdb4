"""What was used, by whom, of what, and what it cost."""

from __future__ import annotations

from datetime import datetime, timedelta

from pluggably.errors import PermissionDenied, ValidationFailed
from pluggably.features.usage import repository
from pluggably.features.usage.schemas import GroupBy, Totals, UsageGroup, UsageReport
from pluggably.features.users.authentication import Caller
from pluggably.kit.clock import as_utc, utc_now
from pluggably.kit.database import Database

DEFAULT_SPAN = timedelta(days=30)


async def report(
    database: Database,
    caller: Caller,
    group_by: GroupBy,
    since: datetime | None,
    until: datetime | None,
    everyone: bool,
    limit: int,
) -> UsageReport:
    """The caller's own usage, or with `everyone` that of all users. Times without a zone are UTC.

    Raises `PermissionDenied` for `everyone` and for groups by user unless the caller is an admin, and
    `ValidationFailed` for a span that ends before it begins. Requests appear a second after they ended.
    """
    if (everyone or group_by == "user") and not caller.is_admin:
        raise PermissionDenied("Only an admin may see what others use.")
    end = as_utc(until) if until else utc_now()
    begin = as_utc(since) if since else end - DEFAULT_SPAN
    if begin >= end:
        raise ValidationFailed.of("since", "is not before `until`")
    user_id = None if everyone or group_by == "user" else caller.user_id
    async with database.reading() as db:
        groups = await repository.by_group(db, group_by, user_id, begin, end, limit)
        total = await repository.total(db, user_id, begin, end)
    return UsageReport(
        group_by=group_by,
        since=begin,
        until=end,
        usage=[UsageGroup(**{group_by: row.key}, **Totals.fields_of(row)) for row in groups],
        total=Totals(**Totals.fields_of(total)),
    )
