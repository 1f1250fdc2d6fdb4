"""Has images and meshes made by an adapter: one call, or a task that is submitted, polled and fetched.

Adapters build calls and read answers; waiting, retries, cancelling, fetching of results and measuring happen here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

import structlog

from pluggably.contract.calls import Call, Reply
from pluggably.contract.media import (
    Made,
    MediaItem,
    MediaProgress,
    MediaRequest,
    MediaResult,
    NextCall,
    VendorResult,
)
from pluggably.contract.provider import ExplainsErrors, MediaAdapter, ReadsMedia, StreamsMedia, TakesMasks, TakesTasks
from pluggably.errors import (
    PluggablyError,
    ProviderAuthError,
    ProviderError,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnavailable,
    UnsupportedFeature,
)
from pluggably.kit.jitter import jittered
from pluggably.providers._errors import retry_after
from pluggably.providers._links import Fetch
from pluggably.providers._measure import measured
from pluggably.providers._media_shape import UnreadableAnswer
from pluggably.providers._transport import Account, Transport, reading

_THREAD_FROM = 256 * 1024
"""Answers from this many bytes on are read in a thread: decoding them would hold up every stream."""
_POLL_S = 30.0
"""A poll is a small question: what takes longer than this is asked again."""
_LONGEST_HINT_S = 60.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a task is asked for, in seconds: from `first_s`, growing up to `longest_s`, each time a little other.

    `failures` polls in a row may fail; `give_up_s` is what a cancel call may take.
    """

    first_s: float = 0.5
    growth: float = 1.4
    longest_s: float = 8.0
    failures: int = 6
    give_up_s: float = 10.0

    def pause(self, number: int) -> float:
        """Before the poll of this number, from 0."""
        usual = min(self.first_s * self.growth ** min(number, 100), self.longest_s)
        return jittered(usual, 0.2)


