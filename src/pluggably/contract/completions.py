"""Raw texts that a model goes on with, as every adapter sees them.

The words are those of OpenAI's older endpoint: https://platform.openai.com/docs/api-reference/completions/create
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from pluggably.contract.calls import Call, ServerEvent
from pluggably.contract.text import TextDelta

Prompt = str | list[str] | list[int] | list[list[int]]


@dataclass(slots=True)
class CompletionRequest:
    """Texts to go on with as they are, without a chat's template: one or several, or the numbers of their tokens.

    `parameters` are the other fields of OpenAI's request but `model`, `stream` and `stream_options`. What
    `TextRequest` says of `warnings` holds here too.
    """

    prompt: Prompt
    parameters: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def is_several(self) -> bool:
        """Whether there is more than one text."""
        return isinstance(self.prompt, list) and not isinstance(self.prompt[0], int) and len(self.prompt) > 1


class CompletionAdapter(Protocol):
    """Builds a call and reads its stream; never touches the network."""

    def prepare(self, request: CompletionRequest, model: str) -> Call:
        """Build the call, always for a stream. Raises `UnsupportedFeature` for what the vendor can't do."""

    def stream(self, events: AsyncIterator[ServerEvent], request: CompletionRequest) -> AsyncIterator[TextDelta]:
        """Read the answer; `index` counts the choices, `logprobs` are in a chat completion's form."""
