"""Anthropic's message request, as far as the gateway looks at it.

Source: https://docs.anthropic.com/en/api/messages
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from pluggably.compat.chat_schemas import Loose

MAX_MESSAGES = 100_000


class Block(Loose):
    """A block of a message's content; what else it has depends on its type."""

    type: str = Field(min_length=1)


class InputMessage(Loose):
    """One turn, or a part of one: turns of the same role in a row belong together."""

    role: Literal["user", "assistant", "system"]
    content: str | list[Block]


class MessagesTool(Loose):
    """A tool of the caller's own; those of the vendor have another `type` and no `input_schema`."""

    name: str | None = None
    type: str | None = None
    description: str | None = None
    input_schema: dict[str, Any] | None = None
    strict: bool | None = None


class ToolChoice(Loose):
    """Whether a tool must be called, and which."""

    type: Literal["auto", "any", "tool", "none"]
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


class Thinking(Loose):
    """How the model may think before it answers."""

    type: str
    budget_tokens: int | None = Field(None, ge=1)


class OutputFormat(Loose):
    """What the answer must look like; `schema` is a JSON Schema."""

    type: Literal["json_schema"]
    schema_: dict[str, Any] = Field(alias="schema")


class OutputConfig(Loose):
    """How much effort, and in which form."""

    effort: str | None = None
    format: OutputFormat | None = None


class CountTokensRequest(Loose):
    """The body of `POST /v1/messages/count_tokens`: what goes into the prompt."""

    model: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = Field(
        None, description="A model's id, `provider:name`, `auto`, or nothing.", examples=["auto"]
    )
    messages: list[InputMessage] = Field(
        min_length=1, max_length=MAX_MESSAGES, examples=[[{"role": "user", "content": "Hello!"}]]
    )
    system: str | list[Block] | None = None
    tools: Annotated[list[MessagesTool], Field(max_length=1024)] | None = None
    tool_choice: ToolChoice | None = None
    thinking: Thinking | None = None
    output_config: OutputConfig | None = None


class MessagesRequest(CountTokensRequest):
    """The body of `POST /v1/messages`."""

    max_tokens: int = Field(ge=1, examples=[256])
    stream: bool | None = None
    stop_sequences: list[str] | None = None
    temperature: float | None = Field(None, ge=0, le=1)
    top_p: float | None = Field(None, ge=0, le=1)
    top_k: int | None = Field(None, ge=0)


class AnthropicMessage(Loose):
    """The answer, as Anthropic documents it."""

    id: str
    type: Literal["message"]
    role: Literal["assistant"]
    content: list[dict[str, Any]]
    model: str
    stop_reason: str | None
    stop_sequence: str | None
    usage: dict[str, Any]


class TokenCount(Loose):
    """The answer to a question for the length of a prompt."""

    input_tokens: int
