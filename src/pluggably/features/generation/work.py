"""What is done for a request once its model is there, and what comes of it: text, or images and meshes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Protocol

from pluggably.contract.media import MediaProgress, MediaRequest, MediaResult
from pluggably.contract.modality import Modality
from pluggably.contract.text import TextRequest, Usage
from pluggably.features.artifacts.schemas import Recipe
from pluggably.features.generation.collector import Collector
from pluggably.features.generation.delivery import Delivery
from pluggably.features.generation.service import Generation
from pluggably.routing.local_models import Target
from pluggably.tables.artifacts import ArtifactKind

Emit = Callable[[str, dict[str, Any]], Awaitable[None]]
"""Takes the name and the data of an event on the way."""


@dataclass(slots=True)
class Outcome:
    """What a request came to. `output` is as in the response, only the fields that are set."""

    output: dict[str, Any]
    finish_reason: str = "stop"
    usage: Usage | None = None
    warnings: list[str] = field(default_factory=list)
    state_tokens: dict[str, Any] | None = None
    """What the provider wants to have kept."""
    kept: list[dict[str, Any]] = field(default_factory=list)
    """The artifacts that were kept of it, as the response shows them."""


class Work(Protocol):
    """One request's work."""

    async def run(self, generation: Generation[Any], target: Target, emit: Emit | None) -> Outcome:
        """Do it; with `emit` tell what happens on the way."""


class TextWork:
    """A chat to continue."""

    def __init__(self, request: TextRequest) -> None:
        self.request = request

    async def run(self, generation: Generation[Any], target: Target, emit: Emit | None) -> Outcome:
        """Whole, or with a `delta` for each piece."""
        request = self.request
        if emit is None:
            request.stream = target.provider.always_streams
            result = (await generation.asking.results(target, request))[0]
        else:
            request.stream = True  # also for a background request whose client did not ask for a stream
            collected = Collector()
            generation.tally.partial = lambda: {"text": collected.text()}
            async with aclosing(generation.asking.deltas(target, request)) as deltas:
                async for delta in deltas:
                    collected.take(delta)
                    pieces = {"text": delta.text, "reasoning": delta.reasoning, "tool_calls": delta.tool_calls}
                    data = {name: piece for name, piece in pieces.items() if piece}
                    if data:
                        await emit("delta", data)
            result = collected.results(generation.tally.usage)[0]
        output = {
            "text": result.text,
            "reasoning": result.reasoning,
            "tool_calls": result.tool_calls,
            "logprobs": result.logprobs,
        }
        return Outcome(output, result.finish_reason, result.usage, list(request.warnings), result.state_tokens)


class MediaWork:
    """Images or a mesh to make; with a `recipe` everything is kept, and what it was made with beside it."""

    def __init__(self, request: MediaRequest, delivery: Delivery, recipe: Recipe | None = None) -> None:
        self.request = request
        self._delivery = delivery
        self._recipe = recipe

    async def run(self, generation: Generation[Any], target: Target, emit: Emit | None) -> Outcome:
        """Make it; with `emit` there is a `progress` for each step."""
        result: MediaResult | None = None
        async with aclosing(generation.asking.media(target, self.request)) as events:
            async for event in events:
                if isinstance(event, MediaResult):
                    result = event
                elif emit is not None and event.queue_position is not None:
                    place = {"queue_position": event.queue_position, "eta_s": event.eta_s}
                    await emit("queued", {"request_id": generation.tracked.id, **place})
                elif emit is not None:
                    await emit("progress", _progress(event))
        assert result is not None  # the adapter raises where there is none
        kind = ArtifactKind.MESH if self.request.modality is Modality.MESH else ArtifactKind.IMAGE
        recipe = self._recipe and self._recipe.model_copy(update={"seed": result.seed})
        output, kept = await self._delivery.deliver(generation.tracked, result.items, kind, recipe)
        output["seed"] = result.seed
        return Outcome(output, usage=result.usage, warnings=result.warnings, kept=kept)


def _progress(event: MediaProgress) -> dict[str, Any]:
    data: dict[str, Any] = {"progress_pct": event.progress_pct, "step": event.step, "steps": event.steps}
    if event.preview is not None:
        data["preview"] = event.preview
    return data
