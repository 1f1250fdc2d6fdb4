"""What is counted about users and their credentials."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

LOGINS = Counter("pluggably_logins", "Attempts to log in", ["outcome"])
USES_DROPPED = Counter("pluggably_token_uses_dropped", "Last uses of tokens that were not written down")
USES_PENDING = Gauge("pluggably_token_uses_pending", "Last uses of tokens that wait to be written to the database")
