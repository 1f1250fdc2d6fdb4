"""What is counted about the records of finished requests."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

DROPPED = Counter(
    "pluggably_usage_dropped", "Finished requests that were not recorded: the queue was full, or at an end"
)
PENDING = Gauge("pluggably_usage_pending", "Finished requests that wait to be written to the database")
