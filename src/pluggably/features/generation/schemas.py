"""The bodies of `/v1/generate`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from pluggably.contract.modality import Modality
from pluggably.features.artifacts.schemas import ArtifactRead
from pluggably.features.providers.schemas import CreditsRead
from pluggably.routing.fallback import FallbackReason

ModelName = Annotated[str, StringConstraints(min_length=1, max_length=255)]
MAX_MESSAGES = 10_000
MAX_IMAGES = 16
MAX_FALLBACKS = 16


class Strict(BaseModel):
    """A request body: unknown fields are refused, null equals absent."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class TextPart(Strict):
    """Text inside a message."""

    type: Literal["text"]
    text: str


class ImageURL(Strict):
    """A data URL, an http(s) URL, or `artifact:ID`."""

    url: str
    detail: Literal["auto", "low", "high"] | None = None


class ImagePart(Strict):
    """An image inside a message."""

    type: Literal["image_url"]
    image_url: ImageURL


ContentPart = Annotated[TextPart | ImagePart, Field(discriminator="type")]


class Message(Strict):
    """One message of a chat, as OpenAI has it."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[ContentPart] | None = None
    name: str | None = None
    tool_calls: list[dict[str, Any]] | None = None
    tool_call_id: str | None = None


class GenerateInput(Strict):
    """What to work from: `prompt` or `messages`, and images or a mesh beside them."""

    prompt: str | None = Field(None, description="What to generate from.", examples=["Write a haiku about the sea."])
    messages: list[Message] | None = Field(
        None, min_length=1, max_length=MAX_MESSAGES, description="A chat to continue; in place of `prompt`."
    )
    images: list[str] | None = Field(
        None, max_length=MAX_IMAGES, description="Data URLs, http(s) URLs or `artifact:ID`."
    )
    mesh: str | None = Field(None, description="A data URL, an http(s) URL or `artifact:ID`.")

    @model_validator(mode="after")
    def _one_of(self) -> GenerateInput:
        if self.prompt is not None and self.messages is not None:
            raise ValueError("give `prompt` or `messages`, not both")
        if self.prompt is None and self.messages is None and not self.images and self.mesh is None:
            raise ValueError("give `prompt` or `messages`")
        return self


class GenerateRequest(Strict):
    """One request for text, an image or a 3D mesh."""

    model: ModelName | None = Field(
        None,
        description="A model's id, `provider:name`, a name that only one provider has, `auto`, or nothing.",
        examples=["auto"],
    )
    provider: ModelName | None = Field(None, description="The provider that must answer.")
    modality: Modality | None = Field(None, description="Needed only where neither model nor input decides it.")
    input: GenerateInput
    parameters: dict[str, Any] | None = Field(
        None, description="Checked against the model's own schema: `GET /v1/schema?model=…`."
    )
    system_prompt: str | None = Field(None, description="Goes before the messages.")
    session_id: str | None = Field(None, max_length=64, description="The session to continue.")
    state_tokens: dict[str, Any] | None = Field(None, description="A provider's state, up to 64 KB, given back.")
    stream: bool | None = Field(None, description="Answer with server-sent events, token by token.")
    background: bool | None = Field(None, description="Answer 202 at once; the result is kept for later.")
    keep: bool | None = Field(
        None,
        description="Keep images and a mesh among the artifacts, however small, with the prompt and the parameters.",
    )
    selection_mode: Literal["auto", "free_only", "commercial_only", "model"] | None = Field(
        None, description="Which models may answer; `model`: the asked one, whatever happens."
    )
    fallback: (
        Literal["default", "wait", "pinned"] | Annotated[list[ModelName], Field(max_length=MAX_FALLBACKS)] | None
    ) = Field(
        None,
        description="Who answers where the model can't: `default`, the models that are configured for that; `wait`, "
        "no other model; `pinned`, a pinned model, also while this one is being loaded; or these, in this order.",
    )

    model_config = ConfigDict(
        extra="forbid",
        allow_inf_nan=False,
        json_schema_extra={
            "examples": [
                {"input": {"prompt": "Write a haiku about the sea."}},
                {
                    "model": "auto",
                    "input": {"messages": [{"role": "user", "content": "Hello!"}]},
                    "parameters": {"temperature": 0.2, "max_tokens": 64},
                    "stream": True,
                },
            ]
        },
    )


class AttemptRead(BaseModel):
    """A model that was tried before and did not answer."""

    model: str
    provider: str | None = Field(description="Null where no model of this name was found.")
    code: str = Field(description="The code of its error.")
    message: str
    ms: int = Field(description="Milliseconds that it took.")


class SelectionRead(BaseModel):
    """Who answered, and why."""

    selected_model: str
    selected_provider: str
    requested: str
    reason: str
    fallback_used: bool = Field(description="Whether another model answered than the one that was chosen first.")
    fallback_reason: FallbackReason | None = Field(description="Why the first one did not.")
    attempts: list[AttemptRead]


class OutputRead(BaseModel):
    """What was made; the field of the modality is set."""

    text: str | None
    reasoning: str | None
    tool_calls: list[dict[str, Any]] | None
    images: list[str] | None
    mesh: str | None
    artifacts: list[ArtifactRead] | None
    logprobs: dict[str, Any] | None = None
    seed: int | None = Field(None, description="Makes the same images or the same mesh again; null where unknown.")


class UsageRead(BaseModel):
    """Tokens, and what they cost where the price is known."""

    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    cached_prompt_tokens: int | None = Field(
        description="Those of the prompt that the provider read from its own cache; null where it does not tell."
    )
    reasoning_tokens: int | None = Field(
        description="Those of the completion that the model thought with; null where its provider does not tell."
    )
    cost_usd: float | None
    provider_credits: float | None = Field(
        None, description="What the provider took, in credits of its own; null where it does not tell."
    )


class TimingRead(BaseModel):
    """Milliseconds."""

    queue_ms: int
    load_ms: int
    first_output_ms: int | None
    total_ms: int


class GenerateResponse(BaseModel):
    """The answer to a generate request."""

    request_id: str
    model: str
    provider: str
    modality: Modality
    session_id: str | None
    state_tokens: dict[str, Any] | None
    selection: SelectionRead
    credits_status: CreditsRead | None = Field(
        description="Of the account that was asked, or of the first one that had nothing left; null for local models."
    )
    output: OutputRead
    finish_reason: str
    usage: UsageRead
    timing: TimingRead
    warnings: list[str]
