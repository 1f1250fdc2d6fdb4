"""`POST /v1/images/generations`: pictures from any image model, in OpenAI's format."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from urllib.parse import urljoin

from fastapi import APIRouter, Request
from pydantic_core import to_json

from pluggably.compat.answering import StreamedAnswer, served_by
from pluggably.compat.images_format import ImageWriter, images_object
from pluggably.compat.images_schemas import Images, ImagesRequest, model_parameters
from pluggably.compat.reading import read_vendor_body
from pluggably.contract.media import MediaItem, MediaRequest, MediaResult
from pluggably.contract.modality import Modality
from pluggably.errors import UnsupportedFeature
from pluggably.features.generation.delivery import Delivery
from pluggably.features.generation.service import ERRORS, Generation, GenerationService
from pluggably.features.users.access import CanGenerate
from pluggably.kit.connection import ClientGone, UntilGone, read_body, send_json
from pluggably.kit.edge import RequestFacts, facts_of
from pluggably.kit.openapi import documented, request_body
from pluggably.kit.routes import VendorRoute
from pluggably.routing.catalogue import Entry
from pluggably.routing.local_models import Target
from pluggably.routing.selection import Wish
from pluggably.tables.artifacts import ArtifactKind

PATH = "/v1/images/generations"


async def generate_images(request: Request, caller: CanGenerate) -> None:
    """Make images, in OpenAI's format."""
    facts = facts_of(request.scope)
    service: GenerationService = request.app.state.generation
    try:
        fields, body = read_vendor_body(await read_body(request.receive), ImagesRequest)
        if request.app.state.settings.log_prompts:
            facts.prompt = body.prompt
        if body.stream and body.response_format == "url":
            raise UnsupportedFeature("A stream carries the images themselves.", param="response_format")
        plan = service.plan(
            caller, Wish(model=body.model, modality=Modality.IMAGE, preferred=caller.preferred_models)
        )

        async def prepare(entry: Entry) -> MediaRequest:
            previews = bool(body.stream and body.partial_images)
            parameters = model_parameters(entry, fields)
            return MediaRequest(Modality.IMAGE, body.prompt, parameters=parameters, previews=previews)

        work = await prepare(plan.selection.entry)
        async with (
            UntilGone(request.receive, request.scope) as client,
            service.begin(caller, facts, plan, PATH, work, prepare) as generation,
        ):
            answer = ImageAnswer(request, facts, generation, body)
            await (answer.stream if body.stream else answer.whole)(client)
    except ClientGone:
        facts.cancelled = True


class ImageAnswer:
    """Writes the answer to one request; `kind` is what the events of a stream are called."""

    def __init__(
        self,
        request: Request,
        facts: RequestFacts,
        generation: Generation[MediaRequest],
        body: ImagesRequest,
        kind: str = "image_generation",
    ) -> None:
        self._kind = kind
        self._request = request
        self._facts = facts
        self._generation = generation
        self._body = body

    async def whole(self, client: UntilGone) -> None:
        """One JSON object."""
        generation, body = self._generation, self._body
        result = await generation.answered(self._made, begun=lambda: generation.tally.finish_reason is not None)
        addresses = [await self._address(item) for item in result.items] if body.response_format == "url" else None

        def write() -> bytes:
            return to_json(images_object(body, generation.selection.entry.id, result, addresses))

        answer = await asyncio.to_thread(write)  # megabytes
        client.over()
        await send_json(self._request._send, answer, headers=served_by(generation.selection))

    async def _made(self, target: Target, request: MediaRequest) -> MediaResult:
        result: MediaResult | None = None
        async with aclosing(self._generation.asking.media(target, request)) as events:
            async for event in events:
                if isinstance(event, MediaResult):
                    result = event
        assert result is not None  # the adapter raises where there is none
        return result

    async def _address(self, item: MediaItem) -> str:
        """A signed address; where the operator has set no public one, that of the server as this client knows it."""
        delivery: Delivery = self._request.app.state.delivery
        kept = await delivery.keep(self._generation.tracked, item, ArtifactKind.IMAGE)
        return urljoin(str(self._request.base_url), str(kept["url"]))

    async def stream(self, client: UntilGone) -> None:
        """Events: unfinished pictures as far as they are wanted, then the finished ones."""
        generation = self._generation

        def new_writer(_request: MediaRequest) -> ImageWriter:
            return ImageWriter(self._facts.request_id, generation.selection.entry.id, self._body, self._kind)

        pieces = generation.asking.media
        await StreamedAnswer(self._request._send, self._facts, generation, pieces, new_writer).run(client)


router = APIRouter(tags=["OpenAI"])
router.routes.append(
    VendorRoute(
        PATH,
        generate_images,
        methods=["POST"],
        tags=["OpenAI"],
        summary="Images, as OpenAI has them",
        openapi_extra=request_body(ImagesRequest),
        responses=documented(*ERRORS, response=Images, events=True),
    )
)
