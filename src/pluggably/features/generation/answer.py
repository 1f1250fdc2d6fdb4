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
from pluggably.features.sessions.turns import Made, merged
from pluggably.kit.connection import EventStream, UntilGone, send_json
from pluggably.kit.edge import RequestFacts
from pluggably.kit.sse import DONE, encode_event
from pluggably.routing.local_models import Loading, Queued, Target

_NOTHING = dict.fromkeys(("text", "reasoning", "tool_calls", "images", "mesh", "artifacts", "seed"))


class Answer:
    """The answer to one request. In a session it is stored before the client hears of its end."""

    def __init__(
        self, send: Send, facts: RequestFacts, generation: Generation[Work], state_tokens: dict[str, Any] | None
    ) -> None:
        self._send = send
        self._facts = facts
        self._generation = generation
        self._state_tokens = state_tokens

    async def whole(self, client: UntilGone) -> None:
        """One JSON object."""
        generation = self._generation

        async def attempt(target: Target, work: Work) -> Outcome:
            return await work.run(generation, target, None)

        outcome = await generation.answered(attempt, begun=lambda: generation.tally.finish_reason is not None)
        body = to_json(await self._finished(outcome), inf_nan_mode="null")
        client.over()
        await send_json(self._send, body, headers=generation.keeping.headers)

    async def stream(self, client: UntilGone) -> None:
        """Events; an error on the way is the last of them."""
        await self._tell(EventStream(self._send), client)

    async def log(self, events: EventLog) -> None:
        """The same events into a background request's log, and the response into its result."""
        await self._tell(events, None)

    async def _tell(self, stream: EventStream | EventLog, client: UntilGone | None) -> None:
        generation = self._generation
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

        async def tell_selection() -> None:
            described = generation.selection.describe()
            await emit("selected", {"request_id": self._facts.request_id, "selection": described})

        async def attempt(target: Target, work: Work) -> Outcome:
            return await work.run(generation, target, emit)

        def begun() -> bool:
            return generation.tally.first_output_ms is not None

        try:
            await stream.start(generation.keeping.headers)
            await tell_selection()
            outcome = await generation.answered(attempt, begun=begun, report=report, moved=tell_selection)
            response = await self._finished(outcome)
            if client is not None:
                client.over()
            else:
                generation.tracked.result = response
            await stream.end(event("output", response) + DONE)
        except PluggablyError as error:
            self._facts.error_code = error.code
            if client is not None:
                client.over()
            await stream.end(event("error", error.envelope(self._facts.request_id)) + DONE)
            raise
        except asyncio.CancelledError:
            if client is None or not client.gone:
                ended = generation.cancelled() or NotReady("The gateway is shutting down.")
                self._facts.error_code = ended.code
                await stream.end(event("error", ended.envelope(self._facts.request_id)) + DONE)
            raise
        finally:
            stream.abandon()

    async def _finished(self, outcome: Outcome) -> dict[str, Any]:
        """The response, once the session has the turn. Raises `NotReady` where it can't be stored."""
        response, turn = self._response(outcome), self._generation.turn
        if turn is None:
            return response
        output = response["output"]
        made = Made(
            self._generation.selection.entry,
            output["text"],
            outcome.finish_reason,
            response["usage"],
            outcome.kept or None,
            output["reasoning"],
            output["tool_calls"],
        )
        response["warnings"] = [*turn.warnings, *response["warnings"], *await turn.store(made, outcome.state_tokens)]
        response["session_id"], response["state_tokens"] = turn.session_id, turn.state_tokens
        return response

    def _response(self, outcome: Outcome) -> dict[str, Any]:
        generation, usage = self._generation, outcome.usage
        entry = generation.selection.entry
        return {
            "request_id": self._facts.request_id,
            "model": entry.id,
            "provider": entry.provider,
            "modality": entry.modality.value,
            "session_id": None,
            "state_tokens": merged(self._state_tokens, outcome.state_tokens),
            "selection": generation.selection.describe(),
            "credits_status": generation.credits_status,
            "output": {**_NOTHING, **outcome.output},
            "finish_reason": outcome.finish_reason,
            "usage": {
                "prompt_tokens": usage.prompt_tokens if usage else None,
                "completion_tokens": usage.completion_tokens if usage else None,
                "total_tokens": usage.total_tokens if usage else None,
                "cached_prompt_tokens": usage.cached_prompt_tokens if usage else None,
                "reasoning_tokens": usage.reasoning_tokens if usage else None,
                "cost_usd": generation.cost_usd(usage),
                "provider_credits": generation.tally.credits,
            },
            "timing": {
                "queue_ms": generation.tally.queue_ms,
                "load_ms": generation.tally.load_ms,
                "first_output_ms": generation.tally.first_output_ms,
                "total_ms": generation.tally.total_ms,
            },
            "warnings": outcome.warnings,
        }
