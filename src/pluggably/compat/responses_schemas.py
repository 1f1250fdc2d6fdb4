"""OpenAI's Responses request, as far as the gateway looks at it; other fields pass on to the provider.

Source: https://platform.openai.com/docs/api-reference/responses/create
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from pluggably.compat.chat_schemas import Loose


class Reasoning(Loose):
    """How much the model thinks, and whether it tells of that."""

    effort: str | None = Field(None, max_length=32)
    summary: Literal["auto", "concise", "detailed"] | None = None


class TextFormat(Loose):
    """What the answer must be: text, any JSON object, or JSON of a schema."""

    type: Literal["text", "json_object", "json_schema"]
    name: str | None = Field(None, min_length=1, max_length=64)
    json_schema: dict[str, Any] | None = Field(None, alias="schema")
    strict: bool | None = None
    description: str | None = None


class TextConfig(Loose):
    """How the answer's text is."""

    format: TextFormat | None = None
    verbosity: Literal["low", "medium", "high"] | None = None


class ResponseTool(Loose):
    """A tool; only functions are supported."""

    type: str
    name: str | None = Field(None, min_length=1, max_length=64)
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class ResponsesRequest(Loose):
    """The body of `POST /v1/responses`."""

    model: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = Field(
        None, description="A model's id, `provider:name`, `auto`, or nothing.", examples=["auto"]
    )
    input: str | Annotated[list[dict[str, Any]], Field(min_length=1, max_length=10_000)] = Field(
        description="A text, or items: messages, function calls and their outputs.", examples=["Hello!"]
    )
    instructions: str | None = Field(None, description="Goes before the input.")
    stream: bool | None = None
    max_output_tokens: int | None = Field(None, ge=1)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    top_logprobs: int | None = Field(None, ge=0, le=20)
    text: TextConfig | None = None
    reasoning: Reasoning | None = None
    tools: Annotated[list[ResponseTool], Field(max_length=128)] | None = None
    tool_choice: Literal["none", "auto", "required"] | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    include: list[str] | None = None
    truncation: Literal["auto", "disabled"] | None = None
    metadata: dict[str, Any] | None = None
    store: bool | None = Field(None, description="Accepted; no response is kept to be continued.")
    background: bool | None = None
    previous_response_id: str | None = None
    conversation: str | dict[str, Any] | None = None
    prompt: dict[str, Any] | None = None
    max_tool_calls: int | None = Field(
        None, ge=1, description="Of tools that run at the vendor: there are none here."
    )
    stream_options: dict[str, Any] | None = None


class ResponsesObject(Loose):
    """The answer, as OpenAI documents it."""

    id: str
    object: Literal["response"]
    created_at: int
    status: str
    model: str
    output: list[dict[str, Any]]
    usage: dict[str, Any] | None = None
