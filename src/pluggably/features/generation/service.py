"""Generation from the choice of a model to the accounting, whoever asked and in whichever format.

Nothing is written to the database before the first byte: finished requests go to the recorder, which writes behind.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Generic, TypeVar, cast

import structlog

from pluggably.contract.calls import Reply
from pluggably.contract.completions import CompletionRequest
from pluggably.contract.embeddings import EmbeddingRequest, EmbeddingResult
from pluggably.contract.media import MediaProgress, MediaRequest, MediaResult
from pluggably.contract.modality import Modality
from pluggably.contract.provider import (
    CountsTokens,
    MediaAdapter,
    Provider,
    Relay,
    RelaysChat,
    RelaysMessages,
    TextAdapter,
)
from pluggably.contract.text import TextDelta, TextRequest, TextResult, Usage
from pluggably.errors import (
    ArtifactExpired,
    ArtifactNotFound,
    BlockedURL,
    Conflict,
    ContentRefused,
    ContextLengthExceeded,
    CreditsExhausted,
    InsufficientStorage,
    InvalidImage,
    LimitReached,
    ModalityMismatch,
    ModelNotFound,
    ModelUnavailable,
    PluggablyError,
    ProviderAuthError,
    ProviderError,
    ProviderNotFound,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnavailable,
    QueueFull,
    RequestCancelled,
    RuntimeCrashed,
    UnsupportedFeature,
)
from pluggably.features.generation.cache import CacheUse, KeptAnswer, ResponseCache
from pluggably.features.generation.collector import Collector
from pluggably.features.generation.estimate import prompt_tokens
from pluggably.features.limits.service import Hold, Limiter
from pluggably.features.requests.event_log import EventLog
from pluggably.features.requests.registry import Requests, RequestStatus, TrackedRequest
from pluggably.features.sessions.turns import Made, Turn
from pluggably.features.usage.pricing import cost_usd
from pluggably.features.usage.recorder import FinishedRequest, Recorder
from pluggably.features.users.authentication import Caller
from pluggably.kit.clock import utc_now
from pluggably.kit.connection import ClientGone
from pluggably.kit.edge import RequestFacts
from pluggably.kit.http import Address, OpenReply
from pluggably.kit.metrics import FALLBACKS, RETRIES, generation_metrics
from pluggably.kit.sse import parse_events
from pluggably.providers._tasks import MediaDriver
from pluggably.providers._transport import Account, ProviderCall, Transport
from pluggably.providers.directory import Configured
from pluggably.routing.accounts import Accounts
from pluggably.routing.catalogue import LOCAL, Entry
from pluggably.routing.fallback import Fallback, FallbackReason, Plan, Planner, reason_of
from pluggably.routing.local_models import Admission, Loading, LocalModels, Queued, Report, Target
from pluggably.routing.residency import RuntimeState
from pluggably.routing.selection import Selection, Wish, refuse_unavailable

WorkT = TypeVar("WorkT")
"""What is to be done for one request by one model."""
ResultT = TypeVar("ResultT")

_LEAST_S = 1.0
"""What the last of several tries gets at least."""

log = structlog.get_logger(__name__)

_NOBODY = Target(Provider("cache", None, {}), Account("cache", Address("")), "")
"""Where a request goes whose answer is there already."""
_FRAMING = 16
"""How many times larger than its text a stream of OpenAI's format may be, and more."""

ERRORS = (
    ContextLengthExceeded,
    ContentRefused,
    UnsupportedFeature,
    ModalityMismatch,
    InvalidImage,
    BlockedURL,
    CreditsExhausted,
    ModelNotFound,
    ProviderNotFound,
    ArtifactNotFound,
    ArtifactExpired,
    Conflict,
    LimitReached,
    ProviderRateLimited,
    ProviderError,
    ProviderAuthError,
    ProviderUnavailable,
    ModelUnavailable,
    QueueFull,
    RuntimeCrashed,
    ProviderTimeout,
    InsufficientStorage,
)
"""What a generation may end with, beside what every route answers."""


