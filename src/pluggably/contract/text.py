"""Text generation as every adapter sees it.

The fields of a chat completion request (https://platform.openai.com/docs/api-reference/chat/create) are the
language in which the gateway speaks of text inside: adapters of other vendors translate from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]


@dataclass(frozen=True, slots=True)
class VendorRequest:
    """A request as the client of a vendor sent it: the fields of its body, and the headers that belong to it."""

    fields: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class TextRequest:
    """A chat to continue.

    `messages` are OpenAI chat messages. `parameters` are the other fields of an OpenAI chat completion
    request (`temperature`, `max_tokens`, `tools`, `response_format`, …) but `model`, `messages`, `stream` and
    `stream_options`. With `stream` the provider is asked for server-sent events. `native_tools` is false where the
    model itself has no words for tools, so that the adapter must find some.

    `original` stands in place of messages and parameters where the client speaks the very language of the vendor, and
    is given only to an adapter that says so (`RelaysMessages`). With `tell_stop` the caller wants to know which stop
    string ended the answer, as far as the provider tells it. `state_tokens` are what the caller, or a session, keeps
    for a provider that holds no state of its own.

    An adapter's `prepare` appends to `warnings` what it had to leave out or to change without harm: each a sentence
    that names the parameter. What would do harm it refuses.
    """

    messages: list[dict[str, Any]]
    parameters: dict[str, Any] = field(default_factory=dict)
    stream: bool = True
    native_tools: bool = True
    warnings: list[str] = field(default_factory=list)
    original: VendorRequest | None = None
    tell_stop: bool = False
    state_tokens: dict[str, Any] | None = None


@dataclass(slots=True)
class Usage:
    """Tokens, as the provider counted them. None where it does not tell."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_prompt_tokens: int | None = None
    """Those of the prompt that were read from the provider's cache."""
    reasoning_tokens: int | None = None
    """Those of the completion that the model thought with."""
    image_prompt_tokens: int | None = None
    """Those of the prompt that are images, which some vendors price apart."""
    image_completion_tokens: int | None = None
    """Those of the completion that are images."""

    @property
    def total_tokens(self) -> int:
        """Prompt and completion together."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(slots=True)
class TextDelta:
    """A piece of a streamed answer; each field is set only where this piece brings something.

    `tool_calls` are OpenAI's streamed form: `[{"index", "id", "type", "function": {"name", "arguments"}}]`,
    `arguments` in pieces to be joined. A call may also have `extra_content`, an object of the vendor's that belongs
    into later requests with the call.
    """

    text: str | None = None
    reasoning: str | None = None
    tool_calls: list[dict[str, Any]] | None = None
    logprobs: dict[str, Any] | None = None
    finish_reason: FinishReason | None = None
    usage: Usage | None = None
    index: int = 0
    stop_sequence: str | None = None
    """Beside `finish_reason`: which of the caller's stop strings ended the answer, where the provider tells it."""
    state_tokens: dict[str, Any] | None = None
    """What the provider wants to get with the next request; merged into what is kept."""


@dataclass(slots=True)
class TextResult:
    """A whole answer. `tool_calls` are OpenAI's: `[{"id", "type", "function": {"name", "arguments"}}]`."""

    text: str = ""
    reasoning: str | None = None
    tool_calls: list[dict[str, Any]] | None = None
    logprobs: dict[str, Any] | None = None
    finish_reason: FinishReason = "stop"
    usage: Usage | None = None
    stop_sequence: str | None = None
    """Which of the caller's stop strings ended the answer, where the provider tells it."""
    state_tokens: dict[str, Any] | None = None
    """What the provider wants to get with the next request; merged into what is kept."""
