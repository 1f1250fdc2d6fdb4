"""Finished requests for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pluggably.features.usage.recorder import FinishedRequest
from pluggably.kit.ids import new_id


def finished_request(**changes: Any) -> FinishedRequest:
    """A text request that a local model completed."""
    moment = datetime(2026, 11, 23, 12, 0, 0, 250_000, tzinfo=UTC)
    values: dict[str, Any] = {
        "id": new_id("req"),
        "user_id": "operator",
        "route": "/v1/generate",
        "model": "smollm2",
        "provider": "local",
        "modality": "text",
        "status": "completed",
        "error_code": None,
        "finish_reason": "stop",
        "prompt_tokens": 12,
        "completion_tokens": 34,
        "cached_prompt_tokens": None,
        "reasoning_tokens": None,
        "cost_usd": None,
        "queue_ms": 1,
        "load_ms": 0,
        "first_output_ms": 20,
        "total_ms": 300,
        "created_at": moment,
        "finished_at": moment,
    }
    return FinishedRequest(**values | changes)
