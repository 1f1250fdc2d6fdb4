"""Texts as vectors, as every adapter sees them.

The words are those of OpenAI's endpoint: https://platform.openai.com/docs/api-reference/embeddings/create
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from pluggably.contract.calls import Call, Reply
from pluggably.contract.text import Usage


@dataclass(slots=True)
class EmbeddingRequest:
    """Texts to be made into vectors: each a string, or the numbers of its tokens.

    `parameters` are the other fields of OpenAI's request (`dimensions`, `user`, and what a vendor has of its own) but
    `encoding_format`: vectors always come as numbers. An adapter's `prepare` puts into `warnings` what it left out
    without harm: each a sentence that names it.
    """

    inputs: list[str] | list[list[int]]
    parameters: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


@dataclass(slots=True)
class EmbeddingResult:
    """One vector for each input, in their order, all of one length."""

    vectors: list[list[float]]
    usage: Usage | None = None


class EmbeddingAdapter(Protocol):
    """Builds a call and reads a reply; never touches the network."""

    def prepare(self, request: EmbeddingRequest, model: str) -> Call:
        """Build the call. Raises `UnsupportedFeature` for what the vendor can't do."""

    def parse(self, reply: Reply, request: EmbeddingRequest) -> EmbeddingResult:
        """Read the answer (status 200). Raises `ProviderError` if it can't be read or lacks a vector."""
