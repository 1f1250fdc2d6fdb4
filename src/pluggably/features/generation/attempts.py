"""Tries models in turn until one has answered: waits, retries, other deployments, fallbacks.

The `Plan` decides who is next; here it is done.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Generic, TypeVar

import structlog

from pluggably.contract.provider import Provider
from pluggably.errors import PluggablyError, UnsupportedFeature
from pluggably.features.generation.accounting import Accounting, Tally
from pluggably.features.requests.registry import TrackedRequest
from pluggably.features.sessions.turns import Turn
from pluggably.kit.edge import RequestFacts
from pluggably.kit.http import Address
from pluggably.kit.metrics import FALLBACKS, RETRIES
from pluggably.providers._transport import Account
from pluggably.providers.directory import Configured
from pluggably.routing.accounts import Accounts
from pluggably.routing.catalogue import LOCAL, Entry
from pluggably.routing.fallback import FallbackReason, Plan, Planner, reason_of
from pluggably.routing.local_models import Admission, Loading, LocalModels, Queued, Report, Target
from pluggably.routing.residency import RuntimeState
from pluggably.routing.selection import refuse_unavailable

WorkT = TypeVar("WorkT")
"""What is to be done for one request by one model."""
ResultT = TypeVar("ResultT")

_LEAST_S = 1.0
"""What the last of several tries gets at least."""
_NOBODY = Target(Provider("cache", None, {}), Account("cache", Address("")), "")
"""Where a request goes whose answer is there already."""

log = structlog.get_logger(__name__)


class Attempts(Generic[WorkT]):
    """The tries of one request. `work` is for the plan's model, `prepare` makes that of any other; one that is
    `answered_before` needs no model."""

    def __init__(
        self,
        planner: Planner,
        accounts: Accounts,
        local: LocalModels,
        plan: Plan,
        work: WorkT | None,
        prepare: Callable[[Entry], Awaitable[WorkT]],
        tracked: TrackedRequest,
        facts: RequestFacts,
        tally: Tally,
        accounting: Accounting,
        turn: Turn | None,
        *,
        answered_before: bool,
    ) -> None:
        self._catalogue = planner.catalogue
        self._standing = planner.standing
        self._accounts = accounts
        self._local = local
        self._plan = plan
        self._work = work
        self._prepare = prepare
        self._tracked = tracked
        self._facts = facts
        self._tally = tally
        self._accounting = accounting
        self._turn = turn
        self._answered_before = answered_before
        self._waits = False
        """Whether another turn of the session goes before: then its place at the model comes after it."""
        self._admission: Admission | None = None
        self._attempt_started = self._model_started = facts.started
        self._tries = 0

    async def enter(self) -> None:
        """Take a place at the first model that has one, unless another turn of the session goes before."""
        self._waits = self._turn is not None and not await self._turn.take()
        if not self._waits:
            try:
                await self._begin()
            except PluggablyError as error:
                await self._fall_back(error)

    async def leave(self) -> None:
        """Give the place back, where one was taken."""
        admission, self._admission = self._admission, None
        if admission is not None:
            await admission.__aexit__(None, None, None)

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
        if self._answered_before:
            self._tracked.running()
            assert self._work is not None
            return await attempt(_NOBODY, self._work)
        if self._waits:
            await self._wait_for_turn(report, moved)
        standing, plan = self._standing, self._plan
        while True:
            entry = plan.selection.entry
            began = standing.begin(entry)
            try:
                target = await self._target(report)
                assert self._work is not None
                result = await attempt(target, self._work)
            except PluggablyError as error:
                standing.failed(entry, began, error)
                if begun():
                    raise
                if self._turn is not None and self._turn.tighten(error):
                    await self._over_again()
                    continue
                await self._fall_back(error)
            else:
                standing.succeeded(entry, began)
                return result
            if moved is not None and plan.selection.entry is not entry:
                await moved()

    async def _begin(self) -> None:
        """Take a place at the model, or at a pinned one that is there already."""
        if self._answered_before:
            await self._accounting.reserve(self._name(), None)  # no model is needed
            return
        if self._turn is not None:
            self._work = await self._prepare(self._plan.selection.entry)
        if self._plan.pinned:
            await self._answer_meanwhile()
        first = self._plan.selection.entry
        if first.provider != LOCAL and self._plan.pass_over():
            await self._go_past(first)
        await self._admit()

    async def _wait_for_turn(self, report: Report | None, moved: Callable[[], Awaitable[None]] | None) -> None:
        """Begin once the session's earlier turns are over."""
        assert self._turn is not None
        self._waits = False
        chosen, ahead = self._plan.selection.entry, max(1, self._turn.ahead)
        self._tracked.queued(ahead, None)
        if report is not None:
            await report(Queued(ahead, None))
        await self._turn.wait()
        self._attempt_started = self._model_started = time.perf_counter()
        try:
            await self._begin()
        except PluggablyError as error:
            await self._fall_back(error)
        if moved is not None and self._plan.selection.entry is not chosen:
            await moved()

    async def _over_again(self) -> None:
        """Ask the same model once more, with less of the session."""
        await self.leave()
        try:
            self._work = await self._prepare(self._plan.selection.entry)
            await self._admit()
        except PluggablyError as error:
            await self._fall_back(error)

    async def _answer_meanwhile(self) -> None:
        """While a local model is being loaded let a pinned one answer that is loaded."""
        plan, entry = self._plan, self._plan.selection.entry
        if entry.provider != LOCAL or entry.status != "available" or self._is_loaded(entry):
            return
        candidates = [candidate for name in plan.stand_ins if (candidate := self._catalogue.get(name)) is not None]
        loaded = [candidate.id for candidate in candidates if self._is_loaded(candidate)]
        if not loaded:
            return
        await self._local.load(entry, wait=False)
        chosen = plan.meanwhile(loaded).entry
        if chosen is not entry:
            FALLBACKS.labels(entry.label, FallbackReason.MODEL_LOADING.value).inc()
            self._work = await self._prepare(chosen)

    def _is_loaded(self, entry: Entry) -> bool:
        return self._local.status(entry).runtime_status in (RuntimeState.LOADED, RuntimeState.BUSY)

    async def _go_past(self, entry: Entry) -> None:
        """Another model goes before the chosen one, which is known to fail."""
        chosen = self._plan.selection
        FALLBACKS.labels(entry.label, chosen.fallback_reason).inc()
        log.info("passed over", model=entry.id, reason=chosen.fallback_reason, next=chosen.entry.id)
        self._work = await self._prepare(chosen.entry)

    async def _fall_back(self, error: PluggablyError) -> None:
        """Go on with another deployment, the same one after a pause, or the next model of the plan that takes the
        request. Raises what `Plan.after` does."""
        task, plan = self._tracked.task, self._plan
        while True:
            if task is not None and task.cancelling():
                raise error  # it may have come of the cancelling
            failed = plan.selection.entry
            try:
                ms = round((time.perf_counter() - self._attempt_started) * 1000)
                plan.after(error, ms, self._left_s(self._account_of(failed)))
            except PluggablyError:
                if plan.selection.entry is not failed:
                    await self._start_over(failed)
                raise
            await self._start_over(failed)
            self._count_move(failed, error)
            try:
                if plan.pause_s:
                    await asyncio.sleep(plan.pause_s)
                    self._attempt_started = time.perf_counter()
                if plan.selection.entry is not failed:
                    self._work = await self._prepare(plan.selection.entry)
                await self._admit()
                return
            except PluggablyError as again:
                error = again

    def _count_move(self, failed: Entry, error: PluggablyError) -> None:
        chosen, pause_s = self._plan.selection, self._plan.pause_s
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
        return self._accounts.accounts_of(self._tracked.user_id).get(entry.provider)

    def _left_s(self, configured: Configured | None) -> float:
        """Seconds that are left to a provider's account for all tries of this model together."""
        if configured is None:
            return math.inf
        return configured.account.timeouts.total_s - (time.perf_counter() - self._model_started)

    async def _start_over(self, failed: Entry) -> None:
        """Leave a try behind, with everything that it made."""
        await self.leave()
        self._accounting.left_behind(failed)
        self._name()
        self._attempt_started = time.perf_counter()

    async def _admit(self) -> None:
        """See that the caller may, and take a place in the queue of a local model.

        Raises what `Accounting.reserve` and `LocalModels.admit` do.
        """
        entry = self._name()
        refuse_unavailable(entry)
        await self._accounting.reserve(entry, self._work)
        if entry.provider == LOCAL:
            self._admission = await self._local.admit(entry, self._tracked.user_id).__aenter__()

    def _name(self) -> Entry:
        """Say everywhere whose request it is now."""
        entry, facts = self._plan.selection.entry, self._facts
        self._tracked.model = entry.id
        facts.model, facts.model_label, facts.provider = entry.id, entry.label, entry.provider
        return entry

    async def _target(self, report: Report | None = None) -> Target:
        """Where the request goes; waits for a local model, telling `report` of every change."""

        async def noted(change: Queued | Loading) -> None:
            if isinstance(change, Queued):
                self._tracked.queued(change.position, change.eta_s)
            else:
                self._tracked.running()
            if report is not None:
                await report(change)

        if self._admission is not None:
            target = await self._admission.target(noted)
            self._tally.queue_ms += self._admission.queue_ms
            self._tally.load_ms += self._admission.load_ms
            self._tracked.running()
            return target
        self._tracked.running()
        entry = self._plan.selection.entry
        if not self._accounts.is_ready(self._tracked.user_id):
            await self._accounts.ready(self._tracked.user_id)  # it has waited for long
        configured = self._account_of(entry)
        if configured is None:
            raise UnsupportedFeature(f"The provider {entry.provider!r} is not configured.", param="provider")
        account = configured.account
        if self._tries:
            left_s = max(_LEAST_S, self._left_s(configured))
            account = replace(account, timeouts=replace(account.timeouts, total_s=left_s))
        return Target(configured.provider, account, entry.name)
