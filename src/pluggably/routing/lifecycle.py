"""Which local models are in memory, and which request runs next: one state machine for all models of a process.

It decides and does nothing. Every method takes the time (seconds of a clock that never goes back) and changes the
state at once; `actions()` then says what has to be done, and whoever does it reports how it went. What holds always:

- A model with a running request is not unloaded, and a pinned one only when somebody forces it.
- At most `max_loaded` models with `max_memory_bytes` are in memory; pins alone may go beyond that. A model that
  needs no place (an engine without weights) is not counted, but its memory is.
- Room is made by unloading idle models, the one used longest ago first. One that was used in this second still
  counts as in use, so that a client who asks again at once finds it.
- While all others are in use, a request for a model that is not loaded waits. After `turn_s` seconds the models that
  had as long a turn take no new requests until what runs has ended, and make room.
- Whoever waits knows their position. Users take turns; nobody waits for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from itertools import chain

from pluggably.errors import (
    InsufficientStorage,
    ModelBusy,
    ModelPinned,
    ModelUnavailable,
    PluggablyError,
    QueueFull,
)
from pluggably.routing.queue import FairQueue

REVIVE_S = 2.0
"""After the death of a pinned model's process, before it is loaded again although nobody asks for it."""
_MIB = 1024 * 1024


class Phase(StrEnum):
    """`unloaded → loading → loaded → unloading → unloaded`; a failed load or a death leads back to `unloaded`."""

    UNLOADED = "unloaded"
    LOADING = "loading"
    LOADED = "loaded"
    UNLOADING = "unloading"


class Reason(StrEnum):
    """Why a model is unloaded."""

    IDLE = "idle"
    ROOM = "room"
    ASKED = "asked"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Limits:
    """What the operator allows. Times in seconds."""

    max_loaded: int
    max_memory_bytes: int
    idle_timeout_s: float
    max_queue: int
    turn_s: float = 10.0
    """How long a model in use may keep others waiting."""
    linger_s: float = 1.0
    """How long after its last request a model still counts as in use."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a model takes: requests at once, and memory as estimated before it was ever loaded."""

    model: str
    slots: int
    estimate_bytes: int
    pinned: bool = False
    place: bool = True
    """Whether it takes one of the `max_loaded` places."""


@dataclass(frozen=True, slots=True)
class Load:
    """Load this model; then report `loaded` or `load_failed` with the same `attempt`."""

    model: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Unload:
    """Unload this model, or give its load up; then report `unloaded`."""

    model: str
    reason: Reason


Action = Load | Unload


def _nobody() -> None:
    """Nobody watches."""


@dataclass(eq=False, slots=True)
class Ticket:
    """A request on its way to a model, or the wish to have a model loaded. `watcher` hears of every change."""

    model: str
    user: str
    entered_at: float
    watcher: Callable[[], None] = _nobody
    position: int | None = None
    """1 is next; None unless it waits in the queue."""
    granted_at: float | None = None
    ready: bool = False
    """The model is loaded, and the request may run."""
    began_at: float | None = None
    error: PluggablyError | None = None
    """Why nothing comes of it."""


