"""What one request comes to: counted while it runs, held against limits, recorded at its end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pluggably.contract.provider import Relay
from pluggably.contract.text import TextDelta, TextRequest, Usage
from pluggably.errors import PluggablyError, RequestCancelled
from pluggably.features.generation.estimate import prompt_tokens
from pluggably.features.limits.service import Hold, Limiter
from pluggably.features.usage.pricing import Output, cost_usd
from pluggably.features.usage.recorder import REFUSED, FinishedRequest, Recorder
from pluggably.features.users.authentication import Caller
from pluggably.kit.clock import utc_now
from pluggably.kit.connection import ClientGone
from pluggably.kit.edge import RequestFacts
from pluggably.kit.metrics import PROVIDER_CREDITS, generation_metrics
from pluggably.routing.catalogue import Entry


class Tally:
    """What is counted of a request while models are asked. `started` is on `time.perf_counter`."""

    def __init__(self, started: float) -> None:
        self._started = started
        self.queue_ms = 0
        """Milliseconds spent waiting for a slot, at all models together."""
        self.load_ms = 0
        """Milliseconds spent waiting for models to load."""
        self.was_sent = False
        """Whether a model was asked at all."""
        self.start_over()

    def start_over(self) -> None:
        """Forget what the model gave that was asked last."""
        self.usage: Usage | None = None
        self.finish_reason: str | None = None
        self.partial: Callable[[], dict[str, Any] | None] = lambda: None
        """What was made so far, as in the response's `output`; set by whoever makes it."""
        self.asked: TextRequest | None = None
        """What was asked, where its tokens may have to be estimated."""
        self.output: Output | None = None
        """What was made besides text."""
        self.credits: float | None = None
        """What the provider took for it, in credits of its own, where it tells."""
        self.relay: Relay | None = None
        """Who follows the answer, where it is passed on unread."""
        self._pieces = 0
        self._first_output: float | None = None

    def first_output(self) -> None:
        """Note the moment of the first piece of output."""
        if self._first_output is None:
            self._first_output = time.perf_counter()

    def took(self, delta: TextDelta) -> None:
        """Count a piece of a streamed answer."""
        if delta.usage is not None:
            self.usage = delta.usage
        if delta.finish_reason is not None:
            self.finish_reason = delta.finish_reason
        if delta.text or delta.reasoning or delta.tool_calls:
            self._pieces += 1
            if self._first_output is None:
                self._first_output = time.perf_counter()

    def passed(self, events: bytes) -> None:
        """Count events that were passed on unread."""
        self._pieces += events.count(b"\n\n")

    @property
    def first_output_s(self) -> float | None:
        """Seconds from the request to the first piece of output."""
        return None if self._first_output is None else self._first_output - self._started

    @property
    def first_output_ms(self) -> int | None:
        """The same in milliseconds."""
        return None if self._first_output is None else round((self._first_output - self._started) * 1000)

    @property
    def total_ms(self) -> int:
        """Milliseconds since the request came."""
        return round((time.perf_counter() - self._started) * 1000)

    def used(self, *, complete: bool) -> Usage | None:
        """What was used of the model that was asked last. What was cut off counts its pieces as tokens, and its
        prompt by the length, unless its provider has told more."""
        usage = self.usage
        if usage is None and self.relay is not None:
            usage = self.relay.usage  # some tell it with every piece
        if self._pieces and (usage is None or not complete):
            told = usage or Usage(prompt_tokens(self.asked) if self.asked is not None else 0)
            usage = replace(told, completion_tokens=max(told.completion_tokens, self._pieces))
        return usage


