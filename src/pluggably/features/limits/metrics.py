"""What is counted about limits."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

REJECTED = Counter("pluggably_limit_rejections", "Requests that did not fit under a limit, by the limit", ["limit"])
DROPPED = Counter("pluggably_limit_ledgers_dropped", "Ledgers of limits that could not be kept over a restart")
PENDING = Gauge("pluggably_limit_ledgers_pending", "Ledgers of limits that wait to be written to the database")