@dataclass(eq=False, slots=True)
class Model:
    """One model's state, for reading."""

    need: Need
    phase: Phase = Phase.UNLOADED
    queue: FairQueue[Ticket] = field(default_factory=FairQueue)
    running: set[Ticket] = field(default_factory=set)
    wishes: list[Ticket] = field(default_factory=list)
    measured_bytes: int | None = None
    pinned_since: float = 0.0
    loaded_at: float = 0.0
    last_used: float = 0.0
    leaving: bool = False
    """Somebody asked to unload it."""
    stale: bool = False
    """What is loaded is no longer what the catalogue has."""
    released: bool = False
    """Pinned, but unloaded by force: it comes back when somebody asks for it."""
    yielding: bool = False
    """It takes no new requests, because others have waited long enough."""
    cool_until: float = 0.0
    failure: str | None = None
    revive_at: float = 0.0
    attempt: int = 0
    departures: int = 0
    """How often it has left memory."""
    mean_s: float | None = None
    load_s: float | None = None

    @property
    def bytes(self) -> int:
        """Memory as measured, else as estimated."""
        return self.need.estimate_bytes if self.measured_bytes is None else self.measured_bytes

    @property
    def idle(self) -> bool:
        """Whether nobody needs it at this moment."""
        return not self.running and not self.queue

    def stranded(self) -> Iterator[Ticket]:
        """Requests with a slot that have not begun."""
        return (ticket for ticket in self.running if ticket.began_at is None and ticket.error is None)

    def waiting_since(self, now: float) -> float | None:
        """Since when somebody wants it loaded; None: nobody does."""
        moments = [ticket.entered_at for ticket in chain(self.queue, self.wishes, self.stranded())]
        if self.need.pinned and not self.released and now >= self.revive_at:
            moments.append(self.pinned_since)
        return min(moments, default=None)


