"""OpenAI's embeddings, which most vendors and llama.cpp's server speak too.

Source: https://platform.openai.com/docs/api-reference/embeddings
"""

from __future__ import annotations

import base64
import binascii
from array import array
from collections.abc import Mapping
from sys import byteorder
from typing import Any

from pydantic_core import from_json, to_json

from pluggably.contract.calls import Call, Reply
from pluggably.contract.embeddings import EmbeddingRequest, EmbeddingResult
from pluggably.errors import ContextLengthExceeded, PluggablyError, ProviderError, UnsupportedFeature
from pluggably.providers._openai_shape import JSON_HEADERS, read_usage
from pluggably.providers._translation import NO_EFFECT, left_out


class OpenAIEmbeddings:
    """`POST path`. Vectors are asked for in base64, a quarter of the size of JSON's numbers.

    `renamed` gives the vendor's names of OpenAI's fields; `lacks` are those that it would ignore or refuse.
    """

    def __init__(
        self,
        path: str = "/embeddings",
        renamed: Mapping[str, str] | None = None,
        lacks: frozenset[str] = frozenset(),
        vendor: str = "The provider",
    ) -> None:
        self._path = path
        self._renamed = renamed or {}
        self._lacks = lacks
        self._vendor = vendor

    def prepare(self, request: EmbeddingRequest, model: str) -> Call:
        """The call. Raises `UnsupportedFeature` for what the vendor lacks; what changes nothing is left out."""
        given, warnings = {}, []
        for name, value in request.parameters.items():
            if name not in self._lacks:
                given[self._renamed.get(name, name)] = value
            elif name in NO_EFFECT:
                warnings.append(left_out(name, self._vendor))
            else:
                raise UnsupportedFeature(f"{self._vendor} has no `{name}` for embeddings.", param=name)
        request.warnings[:] = warnings
        body = {"model": model, "input": request.inputs, "encoding_format": "base64", **given}
        return Call(self._path, to_json(body), headers=JSON_HEADERS)

    def parse(self, reply: Reply, request: EmbeddingRequest) -> EmbeddingResult:
        """The vectors, in the order of their `index`. Servers that know no base64 answer with numbers."""
        try:
            body = from_json(reply.body)
            vectors: list[Any] = [None] * len(request.inputs)
            for place, item in enumerate(body["data"]):
                vectors[item.get("index", place)] = _vector(item["embedding"])
            usage = read_usage(body.get("usage"))
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise ProviderError("The provider's answer holds no vectors that can be read.") from error
        if None in vectors or len({len(vector) for vector in vectors}) != 1:
            raise ProviderError("The provider's answer lacks vectors.")
        return EmbeddingResult(vectors, usage)


class LlamaEmbeddings(OpenAIEmbeddings):
    """llama.cpp's server: it would leave parameters out without a word."""

    def __init__(self) -> None:
        super().__init__("/v1/embeddings")

    def prepare(self, request: EmbeddingRequest, model: str) -> Call:
        """The call. Raises `UnsupportedFeature` for any parameter that would change something."""
        if "dimensions" in request.parameters:
            raise UnsupportedFeature(
                "The local engine can't shorten vectors: leave `dimensions` out.", param="dimensions"
            )
        for name in request.parameters:
            if name not in NO_EFFECT:
                raise UnsupportedFeature(f"The local engine does not know `{name[:64]}`.", param=name[:64])
        return super().prepare(EmbeddingRequest(request.inputs), model)


def engine_error(reply: Reply) -> PluggablyError | None:
    """What llama.cpp's server says as a fault of its own though the request is at fault; None for all else."""
    if reply.status == 500 and b"is too large to process" in reply.body:
        return ContextLengthExceeded("A text is longer than the context of the embedding model.", param="input")
    return None


def _vector(embedding: Any) -> list[float]:
    if not isinstance(embedding, str):
        return [float(number) for number in embedding]
    try:
        numbers = array("f", base64.b64decode(embedding, validate=True))
    except binascii.Error as error:
        raise ValueError("no base64") from error
    if byteorder == "big":  # the wire is little-endian
        numbers.byteswap()
    return numbers.tolist()
