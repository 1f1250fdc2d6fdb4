"""`POST /v1/embeddings`: texts as vectors, in OpenAI's format, from any provider or from a local GGUF model."""

from __future__ import annotations

import asyncio
import base64
from array import array
from sys import byteorder
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field, StringConstraints
from pydantic_core import to_json

from pluggably.compat.chat_schemas import Loose
from pluggably.compat.reading import read_vendor_body
from pluggably.contract.embeddings import EmbeddingRequest
from pluggably.contract.text import Usage
from pluggably.features.generation.service import ERRORS, GenerationService
from pluggably.features.users.access import CanGenerate
from pluggably.kit.connection import ClientGone, UntilGone, read_body, send_json
from pluggably.kit.edge import facts_of
from pluggably.kit.openapi import documented, request_body
from pluggably.kit.routes import VendorRoute
from pluggably.routing.catalogue import Entry
from pluggably.routing.selection import Wish

PATH = "/v1/embeddings"
MAX_INPUTS = 2048
"""As many as OpenAI takes in one request."""
_NOT_PARAMETERS = frozenset({"model", "input", "encoding_format"})

_Text = Annotated[str, StringConstraints(min_length=1)]
_Tokens = Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)]


class EmbeddingsRequest(Loose):
    """The body of `POST /v1/embeddings`."""

    model: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = Field(
        None, description="A model's id, `provider:name`, `auto`, or nothing.", examples=["auto"]
    )
    input: (
        _Text
        | Annotated[list[_Text], Field(min_length=1, max_length=MAX_INPUTS)]
        | _Tokens
        | Annotated[list[_Tokens], Field(min_length=1, max_length=MAX_INPUTS)]
    ) = Field(description="A text, several, or the numbers of their tokens.", examples=["The sky is blue."])
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: int | None = Field(None, ge=1, description="of the vectors, where the model can shorten them")
    user: str | None = None


class Embeddings(Loose):
    """The answer, as OpenAI documents it."""

    object: Literal["list"]
    data: list[dict[str, Any]]
    model: str
    usage: dict[str, int]


async def embeddings(request: Request, caller: CanGenerate) -> None:
    """Make texts into vectors, in OpenAI's format."""
    facts = facts_of(request.scope)
    service: GenerationService = request.app.state.generation
    try:
        fields, body = read_vendor_body(await read_body(request.receive), EmbeddingsRequest)
        if request.app.state.settings.log_prompts:
            facts.prompt = body.input
        # Vectors of two models have nothing to do with each other: no other model stands in.
        wish = Wish(model=body.model, embeddings=True, preferred=caller.preferred_models)
        plan = service.plan(caller, wish, "wait")
        parameters = {
            name: value for name, value in fields.items() if value is not None and name not in _NOT_PARAMETERS
        }
        asked = EmbeddingRequest(_inputs(body.input), parameters)

        async def prepare(_entry: Entry) -> EmbeddingRequest:
            return asked

        async with (
            UntilGone(request.receive, request.scope) as client,
            service.begin(caller, facts, plan, PATH, asked, prepare) as generation,
        ):
            result = await generation.answered(generation.asking.embeddings, begun=lambda: False)
            served, in_base64 = generation.selection.entry.id, body.encoding_format == "base64"
            # Thousands of vectors take a while to write.
            answer = await asyncio.to_thread(
                _answer, result.vectors, served, result.usage, asked.warnings, in_base64=in_base64
            )
            client.over()
            await send_json(request._send, answer)
    except ClientGone:
        facts.cancelled = True


def _inputs(given: Any) -> list[Any]:
    """A list of texts, or of lists of tokens."""
    return [given] if isinstance(given, str) or isinstance(given[0], int) else given


def _answer(
    vectors: list[list[float]], model: str, usage: Usage | None, warnings: list[str], *, in_base64: bool
) -> bytes:
    data = [
        {"object": "embedding", "index": index, "embedding": _base64(vector) if in_base64 else vector}
        for index, vector in enumerate(vectors)
    ]
    tokens = usage.prompt_tokens if usage else 0
    return to_json(
        {
            "object": "list",
            "data": data,
            "model": model,
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
            **({"warnings": warnings} if warnings else {}),
        }
    )


def _base64(vector: list[float]) -> str:
    """32-bit floats, little-endian."""
    numbers = array("f", vector)
    if byteorder == "big":
        numbers.byteswap()
    return base64.b64encode(numbers.tobytes()).decode()


router = APIRouter(tags=["OpenAI"])
router.routes.append(
    VendorRoute(
        PATH,
        embeddings,
        methods=["POST"],
        tags=["OpenAI"],
        summary="Embeddings, as OpenAI has them",
        openapi_extra=request_body(EmbeddingsRequest),
        responses=documented(*ERRORS, response=Embeddings),
    )
)