class GenerationService:
    """Starts generations. Built once; holds no state of a request. `used` hears of every model that was asked;
    `cache` is None where answers are not kept."""

    def __init__(
        self,
        planner: Planner,
        accounts: Accounts,
        local: LocalModels,
        transport: Transport,
        media: MediaDriver,
        recorder: Recorder,
        requests: Requests,
        used: Callable[[Entry], None],
        limits: Limiter,
        cache: ResponseCache | None = None,
    ) -> None:
        self.planner = planner
        self.accounts = accounts
        self.standing = planner.standing
        self.local = local
        self.transport = transport
        self.media = media
        self.recorder = recorder
        self.requests = requests
        self.used = used
        self.limits = limits
        self.cache = cache

    def plan(self, caller: Caller, wish: Wish, fallback: Fallback = "default") -> Plan:
        """Choose the model, and who may stand in for it. Raises what `Planner.plan` and `Accounts.seen_by` do."""
        return self.planner.plan(wish, fallback, self.accounts.seen_by(caller.user_id))

    def takes_messages(self, caller: Caller, entry: Entry) -> bool:
        """Whether a model's provider speaks Anthropic's Messages, so that a request of that shape can go there as it
        came."""
        configured = self.accounts.accounts_of(caller.user_id).get(entry.provider)
        adapter = configured.provider.adapters.get(Modality.TEXT) if configured is not None else None
        return isinstance(adapter, RelaysMessages)

    def begin(
        self,
        caller: Caller,
        facts: RequestFacts,
        plan: Plan,
        route: str,
        work: WorkT | None,
        prepare: Callable[[Entry], Awaitable[WorkT]],
        *,
        events: EventLog | None = None,
        cached: CacheUse | None = None,
        turn: Turn | None = None,
    ) -> Generation[WorkT]:
        """One generation: `async with service.begin(…) as generation`; a background request has `events`, one whose
        text may be kept, or was, has `cached`.

        `work` is for the plan's model; `prepare` makes that of a stand-in, and raises where the request does not
        suit it. In a session there is a `turn` and no `work`: that is prepared once the turn has come.
        """
        return Generation(self, caller, facts, plan, route, work, prepare, events, cached, turn)