class Accounting:
    """Accounts for one request: sets aside what it may use, and records what it used. One that is `free` is answered
    without a model."""

    def __init__(
        self,
        limits: Limiter,
        recorder: Recorder,
        caller: Caller,
        facts: RequestFacts,
        route: str,
        tally: Tally,
        *,
        free: bool,
    ) -> None:
        self._limits = limits
        self._recorder = recorder
        self._caller = caller
        self._facts = facts
        self._route = route
        self._tally = tally
        self._free = free
        self._hold: Hold | None = None
        """Where the caller has limits."""

    def cost_usd(self, entry: Entry, usage: Usage | None) -> float | None:
        """US dollars for this usage of a model; nothing for an answer that was there before."""
        return 0.0 if self._free else cost_usd(entry.pricing, usage, self._tally.output)

    async def reserve(self, entry: Entry, work: Any) -> None:
        """Set aside what the request may use, where the caller has limits; of no work nothing but a request.

        Raises what `Limiter.reserve` does.
        """
        if self._limits.in_force:
            self._hold = self._hold or Hold()
            await self._limits.reserve(self._hold, self._caller, self._facts, self._route, entry, work)

    def left_behind(self, entry: Entry) -> None:
        """Count a try that another one follows; the tally starts over."""
        usage = self._count(entry, complete=False)
        if self._hold is not None:
            self._hold.used(usage, self.cost_usd(entry, usage))
        self._tally.start_over()

    def end(self, entry: Entry, error: BaseException | None) -> str:
        """Count and record the request, whatever it ended with; the status that it has now.

        One that was turned away before a model was asked is recorded as `refused`, and has failed for its caller.
        """
        facts, tally = self._facts, self._tally
        status, code = _outcome(error)
        facts.cancelled = facts.cancelled or status == "cancelled"
        facts.refused = isinstance(error, PluggablyError) and status == "failed" and _is_refusal(error, tally)
        usage = self._count(entry, complete=error is None)
        if self._hold is not None:
            self._hold.used(usage, self.cost_usd(entry, usage))
            self._limits.settle(self._hold)
        now, total_ms = utc_now(), tally.total_ms
        self._recorder.record(
            FinishedRequest(
                id=facts.request_id,
                user_id=self._caller.user_id,
                route=self._route,
                model=entry.id,
                provider=entry.provider,
                modality=entry.modality.value,
                status=REFUSED if facts.refused else status,
                error_code=code,
                finish_reason=tally.finish_reason,
                prompt_tokens=usage.prompt_tokens if usage else None,
                completion_tokens=usage.completion_tokens if usage else None,
                cached_prompt_tokens=usage.cached_prompt_tokens if usage else None,
                reasoning_tokens=usage.reasoning_tokens if usage else None,
                cost_usd=self.cost_usd(entry, usage),
                queue_ms=tally.queue_ms,
                load_ms=tally.load_ms,
                first_output_ms=tally.first_output_ms,
                total_ms=total_ms,
                created_at=now - timedelta(milliseconds=total_ms),
                finished_at=now,
            )
        )
        return status

    def _count(self, entry: Entry, *, complete: bool) -> Usage | None:
        """Count what a model gave, in the metrics too; an answer that was there before counts nothing."""
        if self._free:
            return Usage()
        usage = self._tally.used(complete=complete)
        first_output, prompts, completions, dollars = generation_metrics(entry.label, entry.provider)
        if (seconds := self._tally.first_output_s) is not None:
            first_output.observe(seconds)
        if usage is not None:
            prompts.inc(usage.prompt_tokens)
            completions.inc(usage.completion_tokens)
        cost = self.cost_usd(entry, usage)
        if cost is not None and cost > 0:
            dollars.inc(cost)
        if self._tally.credits is not None and self._tally.credits > 0:
            PROVIDER_CREDITS.labels(entry.label, entry.provider).inc(self._tally.credits)
        return usage


def _is_refusal(error: PluggablyError, tally: Tally) -> bool:
    """Whether no model was asked, because of the request: what the gateway itself lacks is a failure."""
    return not tally.was_sent and error.status < 500


def _outcome(error: BaseException | None) -> tuple[str, str | None]:
    """The status of a request that ended with this, and the code of its error."""
    if error is None:
        return "completed", None
    if isinstance(error, RequestCancelled):
        return "cancelled", error.code
    if isinstance(error, PluggablyError):
        return "failed", error.code
    if isinstance(error, ClientGone | asyncio.CancelledError | GeneratorExit):
        return "cancelled", None
    return "failed", "internal_error"