class MediaDriver:
    """Makes media with any adapter. Cancel calls go on after their caller has gone; `close` waits for them."""

    def __init__(self, transport: Transport, fetch: Fetch, pace: Pace | None = None) -> None:
        self._transport = transport
        self._fetch = fetch
        self._pace = pace or Pace()
        self._aside: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Wait until what was to be cancelled is, within its bounded time."""
        await asyncio.gather(*self._aside, return_exceptions=True)

    def make(
        self, account: Account, adapter: MediaAdapter, request: MediaRequest, model: str
    ) -> AsyncGenerator[MediaProgress | MediaResult, None]:
        """Progress as it comes, the result once. Closing it early cancels the work at the vendor.

        Raises what `prepare` raises at once, and what the vendor's failures stand for on the way.
        """
        if request.mask is not None and not (isinstance(adapter, TakesMasks) and adapter.takes_masks):
            message = f"{account.provider} takes no mask: say in the prompt what to change."
            raise UnsupportedFeature(message, param="mask")
        call = adapter.prepare(request, model)
        if isinstance(adapter, ExplainsErrors):
            account = replace(account, refused=adapter.explain)
        return self._events(account, adapter, call, request, model)

    async def _events(
        self, account: Account, adapter: MediaAdapter, call: Call, request: MediaRequest, model: str
    ) -> AsyncGenerator[MediaProgress | MediaResult, None]:
        made = self._task if isinstance(adapter, TakesTasks) else self._at_once
        with reading(account):
            async with aclosing(made(account, adapter, call, request, model)) as events:
                async for event in events:
                    if isinstance(event, VendorResult):
                        yield await self._whole(account, request, event)
                    else:
                        yield event

    async def _at_once(
        self, account: Account, adapter: MediaAdapter, call: Call, request: MediaRequest, model: str
    ) -> AsyncGenerator[MediaProgress | MediaResult | VendorResult, None]:
        async with self._transport.open(account, call) as reply:
            events = reply.headers.get("content-type", "").startswith("text/event-stream")
            if isinstance(adapter, StreamsMedia) and (events or not isinstance(adapter, ReadsMedia)):
                async for event in adapter.stream(reply.chunks()):
                    yield event
                return
            whole = await reply.read()
        assert isinstance(adapter, ReadsMedia)  # an adapter that reads nothing is a mistake of its author's
        yield await _read(adapter, whole, request, model)

    async def _task(
        self, account: Account, adapter: MediaAdapter, call: Call, request: MediaRequest, model: str
    ) -> AsyncGenerator[MediaProgress | VendorResult, None]:
        assert isinstance(adapter, TakesTasks)
        task = _Task(self._transport, account, adapter, request, model, self._pace)
        told: MediaProgress | None = None
        try:
            reply = await self._submit(task, call)
            step = task.next(reply)
            while step is not None:
                if step.progress is not None and step.progress != told:
                    told = step.progress
                    yield told
                task.spent(step.credits)
                if step.poll:
                    reply, step = await task.ask(step)
                else:
                    reply = await self._submit_more(task, step.call)
                    step = task.next(reply)
        except BaseException as error:
            if isinstance(error, PluggablyError):
                error.work_begun = task.begun
            if task.cancel is not None:
                self._go_on(self._cancel(account, task.cancel))
            raise
        result = await _read(adapter, reply, request, model)
        task.spent(result.credits)
        yield replace(result, credits=task.credits)

    async def _submit(self, task: _Task, call: Call) -> Reply:
        """Send what may begin a task. It is not cancelled half-way: only its answer says how to stop the task."""
        submitting = asyncio.create_task(self._transport.send(task.account, call))
        try:
            return await asyncio.shield(submitting)
        except asyncio.CancelledError:
            self._go_on(self._cancel_submitted(task, submitting))
            raise

    async def _submit_more(self, task: _Task, call: Call) -> Reply:
        """Send the next part of a task; again where it was certainly not taken, since what went before is paid for.

        The first part is left to whoever chose the vendor, who may have another one.
        """
        failures = 0
        while True:
            try:
                return await self._submit(task, call)
            except (ProviderRateLimited, ProviderUnavailable, ProviderTimeout) as error:
                failures += 1
                if isinstance(error, ProviderTimeout) and not error.passing:
                    raise
                usual = self._pace.pause(failures)
                pause = max(error.retry_after or 0, usual) if isinstance(error, ProviderRateLimited) else usual
                if failures > self._pace.failures or not task.has_time_for(pause):
                    raise
                log.info("a part of a task was not taken", provider=task.account.provider, reason=error.message)
            await asyncio.sleep(pause)

    def _go_on(self, work: Coroutine[Any, Any, None]) -> None:
        running = asyncio.create_task(work)
        self._aside.add(running)
        running.add_done_callback(self._aside.discard)

    async def _cancel_submitted(self, task: _Task, submitting: asyncio.Task[Reply]) -> None:
        try:
            async with asyncio.timeout(self._pace.give_up_s):
                task.next(await submitting)
        except (PluggablyError, TimeoutError):
            return  # it was never taken, or has failed already
        if task.cancel is not None:
            await self._cancel(task.account, task.cancel)

    async def _cancel(self, account: Account, call: Call) -> None:
        try:
            async with asyncio.timeout(self._pace.give_up_s):
                await self._transport.send(account, call)
        except PluggablyError as error:
            log.warning("a vendor's task was not cancelled", provider=account.provider, reason=error.message)
        except TimeoutError:
            log.warning("a vendor's task was not cancelled", provider=account.provider, reason="time-out")

    async def _whole(self, account: Account, request: MediaRequest, result: VendorResult) -> MediaResult:
        if not result.made:
            raise ProviderError(f"{account.provider} made nothing.")
        items = [await self._item(account, request, made) for made in result.made]
        return MediaResult(items, [*request.warnings, *result.warnings], result.usage, credits=result.credits)

    async def _item(self, account: Account, request: MediaRequest, made: Made) -> MediaItem:
        data = made.data
        if data is None:
            if made.url is None:
                raise ProviderError(f"{account.provider}'s answer has no result in it.")
            data = await self._fetch(account, made.url)
        preview = None
        if made.preview_url is not None:
            try:
                preview = await self._fetch(account, made.preview_url)
            except ProviderError as error:
                log.info("a mesh comes without its preview", provider=account.provider, reason=error.message)
        return await measured(data, request.modality, preview)


class _Task:
    """One task at a vendor: what to ask next, when, and how to stop it."""

    def __init__(
        self,
        transport: Transport,
        account: Account,
        adapter: TakesTasks,
        request: MediaRequest,
        model: str,
        pace: Pace,
    ) -> None:
        self._transport = transport
        self.account = account
        self._adapter = adapter
        self._request = request
        self._model = model
        self._pace = pace
        self._number = 0
        self._now = asyncio.get_running_loop().time
        self._deadline = self._now() + account.timeouts.total_s
        times = account.timeouts
        short = replace(
            times, first_token_s=min(times.first_token_s, _POLL_S), total_s=min(times.total_s, 2 * _POLL_S)
        )
        self._polling = replace(account, timeouts=short)
        self.cancel: Call | None = None
        """Stops the task; None while, or once, there is nothing to stop."""
        self.begun = False
        """Whether the vendor is at work, or was: what it may charge for."""
        self.credits: float | None = None
        """What the parts took so far, where the vendor tells it."""

    def spent(self, credits: float | None) -> None:
        """A part that is over took this much."""
        if credits is not None:
            self.credits = (self.credits or 0) + credits

    def has_time_for(self, pause_s: float) -> bool:
        """Whether the task's own time is not over after such a pause."""
        return self._now() + pause_s < self._deadline

    def next(self, reply: Reply) -> NextCall | None:
        """What to ask next; None where this answer is the result. Raises what a failed task stands for."""
        stops = self.cancel
        self.cancel = None  # a task that is over or has failed needs no stopping
        try:
            step = self._adapter.next_call(reply, self._request, self._model)
        except UnreadableAnswer:
            self.cancel = stops
            raise
        if step is not None:
            self.cancel = step.cancel
            self.begun = self.begun or step.poll
        return step if step is None or step.after_s is not None else replace(step, after_s=_hint(reply))

    async def ask(self, step: NextCall) -> tuple[Reply, NextCall | None]:
        """The answer to the next poll, and what to ask after it. What may pass is asked again; so is a poll whose
        answer can't be read."""
        pause = step.after_s if step.after_s is not None else self._pace.pause(self._number)
        failures = 0
        while True:
            if not self.has_time_for(pause):
                raise ProviderTimeout(
                    f"{self.account.provider} took longer than {self.account.timeouts.total_s:g} s for the task."
                )
            await asyncio.sleep(pause)
            self._number += 1
            try:
                reply = await self._transport.send(self._polling, step.call)
            except ProviderAuthError:
                raise
            except (ProviderRateLimited, ProviderUnavailable, ProviderError) as error:
                problem: PluggablyError = error
            else:
                try:
                    return reply, self.next(reply)
                except UnreadableAnswer as error:
                    problem = error
            failures += 1
            if failures > self._pace.failures:
                raise problem
            usual = self._pace.pause(self._number)
            pause = max(problem.retry_after or 0, usual) if isinstance(problem, ProviderRateLimited) else usual
            log.info("a poll failed", provider=self.account.provider, reason=problem.message, failures=failures)


def _hint(reply: Reply) -> float | None:
    """When the vendor wants to be asked again; what it says of its limits is no such hint."""
    wait = retry_after({name: value for name, value in reply.headers.items() if name == "retry-after"})
    return None if wait is None else min(wait, _LONGEST_HINT_S)


async def _read(adapter: ReadsMedia, reply: Reply, request: MediaRequest, model: str) -> VendorResult:
    if len(reply.body) < _THREAD_FROM:
        return adapter.read(reply, request, model)
    return await asyncio.to_thread(adapter.read, reply, request, model)
