"""Generation from the choice of a model to the accounting, whoever asked and in whichever format.

Nothing is written to the database before the first byte: finished requests go to the recorder, which writes behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Generic

from pluggably.contract.modality import Modality
from pluggably.contract.provider import relays_messages
from pluggably.contract.text import Usage
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
from pluggably.features.generation.accounting import Accounting, Tally
from pluggably.features.generation.asking import Asking
from pluggably.features.generation.attempts import Attempts, ResultT, WorkT
from pluggably.features.generation.cache import CacheUse, ResponseCache
from pluggably.features.generation.keeping import Keeping
from pluggably.features.generation.relays import Relays
from pluggably.features.limits.service import Limiter
from pluggably.features.requests.event_log import EventLog
from pluggably.features.requests.registry import Requests, RequestStatus, TrackedRequest
from pluggably.features.sessions.turns import Made, Turn
from pluggably.features.usage.recorder import Recorder
from pluggably.features.users.authentication import Caller
from pluggably.kit.edge import RequestFacts
from pluggably.providers._tasks import MediaDriver
from pluggably.providers._transport import Transport
from pluggably.routing.accounts import Accounts
from pluggably.routing.catalogue import LOCAL, Entry
from pluggably.routing.fallback import Fallback, Plan, Planner
from pluggably.routing.local_models import LocalModels, Report, Target
from pluggably.routing.selection import Selection, Wish

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
        return relays_messages(adapter)

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
        self._caller = caller
        self._facts = facts
        self._plan = plan
        entry = plan.selection.entry
        self.tracked = TrackedRequest(facts.request_id, caller.user_id, entry.id, entry.modality.value, events=events)
        self.turn = turn
        self.tally = Tally(facts.started)
        self.keeping = keeping = Keeping(service.cache, cached, plan)
        before = keeping.hit is not None
        self._accounting = Accounting(service.limits, service.recorder, caller, facts, route, self.tally, free=before)
        self._attempts = Attempts(
            service.planner,
            service.accounts,
            service.local,
            plan,
            work,
            prepare,
            self.tracked,
            facts,
            self.tally,
            self._accounting,
            turn,
            answered_before=before,
        )
        self.asking = Asking(service.transport, service.media, self.tally, keeping, self.tracked)
        self.relays = Relays(self.asking, self.tally, keeping)

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
            await self._attempts.enter()
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
            await self._attempts.leave()
        finally:
            self._account(cancelled or error)
            self._end_turn(error)
        if cancelled is not None:
            raise cancelled from error
        if error is None:
            await self.keeping.keep()

    def answered(
        self,
        attempt: Callable[[Target, WorkT], Awaitable[ResultT]],
        *,
        begun: Callable[[], bool],
        report: Report | None = None,
        moved: Callable[[], Awaitable[None]] | None = None,
    ) -> Awaitable[ResultT]:
        """What `attempt` makes of the request; see `Attempts.answered`."""
        return self._attempts.answered(attempt, begun=begun, report=report, moved=moved)

    def cost_usd(self, usage: Usage | None) -> float | None:
        """US dollars for this usage of the model that answers; nothing for an answer that was there before."""
        return self._accounting.cost_usd(self.selection.entry, usage)

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
        return RequestCancelled("The request was cancelled.", details={"partial": self.tally.partial()})

    def _end_turn(self, error: BaseException | None) -> None:
        """Let the session's next turn begin; what was made of an answer that was cut off stays in the session."""
        if self.turn is None:
            return
        made, text = None, (self.tally.partial() or {}).get("text") if error is not None else None
        if text:
            reason = "error" if isinstance(error, Exception) and not self.tracked.cancel_requested else "cancelled"
            made = Made(self.selection.entry, text, reason)
        self.turn.end(made)

    def _account(self, error: BaseException | None) -> None:
        """Metrics, the record, and the end of the request for whoever looks at it."""
        entry = self.selection.entry
        self._service.used(entry)
        status = self._accounting.end(entry, error)
        inside = error.envelope(self._facts.request_id)["error"] if isinstance(error, PluggablyError) else None
        self.tracked.finished(RequestStatus(status), inside)
        self._service.requests.release(self.tracked)
