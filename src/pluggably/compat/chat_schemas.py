"""OpenAI's chat completion request, as far as the gateway looks at it; other fields pass on to the provider.

Source: https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator


class Loose(BaseModel):
    """A vendor's body: fields that are not listed are kept."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)


class StreamOptions(Loose):
    """What a stream carries besides the answer."""

    include_usage: bool | None = None


class ToolFunction(Loose):
    """A function that the model may call; `parameters` is a JSON Schema."""

    name: str = Field(min_length=1, max_length=64)
    description: str | None = None
    parameters: dict[str, Any] | None = None


class Tool(Loose):
    """A tool; functions are read, other kinds pass on."""

    type: str
    function: ToolFunction | None = None


class ChatMessage(Loose):
    """One message; only an assistant's may be without content."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[dict[str, Any]] | None = None

    @model_validator(mode="after")
    def _has_content(self) -> ChatMessage:
        if self.content is None and self.role not in ("assistant", "function"):
            raise ValueError(f"a message of the role {self.role!r} needs content")
        return self


class ChatCompletionRequest(Loose):
    """The body of `POST /v1/chat/completions`."""

    model: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = Field(
        None, description="A model's id, `provider:name`, `auto`, or nothing.", examples=["auto"]
    )
    messages: list[ChatMessage] = Field(
        min_length=1, max_length=10_000, examples=[[{"role": "user", "content": "Hello!"}]]
    )
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    n: int | None = Field(None, ge=1, le=128)
    stop: str | Annotated[list[str], Field(max_length=16)] | None = None
    seed: int | None = Field(None, ge=-(2**63), lt=2**63)
    presence_penalty: float | None = Field(None, ge=-2, le=2)
    frequency_penalty: float | None = Field(None, ge=-2, le=2)
    logprobs: bool | None = None
    top_logprobs: int | None = Field(None, ge=0, le=20)
    tools: Annotated[list[Tool], Field(max_length=128)] | None = None
    tool_choice: Literal["none", "auto", "required"] | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    response_format: dict[str, Any] | None = None


class ChatCompletion(Loose):
    """The answer, as OpenAI documents it."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[dict[str, Any]]
    usage: dict[str, Any] | None = None