class Generation(Generic[WorkT]):
    """One request. Entering claims its id and a place in the queue of a local model; leaving accounts for
    it, also for one that was cancelled half-way."""

    def __init__(
        self,
        service: GenerationService,
        caller: Caller,
        facts: RequestFacts,
        plan: Plan,
        route: str,
        work: WorkT | None,
        prepare: Callable[[Entry], Awaitable[WorkT]],
        events: EventLog | None,
        cached: CacheUse | None,
        turn: Turn | None,
    ) -> None:
        self._service = service
        entry = plan.selection.entry
        self.tracked = TrackedRequest(facts.request_id, caller.user_id, entry.id, entry.modality.value, events=events)
        self._caller = caller
        self._facts = facts
        self._plan = plan
        self._route = route
        self._work = work
        self._prepare = prepare
        self._cached = cached
        self._hit = cached.answer if cached is not None else None
        self._to_keep: KeptAnswer | None = None
        self._asked: TextRequest | None = None
        self._relay: Relay | None = None
        self.turn = turn
        self._waits = False
        """Whether another turn of the session goes before: then its place at the model comes after it."""
        self._admission: Admission | None = None
        self._hold: Hold | None = None
        """Where the caller has limits."""
        self._attempt_started = self._model_started = facts.started
        self._tries = 0
        self._first_output: float | None = None
        self._pieces = 0
        self.queue_ms = 0
        """Milliseconds spent waiting for a slot, at all models together."""
        self.load_ms = 0
        """Milliseconds spent waiting for models to load."""
        self.usage: Usage | None = None
        self.finish_reason: str | None = None
        self.partial: Callable[[], dict[str, Any] | None] = lambda: None
        """What was made so far, as in the response's `output`; set by whoever makes it."""

    @property
    def selection(self) -> Selection:
        """Who answers, as it stands."""
        return self._plan.selection

    async def __aenter__(self) -> Generation[WorkT]:
        service, facts = self._service, self._facts
        if facts.chosen_by_client and (
            await service.recorder.find(self._caller.user_id, facts.request_id)
            or await service.requests.recall(self._caller.user_id, facts.request_id)
        ):
            raise Conflict(f"A request with the id {facts.request_id} was made before.", param="X-Request-ID")
        service.requests.claim(self.tracked)
        self.tracked.task = asyncio.current_task()
        try:
            self._waits = self.turn is not None and not await self.turn.take()
            if not self._waits:
                try:
                    await self._begin()
                except PluggablyError as error:
                    await self._fall_back(error)
        except BaseException as error:
            self._account(error)
            self._end_turn(error)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        cancelled = self.cancelled() if isinstance(error, asyncio.CancelledError) else None
        if cancelled is not None and self.tracked.task is not None:
            self.tracked.task.uncancel()
        try:
            await self._leave()
        finally:
            self._account(cancelled or error)
            self._end_turn(error)
        if cancelled is not None:
            raise cancelled from error
        cache, kept = self._service.cache, self._to_keep
        if error is None and kept is not None and cache is not None and self._cached is not None:
            await cache.keep(self._cached, kept)

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """What the head of the answer says about its making."""
        return self._cached.headers if self._cached is not None else []

    def cost_usd(self, usage: Usage | None) -> float | None:
        """US dollars for this usage of the model that answers; nothing for an answer that was there before."""
        return 0.0 if self._hit is not None else cost_usd(self.selection.entry.pricing, usage)

    @property
    def credits_status(self) -> dict[str, Any] | None:
        """What is known about the credits of the account that was asked, or of the first one that had none left.

        None for a model of this machine.
        """
        selection = self.selection
        without = [attempt.provider for attempt in selection.attempts if attempt.code == CreditsExhausted.code]
        provider = (without[0] if without else None) or selection.entry.provider
        if provider == LOCAL:
            return None
        account = self._service.accounts.accounts_of(self._caller.user_id).get(provider)
        return self._service.standing.credits.describe(provider, account.own_key if account is not None else None)

    def cancelled(self) -> RequestCancelled | None:
        """What a caller gets who waits for a request that somebody cancelled, with what was made until then."""
        if not self.tracked.cancel_requested:
            return None
        return RequestCancelled("The request was cancelled.", details={"partial": self.partial()})

    async def answered(
        self,
        attempt: Callable[[Target, WorkT], Awaitable[ResultT]],
        *,
        begun: Callable[[], bool],
        report: Report | None = None,
        moved: Callable[[], Awaitable[None]] | None = None,
    ) -> ResultT:
        """What `attempt` makes of the request, at the first model of the plan that can serve it.

        Once `begun` says that the answer has, a failure is the request's end. `report` hears of every change on the
        way to a local model, `moved` that another model answers from now on. Raises what `Plan.after` does.
        """
        if self._hit is not None:
            self.tracked.running()
            assert self._work is not None
            return await attempt(_NOBODY, self._work)
        if self._waits:
            await self._wait_for_turn(report, moved)
        standing = self._service.standing
        while True:
            entry = self.selection.entry
            began = standing.begin(entry)
            try:
                target = await self._target(report)
                assert self._work is not None
                result = await attempt(target, self._work)
            except PluggablyError as error:
                standing.failed(entry, began, error)
                if begun():
                    raise
                if self.turn is not None and self.turn.tighten(error):
                    await self._over_again()
                    continue
                await self._fall_back(error)
            else:
                standing.succeeded(entry, began)
                return result
            if moved is not None and self.selection.entry is not entry:
                await moved()

    async def _begin(self) -> None:
        """Take a place at the model, or at a pinned one that is there already."""
        if self._hit is not None:
            await self._reserve(self._name(), None)  # no model is needed
            return
        if self.turn is not None:
            self._work = await self._prepare(self.selection.entry)
        if self._plan.pinned:
            await self._answer_meanwhile()
        first = self.selection.entry
        if first.provider != LOCAL and self._plan.pass_over():
            await self._go_past(first)
        await self._admit()

    async def _wait_for_turn(self, report: Report | None, moved: Callable[[], Awaitable[None]] | None) -> None:
        """Begin once the session's earlier turns are over."""
        assert self.turn is not None
        self._waits = False
        chosen, ahead = self.selection.entry, max(1, self.turn.ahead)
        self.tracked.queued(ahead, None)
        if report is not None:
            await report(Queued(ahead, None))
        await self.turn.wait()
        self._attempt_started = self._model_started = time.perf_counter()
        try:
            await self._begin()
        except PluggablyError as error:
            await self._fall_back(error)
        if moved is not None and self.selection.entry is not chosen:
            await moved()

    async def _over_again(self) -> None:
        """Ask the same model once more, with less of the session."""
        await self._leave()
        try:
            self._work = await self._prepare(self.selection.entry)
            await self._admit()
        except PluggablyError as error:
            await self._fall_back(error)

    def _end_turn(self, error: BaseException | None) -> None:
        """Let the session's next turn begin; what was made of an answer that was cut off stays in the session."""
        if self.turn is None:
            return
        made, text = None, (self.partial() or {}).get("text") if error is not None else None
        if text:
            reason = "error" if isinstance(error, Exception) and not self.tracked.cancel_requested else "cancelled"
            made = Made(self.selection.entry, text, reason)
        self.turn.end(made)

    async def _answer_meanwhile(self) -> None:
        """While a local model is being loaded let a pinned one answer that is loaded."""
        plan, residency = self._plan, self._service.local
        entry, catalogue = plan.selection.entry, self._service.planner.catalogue
        if entry.provider != LOCAL or entry.status != "available" or _is_loaded(residency, entry):
            return
        candidates = [candidate for name in plan.stand_ins if (candidate := catalogue.get(name)) is not None]
        loaded = [candidate.id for candidate in candidates if _is_loaded(residency, candidate)]
        if not loaded:
            return
        await residency.load(entry, wait=False)
        chosen = plan.meanwhile(loaded).entry
        if chosen is not entry:
            FALLBACKS.labels(entry.label, FallbackReason.MODEL_LOADING.value).inc()
            self._work = await self._prepare(chosen)

    async def _go_past(self, entry: Entry) -> None:
        """Another model goes before the chosen one, which is known to fail."""
        FALLBACKS.labels(entry.label, self.selection.fallback_reason).inc()
        log.info("passed over", model=entry.id, reason=self.selection.fallback_reason, next=self.selection.entry.id)
        self._work = await self._prepare(self.selection.entry)

    async def _fall_back(self, error: PluggablyError) -> None:
        """Go on with another deployment, the same one after a pause, or the next model of the plan that takes the
        request. Raises what `Plan.after` does."""
        task = self.tracked.task
        while True:
            if task is not None and task.cancelling():
                raise error  # it may have come of the cancelling
            failed = self.selection.entry
            try:
                ms = round((time.perf_counter() - self._attempt_started) * 1000)
                self._plan.after(error, ms, self._left_s(self._account_of(failed)))
            except PluggablyError:
                if self.selection.entry is not failed:
                    await self._start_over(failed)
                raise
            await self._start_over(failed)
            self._count_move(failed, error)
            try:
                if self._plan.pause_s:
                    await asyncio.sleep(self._plan.pause_s)
                    self._attempt_started = time.perf_counter()
                if self.selection.entry is not failed:
                    self._work = await self._prepare(self.selection.entry)
                await self._admit()
                return
            except PluggablyError as again:
                error = again

    def _count_move(self, failed: Entry, error: PluggablyError) -> None:
        chosen, pause_s = self.selection, self._plan.pause_s
        self._tries += 1
        if self._plan.is_same_model:
            RETRIES.labels(failed.label, error.code).inc()
            log.info("retry", model=failed.id, error=error.code, next=chosen.entry.id, pause_s=round(pause_s, 3))
            return
        self._model_started = time.perf_counter()
        reason = reason_of(error, failed)
        if reason is not None:
            FALLBACKS.labels(failed.label, reason.value).inc()
        log.info("fallback", model=failed.id, error=error.code, next=chosen.entry.id)

    def _account_of(self, entry: Entry) -> Configured | None:
        return self._service.accounts.accounts_of(self._caller.user_id).get(entry.provider)

    def _left_s(self, configured: Configured | None) -> float:
        """Seconds that are left to a provider's account for all tries of this model together."""
        if configured is None:
            return math.inf
        return configured.account.timeouts.total_s - (time.perf_counter() - self._model_started)

    async def _start_over(self, failed: Entry) -> None:
        """Leave a try behind, with everything that it made."""
        await self._leave()
        usage = self._count_tokens(failed, complete=False)
        if self._hold is not None:
            self._hold.used(failed, usage)
        self._first_output = self.usage = self.finish_reason = self._asked = self._relay = None
        self._pieces = 0
        self.partial = lambda: None
        self._name()
        self._attempt_started = time.perf_counter()

    async def _admit(self) -> None:
        """See that the caller may, and take a place in the queue of a local model.

        Raises what `Limiter.reserve` and `LocalModels.admit` do.
        """
        entry = self._name()
        refuse_unavailable(entry)
        await self._reserve(entry, self._work)
        if entry.provider == LOCAL:
            self._admission = await self._service.local.admit(entry, self._caller.user_id).__aenter__()

    async def _reserve(self, entry: Entry, work: Any) -> None:
        """Set aside what the request may use, where the caller has limits; of no work nothing but a request."""
        limits = self._service.limits
        if limits.in_force:
            self._hold = self._hold or Hold()
            await limits.reserve(self._hold, self._caller, self._facts, self._route, entry, work)

    def _name(self) -> Entry:
        """Say everywhere whose request it is now."""
        entry, facts = self.selection.entry, self._facts
        self.tracked.model = entry.id
        facts.model, facts.model_label, facts.provider = entry.id, entry.label, entry.provider
        return entry

    async def _leave(self) -> None:
        """Give the place back, where one was taken."""
        admission, self._admission = self._admission, None
        if admission is not None:
            await admission.__aexit__(None, None, None)

    async def _target(self, report: Report | None = None) -> Target:
        """Where the request goes; waits for a local model, telling `report` of every change."""

        async def noted(change: Queued | Loading) -> None:
            if isinstance(change, Queued):
                self.tracked.queued(change.position, change.eta_s)
            else:
                self.tracked.running()
            if report is not None:
                await report(change)

        if self._admission is not None:
            target = await self._admission.target(noted)
            self.queue_ms += self._admission.queue_ms
            self.load_ms += self._admission.load_ms
            self.tracked.running()
            return target
        self.tracked.running()
        entry = self.selection.entry
        if not self._service.accounts.is_ready(self._caller.user_id):
            await self._service.accounts.ready(self._caller.user_id)  # it has waited for long
        configured = self._account_of(entry)
        if configured is None:
            raise UnsupportedFeature(f"The provider {entry.provider!r} is not configured.", param="provider")
        account = configured.account
        if self._tries:
            left_s = max(_LEAST_S, self._left_s(configured))
            account = replace(account, timeouts=replace(account.timeouts, total_s=left_s))
        return Target(configured.provider, account, entry.name)

    def call(self, target: Target, request: TextRequest) -> ProviderCall:
        """Send the request; the caller reads the reply and tells `first_output` and `usage`."""
        call = _adapter_for(target, request).prepare(request, target.model)
        self._asked = request
        return self._service.transport.open(target.account, call)

    async def deltas(self, target: Target, request: TextRequest) -> AsyncGenerator[TextDelta, None]:
        """The answer, piece by piece, as the provider gives it."""
        if self._hit is not None:
            request.warnings[:] = self._hit.warnings
            for delta in self._hit.deltas():
                self._take(delta)
                yield delta
            return
        adapter = _adapter(target)
        collected = Collector() if self.keeps else None
        async with self.call(target, request) as reply:
            async for delta in adapter.stream(parse_events(reply.chunks()), request):
                self._take(delta)
                if collected is not None:
                    collected.take(delta)
                yield delta
        if collected is not None and self.finish_reason is not None:
            self._keep(collected.results(self.usage)[0], request)

    async def results(self, target: Target, request: TextRequest) -> list[TextResult]:
        """The whole answer, by choice."""
        if self._hit is not None:
            request.warnings[:] = self._hit.warnings
            result = self._hit.result
            self.first_output()
            self.usage, self.finish_reason = result.usage, result.finish_reason
            return [result]
        if not request.stream:
            return [_adapter(target).parse(await self.relayed_whole(target, request))]
        collected = Collector()
        self.partial = lambda: {"text": collected.text()}
        async for delta in self.deltas(target, request):
            collected.take(delta)
        return collected.results(self.usage)

    async def relayed_whole(self, target: Target, request: TextRequest) -> Reply:
        """A whole answer as the provider wrote it, read only for its usage."""
        async with self.call(target, request) as opened:
            reply = await opened.read()
        result = _adapter(target).parse(reply)
        self.first_output()
        self.usage, self.finish_reason = result.usage, result.finish_reason
        if self.keeps:
            self._keep(result, request)
        return reply

    async def media(self, target: Target, request: MediaRequest) -> AsyncGenerator[MediaProgress | MediaResult, None]:
        """Images or a mesh: progress as it comes, the result once."""
        adapter = target.provider.adapters.get(request.modality)
        if adapter is None:
            raise UnsupportedFeature(f"{target.provider.name} makes no {request.modality.value}.", param="modality")
        made = self._service.media.make(target.account, cast(MediaAdapter, adapter), request, target.model)
        async with aclosing(made) as events:
            async for event in events:
                if isinstance(event, MediaResult):
                    self.usage = event.usage
                    self.first_output()
                elif event.queue_position is not None:
                    self.tracked.queued(event.queue_position, event.eta_s)
                else:
                    self.first_output()
                    self.tracked.progressed(event.progress_pct)
                yield event
        self.finish_reason = "stop"

    async def embeddings(self, target: Target, request: EmbeddingRequest) -> EmbeddingResult:
        """Vectors for texts."""
        adapter = target.provider.embeddings
        if adapter is None:
            raise UnsupportedFeature(f"{target.provider.name} makes no embeddings.", param="model")
        reply = await self._service.transport.send(target.account, adapter.prepare(request, target.model))
        self.first_output()
        # Megabytes of numbers: others go on meanwhile.
        result = await asyncio.to_thread(adapter.parse, reply, request)
        self.usage, self.finish_reason = result.usage, "stop"
        return result

    async def completion(self, target: Target, request: CompletionRequest) -> AsyncGenerator[TextDelta, None]:
        """What a model adds to raw text, piece by piece."""
        adapter = target.provider.completions
        if adapter is None:
            raise UnsupportedFeature(f"{target.provider.name} takes no raw text.", param="prompt")
        request.warnings.clear()
        async with self._service.transport.open(target.account, adapter.prepare(request, target.model)) as reply:
            async for delta in adapter.stream(parse_events(reply.chunks()), request):
                self._take(delta)
                yield delta

    def relay_for(self, target: Target, request: TextRequest, *, include_usage: bool) -> Relay | None:
        """A follower that lets a stream pass unread, where the provider speaks OpenAI's format."""
        if self._hit is not None:
            return None
        adapter = _adapter_for(target, request)
        if isinstance(adapter, RelaysChat):
            return adapter.relay(request, include_usage=include_usage)
        return None

    def messages_relay_for(self, target: Target) -> Relay | None:
        """A follower that lets a stream pass unread, where the provider speaks Anthropic's Messages."""
        adapter = _adapter(target)
        return adapter.relay_messages() if isinstance(adapter, RelaysMessages) else None

    async def token_count(self, target: Target, request: TextRequest) -> int:
        """How many tokens the prompt has, by the count of who would read it. Raises `UnsupportedFeature`."""
        adapter = _adapter_for(target, request)
        if not isinstance(adapter, CountsTokens):
            raise UnsupportedFeature(f"{target.provider.name} does not count tokens.", param="model")
        reply = await self._service.transport.send(target.account, adapter.count_call(request, target.model))
        return adapter.parse_count(reply)

    def relays(self, target: Target) -> bool:
        """Whether the provider's own bytes are a chat completion of OpenAI's."""
        return self._hit is None and isinstance(_adapter(target), RelaysChat)

    async def relayed(self, reply: OpenReply, relay: Relay) -> AsyncGenerator[bytes, None]:
        """The events of a stream that is passed on unread. Raises the error that the stream ends with."""
        first = True
        self._relay = relay
        async for chunk in reply.chunks():
            passed = relay.feed(chunk)
            if passed:
                if first:
                    first = False
                    self.first_output()
                self._pieces += passed.count(b"\n\n")
                yield passed
            if relay.error is not None:
                raise relay.error
            if relay.finished:
                break  # what may go wrong with the connection from here on changes nothing
        self.usage = relay.usage
        if not relay.finished:
            raise ProviderError("The provider's stream ended before the answer did.")

    async def relayed_and_kept(
        self, reply: OpenReply, relay: Relay, target: Target, request: TextRequest
    ) -> AsyncGenerator[bytes, None]:
        """The same; a stream whose answer is to be kept is read when it is over."""
        copy, room = list[bytes](), self._cached.max_bytes * _FRAMING if self._cached is not None else 0
        async with aclosing(self.relayed(reply, relay)) as events:
            async for passed in events:
                room -= len(passed)
                if room > 0:
                    copy.append(passed)
                else:
                    copy.clear()
                yield passed
        if not copy:
            return
        collected = Collector()
        with suppress(PluggablyError):
            async for delta in _adapter(target).stream(parse_events(_each(copy)), request):
                collected.take(delta)
                self.finish_reason = delta.finish_reason or self.finish_reason
            if self.finish_reason is not None:
                self._keep(collected.results(self.usage)[0], request)

    @property
    def keeps(self) -> bool:
        """Whether the answer of the model that is asked now is one to be kept."""
        if self._cached is None:
            return False
        return self.selection.fallback_reason is None and self.selection.entry.id == self._cached.model

    def _keep(self, result: TextResult, request: TextRequest) -> None:
        self._to_keep = KeptAnswer(result, list(request.warnings))

    def first_output(self) -> None:
        """Note the moment of the first piece of output."""
        if self._first_output is None:
            self._first_output = time.perf_counter()

    @property
    def first_output_ms(self) -> int | None:
        """Milliseconds from the request to the first piece of output."""
        return None if self._first_output is None else round((self._first_output - self._facts.started) * 1000)

    @property
    def total_ms(self) -> int:
        """Milliseconds since the request came."""
        return round((time.perf_counter() - self._facts.started) * 1000)

    def _take(self, delta: TextDelta) -> None:
        if delta.usage is not None:
            self.usage = delta.usage
        if delta.finish_reason is not None:
            self.finish_reason = delta.finish_reason
        if delta.text or delta.reasoning or delta.tool_calls:
            self._pieces += 1
            if self._first_output is None:
                self._first_output = time.perf_counter()

    def _account(self, error: BaseException | None) -> None:
        """Metrics and the record."""
        facts, entry = self._facts, self.selection.entry
        self._service.used(entry)
        if error is None:
            status, code = "completed", None
        elif isinstance(error, RequestCancelled):
            status, code = "cancelled", error.code
            facts.cancelled = True
        elif isinstance(error, PluggablyError):
            status, code = "failed", error.code
        elif isinstance(error, ClientGone | asyncio.CancelledError | GeneratorExit):
            status, code = "cancelled", None
            facts.cancelled = True
        else:
            status, code = "failed", "internal_error"
        usage = self._count_tokens(entry, complete=error is None)
        if self._hold is not None:
            self._hold.used(entry, usage)
            self._service.limits.settle(self._hold)
        total_ms = self.total_ms
        inside = error.envelope(facts.request_id)["error"] if isinstance(error, PluggablyError) else None
        self.tracked.finished(RequestStatus(status), inside)
        self._service.requests.release(self.tracked)
        now = utc_now()
        self._service.recorder.record(
            FinishedRequest(
                id=facts.request_id,
                user_id=self._caller.user_id,
                route=self._route,
                model=entry.id,
                provider=entry.provider,
                modality=entry.modality.value,
                status=status,
                error_code=code,
                finish_reason=self.finish_reason,
                prompt_tokens=usage.prompt_tokens if usage else None,
                completion_tokens=usage.completion_tokens if usage else None,
                cost_usd=self.cost_usd(usage),
                queue_ms=self.queue_ms,
                load_ms=self.load_ms,
                first_output_ms=self.first_output_ms,
                total_ms=total_ms,
                created_at=_before(now, total_ms),
                finished_at=now,
            )
        )

    def _count_tokens(self, entry: Entry, *, complete: bool) -> Usage | None:
        """Count what a model gave. What was cut off counts its pieces as tokens, and its prompt by the length,
        unless its provider has told more; an answer that was there before counts nothing."""
        if self._hit is not None:
            return Usage()
        usage = self.usage
        if usage is None and self._relay is not None:
            usage = self._relay.usage  # some tell it with every piece
        if self._pieces and (usage is None or not complete):
            told = usage or Usage(prompt_tokens(self._asked) if self._asked is not None else 0)
            usage = replace(told, completion_tokens=max(told.completion_tokens, self._pieces))
        first_output, prompts, completions, dollars = generation_metrics(entry.label, entry.provider)
        if self._first_output is not None:
            first_output.observe(self._first_output - self._facts.started)
        if usage is not None:
            prompts.inc(usage.prompt_tokens)
            completions.inc(usage.completion_tokens)
            cost = cost_usd(entry.pricing, usage)
            if cost is not None and cost > 0:
                dollars.inc(cost)
        return usage


async def _each(pieces: list[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def _is_loaded(local: LocalModels, entry: Entry) -> bool:
    return local.status(entry).runtime_status in (RuntimeState.LOADED, RuntimeState.BUSY)


def _adapter(target: Target) -> TextAdapter:
    adapter = target.provider.adapters.get(Modality.TEXT)
    if adapter is None:
        raise UnsupportedFeature(f"{target.provider.name} makes no text.", param="modality")
    return cast(TextAdapter, adapter)


def _adapter_for(target: Target, request: TextRequest) -> TextAdapter:
    """The adapter, once the request says what the model's template can express, and nothing of an earlier try."""
    request.native_tools = target.native_tools
    request.warnings.clear()
    return _adapter(target)


def _before(moment: datetime, milliseconds: int) -> datetime:
    return moment - timedelta(milliseconds=milliseconds)