class Lifecycle:
    """All models of this process."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._models: dict[str, Model] = {}
        self._actions: list[Action] = []

    def actions(self) -> list[Action]:
        """What has to be done now; each action is handed out once."""
        actions, self._actions = self._actions, []
        return actions

    def get(self, model: str) -> Model | None:
        """A model that was needed before."""
        return self._models.get(model)

    def models(self) -> list[Model]:
        """All models that were needed and not forgotten."""
        return list(self._models.values())

    # What people want
    def enter(self, need: Need, user: str, now: float, watcher: Callable[[], None] = _nobody) -> Ticket:
        """A request comes. Raises `QueueFull`, `ModelUnavailable` or `InsufficientStorage`."""
        model = self._known(need, now)
        self._refuse_hopeless(model, now)
        ticket = Ticket(need.model, user, now, watcher)
        model.queue.push(ticket)
        model.released = False
        self._settle(now)
        if ticket.position is not None and len(model.queue) > self._limits.max_queue:
            self.leave(ticket, now)
            raise QueueFull(
                f"{len(model.queue)} requests wait for {need.model} already.",
                retry_after=max(1.0, self._estimate(model, 1, now, now) or 1.0),
            )
        return ticket

    def begin(self, ticket: Ticket, now: float) -> None:
        """A request that is ready is sent to its model."""
        ticket.began_at = now
        self._models[ticket.model].last_used = now

    def leave(self, ticket: Ticket, now: float) -> None:
        """A request has ended, in whichever way. Leaving twice does nothing."""
        model = self._models.get(ticket.model)
        if model is None:
            return
        if ticket in model.running:
            model.running.discard(ticket)
            if ticket.began_at is not None:
                model.last_used = now
                lasted = now - ticket.began_at
                model.mean_s = lasted if model.mean_s is None else 0.8 * model.mean_s + 0.2 * lasted
        elif not model.queue.remove(ticket):
            return
        ticket.position = None
        self._settle(now)

    def wish(self, need: Need, now: float, watcher: Callable[[], None] = _nobody) -> Ticket:
        """Somebody wants the model loaded; the ticket is `ready` when it is.

        Raises `ModelUnavailable` or `InsufficientStorage`.
        """
        model = self._known(need, now)
        self._refuse_hopeless(model, now)
        ticket = Ticket(need.model, "", now, watcher)
        model.released = False
        if model.phase is Phase.LOADED and not model.leaving:
            ticket.ready = True
            model.last_used = now
        else:
            model.wishes.append(ticket)
        self._settle(now)
        return ticket

    def unload(self, need: Need, now: float, *, force: bool) -> bool:
        """Somebody wants the memory back: now, or with `force` once what runs has ended.

        False where there is nothing to wait for. Raises `ModelPinned` or `ModelBusy`.
        """
        model = self._known(need, now)
        name = need.model
        if need.pinned and not force:
            raise ModelPinned(f"{name} is pinned; unload it with `force`.")
        if not model.idle and not force:
            raise ModelBusy(f"{name} is answering requests; try again later, or use `force` to wait for their end.")
        model.released = need.pinned
        self._refuse(model.wishes, partial(ModelUnavailable, f"{name} was unloaded.", param="model", retry_after=1))
        model.wishes.clear()
        if model.phase is Phase.UNLOADED:
            return False
        model.leaving = True
        self._settle(now)
        return True

    def refresh(self, need: Need, now: float, *, stale: bool) -> None:
        """What the catalogue says of a model now: its pin, and whether what is loaded is out of date."""
        self._known(need, now).stale = stale

    def forget(self, name: str) -> bool:
        """Drop a model that is not loaded and that nobody waits for; whether it was."""
        model = self._models.get(name)
        if model is None or model.phase is not Phase.UNLOADED or not model.idle or model.wishes:
            return False
        del self._models[name]
        return True

    # What has happened
    def tick(self, now: float) -> None:
        """Time has passed."""
        self._settle(now)

    def loaded(self, action: Load, memory_bytes: int | None, seconds: float, now: float) -> None:
        """A load went well. Late reports of a load that was given up are ignored, here and below."""
        model = self._of(action)
        if model is None:
            return
        model.phase, model.loaded_at, model.last_used = Phase.LOADED, now, now
        model.load_s, model.failure, model.stale = seconds, None, False
        if memory_bytes is not None:
            model.measured_bytes = memory_bytes
        for ticket in (*model.stranded(), *model.wishes):  # who was refused meanwhile has not left yet, maybe
            ticket.ready = True
            ticket.watcher()
        model.wishes.clear()
        self._settle(now)

    def load_failed(self, action: Load, message: str, retry_after_s: float, now: float) -> None:
        """A load went wrong: whoever waited for it is told, and it is not tried again for a while."""
        model = self._of(action)
        if model is None:
            return
        model.failure, model.cool_until = message, now + retry_after_s
        self._gone(model)
        self._refuse_all(model, lambda: self._cooling(model, now))
        self._settle(now)

    def unloaded(self, name: str, now: float) -> None:
        """An unload has ended; the memory is free."""
        model = self._models.get(name)
        if model is not None and model.phase is Phase.UNLOADING:
            self._gone(model)
            self._settle(now)

    def died(self, name: str, now: float) -> None:
        """A loaded model's process has ended by itself. Its requests see that themselves and leave."""
        model = self._models.get(name)
        if model is not None and model.phase is Phase.LOADED:
            model.revive_at = now + REVIVE_S
            self._gone(model)
            self._settle(now)

    def measured(self, name: str, memory_bytes: int) -> None:
        """How much memory a loaded model takes."""
        model = self._models.get(name)
        if model is not None and model.phase is Phase.LOADED:
            model.measured_bytes = memory_bytes

    # What can be said
    def eta_s(self, ticket: Ticket, now: float) -> float | None:
        """Seconds until a waiting request runs, judged by recent ones; None while nothing was measured."""
        if ticket.position is None:
            return 0.0
        return self._estimate(self._models[ticket.model], ticket.position, ticket.entered_at, now)

    def idle_until(self, name: str) -> float | None:
        """When a loaded model will be unloaded if nobody asks for it; None while it is pinned or in use."""
        model = self._models.get(name)
        if model is None or model.phase is not Phase.LOADED or model.need.pinned or not model.idle:
            return None
        return model.last_used + self._limits.idle_timeout_s

    def _estimate(self, model: Model, position: int, since: float, now: float) -> float | None:
        if model.mean_s is None:
            return None
        seconds = model.mean_s * position / model.need.slots
        if model.phase is not Phase.LOADED:
            if model.load_s is None:
                return None
            seconds += model.load_s
        if model.phase is Phase.UNLOADED:  # it waits for others, in the worst case until their turn is over
            seconds += max(0.0, since + self._limits.turn_s - now)
        return round(seconds, 1)

    # Decisions
    def _settle(self, now: float) -> None:
        """Bring everything to where it should be; nothing else makes decisions."""
        models = self._models.values()
        for model in models:
            self._retire(model, now)
        self._make_room(now)
        for model in models:
            self._let_in(model, now)

    def _retire(self, model: Model, now: float) -> None:
        if model.running:
            return
        if model.leaving and model.phase in (Phase.LOADING, Phase.LOADED):
            self._unload(model, Reason.ASKED)
        elif model.phase is not Phase.LOADED or model.queue:
            return
        elif model.stale:
            self._unload(model, Reason.CHANGED)
        elif not model.need.pinned and now - model.last_used >= self._limits.idle_timeout_s:
            self._unload(model, Reason.IDLE)

    def _make_room(self, now: float) -> None:
        """Load what is wanted, the longest wait first, where there is room or room can be made."""
        yielded = {model for model in self._models.values() if model.yielding}
        for model in yielded:
            model.yielding = False
        for since, model in self._wanted(now):
            problem = self._never_fits(model, now)
            if problem is not None:
                self._refuse_all(model, partial(InsufficientStorage, problem, param="model"))
                continue
            if self._has_room(model, self._resident()):
                self._load(model)
                continue
            overdue = now - since >= self._limits.turn_s
            victims = self._victims(model, now, yielded, overdue=overdue)
            if victims is None:
                if overdue:
                    return  # whoever came later must not take what this one waits for
                continue
            for victim in victims:
                if victim.running:
                    victim.yielding = True
                else:
                    self._unload(victim, Reason.ROOM)
            return

    def _wanted(self, now: float) -> list[tuple[float, Model]]:
        found = []
        for model in self._models.values():
            if model.phase is Phase.UNLOADED and now >= model.cool_until:
                since = model.waiting_since(now)
                if since is not None:
                    found.append((since, model))
        return sorted(found, key=lambda pair: pair[0])

    def _victims(self, wanted: Model, now: float, yielded: set[Model], *, overdue: bool) -> list[Model] | None:
        """Which models have to go; none where what is going already is enough; None where nothing helps yet."""
        staying = [model for model in self._resident() if model.phase is not Phase.UNLOADING]
        if self._has_room(wanted, staying):
            return []
        limits = self._limits
        usable = [
            model
            for model in staying
            if model.phase is Phase.LOADED
            and not model.need.pinned
            and not model.leaving
            and (
                (model.idle and now - model.last_used >= limits.linger_s)
                or (overdue and now - model.loaded_at >= limits.turn_s)
            )
        ]
        usable.sort(key=lambda model: (not model.idle, model not in yielded, model.last_used))
        chosen: list[Model] = []
        for model in usable:
            chosen.append(model)
            if self._has_room(wanted, _without(staying, chosen)):
                break
        else:
            return None
        for model in chosen[-2::-1]:  # those that a later, larger one has made needless
            fewer = [other for other in chosen if other is not model]
            if self._has_room(wanted, _without(staying, fewer)):
                chosen = fewer
        return chosen

    def _let_in(self, model: Model, now: float) -> None:
        if model.phase in (Phase.LOADING, Phase.LOADED) and not model.leaving and not model.yielding:
            while model.queue and len(model.running) < model.need.slots:
                ticket = model.queue.pop()
                ticket.granted_at, ticket.position = now, None
                ticket.ready = model.phase is Phase.LOADED
                model.running.add(ticket)
                ticket.watcher()
        for position, ticket in enumerate(model.queue, 1):
            if ticket.position != position:
                ticket.position = position
                ticket.watcher()

    def _has_room(self, wanted: Model, others: list[Model]) -> bool:
        limits = self._limits
        within_places = not wanted.need.place or _places(others) < limits.max_loaded
        within_memory = _bytes(others) + wanted.bytes <= limits.max_memory_bytes
        if wanted.need.pinned:  # pins go beyond a limit where only pins are up to it
            within_places = within_places or all(other.need.pinned for other in others if other.need.place)
            within_memory = within_memory or all(other.need.pinned for other in others)
        return within_places and within_memory

    def _never_fits(self, wanted: Model, now: float) -> str | None:
        """Why there can't be room even if all that may go has gone."""
        if wanted.need.pinned:
            return None
        limits, name = self._limits, wanted.need.model
        pinned = [
            model
            for model in self._models.values()
            if model.need.pinned
            and (
                model.phase is not Phase.UNLOADED
                or (now >= model.cool_until and model.waiting_since(now) is not None)
            )
        ]
        if wanted.need.place and _places(pinned) >= limits.max_loaded:
            return f"{name} can't be loaded: all {limits.max_loaded} places are taken by pinned models."
        if _bytes(pinned) + wanted.bytes > limits.max_memory_bytes:
            taken = f", of which pinned models take {_bytes(pinned) // _MIB}" if pinned else ""
            allowed = f"{limits.max_memory_bytes // _MIB} MiB are allowed for models"
            return f"{name} needs about {-(-wanted.bytes // _MIB)} MiB of memory; {allowed}{taken}."
        return None

    def _refuse_hopeless(self, model: Model, now: float) -> None:
        if model.phase is not Phase.UNLOADED:
            return
        if now < model.cool_until:
            raise self._cooling(model, now)
        problem = self._never_fits(model, now)
        if problem is not None:
            raise InsufficientStorage(problem, param="model")

    # Changes of state
    def _known(self, need: Need, now: float) -> Model:
        model = self._models.get(need.model)
        if model is None:
            model = self._models[need.model] = Model(need, pinned_since=now)
        elif model.need != need:
            if need.pinned and not model.need.pinned:
                model.pinned_since = now
            elif not need.pinned:
                model.released = False
            model.need = need
        return model

    def _of(self, action: Load) -> Model | None:
        model = self._models.get(action.model)
        current = model is not None and model.phase is Phase.LOADING and model.attempt == action.attempt
        return model if current else None

    def _load(self, model: Model) -> None:
        model.phase = Phase.LOADING
        model.attempt += 1
        self._actions.append(Load(model.need.model, model.attempt))

    def _unload(self, model: Model, reason: Reason) -> None:
        model.phase = Phase.UNLOADING
        self._actions.append(Unload(model.need.model, reason))

    def _gone(self, model: Model) -> None:
        model.phase, model.leaving, model.stale, model.yielding = Phase.UNLOADED, False, False, False
        model.departures += 1
        for ticket in model.stranded():
            ticket.ready = False
            ticket.watcher()

    def _refuse_all(self, model: Model, error: Callable[[], PluggablyError]) -> None:
        waiting = list(model.queue)
        for ticket in waiting:
            model.queue.remove(ticket)
            ticket.position = None
        self._refuse([*waiting, *model.stranded(), *model.wishes], error)
        model.wishes.clear()

    @staticmethod
    def _refuse(tickets: Iterable[Ticket], error: Callable[[], PluggablyError]) -> None:
        for ticket in tickets:
            ticket.error = error()
            ticket.watcher()

    @staticmethod
    def _cooling(model: Model, now: float) -> ModelUnavailable:
        message = model.failure or f"{model.need.model} could not be loaded."
        return ModelUnavailable(message, param="model", retry_after=max(1.0, model.cool_until - now))

    def _resident(self) -> list[Model]:
        """What takes memory."""
        return [model for model in self._models.values() if model.phase is not Phase.UNLOADED]


def _bytes(models: Iterable[Model]) -> int:
    return sum(model.bytes for model in models)


def _places(models: Iterable[Model]) -> int:
    return sum(model.need.place for model in models)


def _without(models: list[Model], gone: list[Model]) -> list[Model]:
    return [model for model in models if model not in gone]
