"""`POST /v1/generate`."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request
from pydantic import ValidationError
from pydantic_core import to_json
from starlette.types import Send

from pluggably.contract.modality import Modality
from pluggably.contract.text import TextRequest, TextResult
from pluggably.errors import (
    NotFound,
    NotReady,
    PluggablyError,
    UnsupportedFeature,
    ValidationFailed,
)
from pluggably.features.generation.inputs import chat_messages, checked_messages, has_images
from pluggably.features.generation.parameters import as_chat_fields, check_parameters
from pluggably.features.generation.schemas import MAX_STATE_BYTES, GenerateRequest, GenerateResponse
from pluggably.features.generation.service import ERRORS, Collector, Generation, GenerationService, cost_usd
from pluggably.features.users.access import CanGenerate
from pluggably.kit.connection import ClientGone, EventStream, UntilGone, read_body, send_json
from pluggably.kit.edge import RequestFacts, facts_of
from pluggably.kit.openapi import documented, request_body
from pluggably.kit.routes import HotRoute
from pluggably.kit.sse import DONE, encode_event
from pluggably.kit.validation import refused
from pluggably.routing.local_models import Loading, Queued
from pluggably.routing.selection import Selection, Wish

PATH = "/v1/generate"


async def generate(request: Request, caller: CanGenerate) -> None:
    """Generate text, an image or a 3D mesh.

    With `stream` the answer is `text/event-stream`: `selected`, `queued`, `loading`, `delta` …, then one `output` or
    one `error`, then `[DONE]`. A client that goes away cancels its request.
    """
    facts = facts_of(request.scope)
    service: GenerationService = request.app.state.generation
    try:
        body = read_request(await read_body(request.receive))
        if request.app.state.settings.log_prompts:
            facts.prompt = body.input.model_dump(exclude_none=True)
        selection = service.select(_wish(body))
        text_request = await _text_request(body, selection)
        async with (
            UntilGone(request.receive) as client,
            service.begin(caller, facts, selection, PATH) as generation,
        ):
            answer = _Answer(request._send, facts, selection, body, generation)
            await (answer.stream if body.stream else answer.whole)(text_request, client)
    except ClientGone:
        facts.cancelled = True


def read_request(body: bytes) -> GenerateRequest:
    """The request in a body. Raises `InvalidJSON`, or `ValidationFailed` with the fields."""
    try:
        return GenerateRequest.model_validate_json(body)
    except ValidationError as error:
        raise refused(error) from error


def _wish(body: GenerateRequest) -> Wish:
    return Wish(
        model=body.model,
        provider=body.provider,
        modality=body.modality,
        mode=body.selection_mode or "auto",
        has_images=has_images(body),
    )


async def _text_request(body: GenerateRequest, selection: Selection) -> TextRequest:
    entry = selection.entry
    if body.background:
        raise UnsupportedFeature("Background requests are not supported yet.", param="background")
    if body.session_id is not None:
        raise NotFound(f"No session {body.session_id!r}.", param="session_id")
    if body.fallback not in (None, "default", "wait"):
        raise UnsupportedFeature("Fallbacks are not supported yet: leave `fallback` out.", param="fallback")
    if body.state_tokens is not None and len(to_json(body.state_tokens)) > MAX_STATE_BYTES:
        raise ValidationFailed.of("state_tokens", f"is larger than {MAX_STATE_BYTES} bytes", "too_long")
    if entry.modality is not Modality.TEXT:
        raise UnsupportedFeature(
            f"{entry.id} makes {entry.modality.value}, which this server can't run yet.", param="model"
        )
    parameters = check_parameters(entry, body.parameters or {})
    if body.input.mesh is not None:
        raise UnsupportedFeature(f"{entry.id} takes no mesh.", param="input.mesh")
    messages = await checked_messages(entry, chat_messages(body))
    return TextRequest(messages, as_chat_fields(parameters), stream=bool(body.stream))


class _Answer:
    """Writes the answer to one request."""

    def __init__(
        self, send: Send, facts: RequestFacts, selection: Selection, body: GenerateRequest, generation: Generation
    ) -> None:
        self._send = send
        self._facts = facts
        self._selection = selection
        self._body = body
        self._generation = generation

    async def whole(self, request: TextRequest, client: UntilGone) -> None:
        """One JSON object."""
        target = await self._generation.target()
        request.stream = target.provider.always_streams
        result = (await self._generation.results(target, request))[0]
        body = to_json(self._response(result), inf_nan_mode="null")
        client.over()
        await send_json(self._send, body)

    async def stream(self, request: TextRequest, client: UntilGone) -> None:
        """Events; an error on the way is the last of them."""
        stream = EventStream(self._send)
        number = 0

        def event(name: str, data: Any) -> bytes:
            nonlocal number
            number += 1
            return encode_event(name, data, number)

        async def report(change: Queued | Loading) -> None:
            if isinstance(change, Queued):
                data = {
                    "request_id": self._facts.request_id,
                    "queue_position": change.position,
                    "eta_s": change.eta_s,
                }
                await stream.write(event("queued", data))
            else:
                await stream.write(event("loading", {"model": change.model, "progress_pct": change.progress_pct}))

        try:
            await stream.start()
            selected = {"request_id": self._facts.request_id, "selection": self._selection.describe()}
            await stream.write(event("selected", selected))
            target = await self._generation.target(report)
            collected = Collector()
            async with aclosing(self._generation.deltas(target, request)) as deltas:
                async for delta in deltas:
                    collected.take(delta)
                    data: dict[str, Any] = {}
                    if delta.text:
                        data["text"] = delta.text
                    if delta.reasoning:
                        data["reasoning"] = delta.reasoning
                    if delta.tool_calls:
                        data["tool_calls"] = delta.tool_calls
                    if data:
                        await stream.write(event("delta", data))
            result = collected.results(self._generation.usage)[0]
            client.over()
            await stream.end(event("output", self._response(result)) + DONE)
        except PluggablyError as error:
            self._facts.error_code = error.code
            client.over()
            await stream.end(event("error", error.envelope(self._facts.request_id)) + DONE)
            raise
        except asyncio.CancelledError:
            if not client.gone:
                ended = NotReady("The gateway is shutting down.").envelope(self._facts.request_id)
                await stream.end(event("error", ended) + DONE)
            raise
        finally:
            stream.abandon()

    def _response(self, result: TextResult) -> dict[str, Any]:
        entry, generation, body = self._selection.entry, self._generation, self._body
        usage = result.usage
        return {
            "request_id": self._facts.request_id,
            "model": entry.id,
            "provider": entry.provider,
            "modality": entry.modality.value,
            "session_id": None,
            "state_tokens": body.state_tokens,
            "selection": self._selection.describe(),
            "credits_status": None,
            "output": {
                "text": result.text,
                "reasoning": result.reasoning,
                "tool_calls": result.tool_calls,
                "images": None,
                "mesh": None,
                "artifacts": None,
                "logprobs": result.logprobs,
            },
            "finish_reason": result.finish_reason,
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
            "warnings": [],
        }


router = APIRouter(tags=["generation"])
router.routes.append(
    HotRoute(
        PATH,
        generate,
        methods=["POST"],
        tags=["generation"],
        summary="Generate text, an image or a 3D mesh",
        openapi_extra=request_body(GenerateRequest),
        responses=documented(*ERRORS, response=GenerateResponse, events=True),
    )
)
