"""Writes the answer to one generate request: one JSON object, or events."""

from __future__ import annotations

import asyncio
from typing import Any

from pydantic_core import to_json
from starlette.types import Send

from pluggably.errors import NotReady, PluggablyError
from pluggably.features.generation.service import Generation
from pluggably.features.generation.work import Outcome, Work
from pluggably.features.requests.event_log import EventLog
from pluggably.features.usage.pricing import cost_usd
from pluggably.kit.connection import EventStream, UntilGone, send_json
from pluggably.kit.edge import RequestFacts
from pluggably.kit.sse import DONE, encode_event
from pluggably.routing.local_models import Loading, Queued

_NOTHING = {"text": None, "reasoning": None, "tool_calls": None, "images": None, "mesh": None, "artifacts": None}


class Answer:
    """The answer to one request. `state_tokens` are given back as they came."""

    def __init__(
        self, send: Send, facts: RequestFacts, generation: Generation, state_tokens: dict[str, Any] | None
    ) -> None:
        self._send = send
        self._facts = facts
        self._generation = generation
        self._state_tokens = state_tokens

    async def whole(self, work: Work, client: UntilGone) -> None:
        """One JSON object."""
        target = await self._generation.target()
        outcome = await work.run(self._generation, target, None)
        body = to_json(self._response(outcome), inf_nan_mode="null")
        client.over()
        await send_json(self._send, body)

    async def stream(self, work: Work, client: UntilGone) -> None:
        """Events; an error on the way is the last of them."""
        await self._tell(work, EventStream(self._send), client)

    async def log(self, work: Work, events: EventLog) -> None:
        """The same events into a background request's log, and the response into its result."""
        await self._tell(work, events, None)

    async def _tell(self, work: Work, stream: EventStream | EventLog, client: UntilGone | None) -> None:
        number = 0

        def event(name: str, data: Any) -> bytes:
            nonlocal number
            number += 1
            return encode_event(name, data, number)

        async def emit(name: str, data: dict[str, Any]) -> None:
            await stream.write(event(name, data))

        async def report(change: Queued | Loading) -> None:
            if isinstance(change, Queued):
                place = {"queue_position": change.position, "eta_s": change.eta_s}
                await emit("queued", {"request_id": self._facts.request_id, **place})
            else:
                await emit("loading", {"model": change.model, "progress_pct": change.progress_pct})

        try:
            await stream.start()
            selection = self._generation.selection.describe()
            await emit("selected", {"request_id": self._facts.request_id, "selection": selection})
            target = await self._generation.target(report)
            outcome = await work.run(self._generation, target, emit)
            response = self._response(outcome)
            if client is not None:
                client.over()
            else:
                self._generation.tracked.result = response
            await stream.end(event("output", response) + DONE)
        except PluggablyError as error:
            self._facts.error_code = error.code
            if client is not None:
                client.over()
            await stream.end(event("error", error.envelope(self._facts.request_id)) + DONE)
            raise
        except asyncio.CancelledError:
            if client is None or not client.gone:
                ended = self._generation.cancelled() or NotReady("The gateway is shutting down.")
                self._facts.error_code = ended.code
                await stream.end(event("error", ended.envelope(self._facts.request_id)) + DONE)
            raise
        finally:
            stream.abandon()

    def _response(self, outcome: Outcome) -> dict[str, Any]:
        generation, usage = self._generation, outcome.usage
        entry = generation.selection.entry
        return {
            "request_id": self._facts.request_id,
            "model": entry.id,
            "provider": entry.provider,
            "modality": entry.modality.value,
            "session_id": None,
            "state_tokens": self._state_tokens,
            "selection": generation.selection.describe(),
            "credits_status": None,
            "output": {**_NOTHING, **outcome.output},
            "finish_reason": outcome.finish_reason,
            "usage": {
                "prompt_tokens": usage.prompt_tokens if usage else None,
                "completion_tokens": usage.completion_tokens if usage else None,
                "total_tokens": usage.total_tokens if usage else None,
                "cost_usd": cost_usd(entry.pricing, usage),
            },
            "timing": {
                "queue_ms": generation.queue_ms,
                "load_ms": generation.load_ms,
                "first_output_ms": generation.first_output_ms,
                "total_ms": generation.total_ms,
            },
            "warnings": outcome.warnings,
        }
