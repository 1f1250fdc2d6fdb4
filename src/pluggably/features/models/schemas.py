"""Models as the API shows and takes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pluggably.contract.credits import CreditsState
from pluggably.contract.modality import Modality
from pluggably.kit.bodies import Body, JsonObject, Line, Text
from pluggably.kit.clock import WireTime
from pluggably.routing.catalogue import Entry
from pluggably.routing.residency import LoadedModel, RuntimeState, RuntimeStatus
from pluggably.tables.models import ModelStatus


class Capabilities(Body):
    """What a model can do."""

    max_context_tokens: int | None = Field(None, ge=1, le=2**31 - 1, description="prompt and answer together")
    input_modalities: list[Line] | None = Field(None, max_length=16, examples=[["text", "image"]])
    output_formats: list[Line] | None = Field(None, max_length=16, examples=[["text", "json"]])
    streaming: bool | None = None
    tools: bool | None = None
    json_schema: bool | None = None
    hardware_requirements: JsonObject | None = None


class Source(Body):
    """Where a model comes from."""

    type: Line | None = Field(None, examples=["huggingface", "url", "pypi", "local", "provider"])
    uri: Line | None = None
    revision: Line | None = None


class ModelChange(Body):
    """The fields of a model that may be changed; what is absent or null stays as it is."""

    name: Line | None = None
    version: Annotated[Line, Field(max_length=64)] | None = None
    modality: Modality | None = None
    description: Text | None = None
    capabilities: Capabilities | None = Field(None, description="merged into what is known")
    source: Source | None = None
    licence: Line | None = None
    parameters: JsonObject | None = Field(None, description="a JSON Schema (draft 2020-12) of type object")
    recommended_parameters: JsonObject | None = None
    status: Literal["available", "disabled"] | None = None
    pinned: bool | None = None
    pricing: JsonObject | None = None

    def given(self) -> dict[str, Any]:
        """The fields that say something."""
        return self.model_dump(exclude_none=True)


class ModelCreate(ModelChange):
    """A model to register."""

    id: Line | None = Field(None, description="none: the file's name without its ending, or the name")
    local_path: Annotated[str, StringConstraints(min_length=1, max_length=4096)] | None = Field(
        None, description="a GGUF file or a diffusers pipeline inside a model folder; a relative path begins at one"
    )
    provider: Annotated[Line, Field(max_length=64)] | None = Field(
        None,
        description="who runs it; none: the provider that the id begins with (`provider:name`), else this machine",
    )


class CapabilitiesInfo(BaseModel):
    """What a model can do."""

    max_context_tokens: int | None = None
    input_modalities: list[str] = []
    output_formats: list[str] = []
    streaming: bool = False
    tools: bool = False
    json_schema: bool = False
    embeddings: bool = Field(False, description="it makes vectors or scores, no text")
    hardware_requirements: dict[str, Any] | None = None


class SourceInfo(BaseModel):
    """Where a model comes from."""

    type: str | None = None
    uri: str | None = None
    revision: str | None = None


class Availability(BaseModel):
    """Whether the caller can use it. `locked`: there is no key of its provider; `unknown`: there is the caller's own
    key, and nobody knows yet whether it unlocks this model."""

    access: Literal["available", "locked", "unknown"]
    credits_status: CreditsState | None = Field(None, description="Of its provider's account; null for local models.")


class ModelInfo(BaseModel):
    """A model of the catalog."""

    id: str
    name: str
    version: str | None = Field(description="of files: the quantisation, or the precision of a pipeline's weights")
    modality: Modality
    provider: str
    description: str | None
    capabilities: CapabilitiesInfo
    source: SourceInfo
    size_bytes: int | None
    local_path: str | None = Field(description="shown to admins only")
    licence: str | None
    documentation: str | None
    recommended_parameters: dict[str, Any]
    parameters: dict[str, Any] = Field(description="JSON Schema of the parameters that a request may carry")
    object: Literal["model"] = "model"
    created: int = Field(description="seconds since 1970")
    owned_by: str
    status: ModelStatus
    status_reason: str | None = Field(description="why it is not available")
    job_id: str | None = Field(None, description="the download that brings it")
    runtime_status: RuntimeState | None = Field(description="null for models that a provider runs")
    is_default: bool
    pinned: bool
    availability: Availability
    pricing: dict[str, Any] | None
    created_at: WireTime | None
    last_used_at: WireTime | None

    @classmethod
    def of(
        cls, entry: Entry, *, runtime_status: RuntimeState | None, availability: Availability, is_admin: bool
    ) -> Self:
        """An entry of the catalogue as a caller may see it."""
        return cls(
            id=entry.id,
            name=entry.name,
            version=entry.version,
            modality=entry.modality,
            provider=entry.provider,
            description=entry.description,
            capabilities=CapabilitiesInfo.model_validate(
                {name: value for name, value in entry.capabilities.items() if value is not None}
            ),
            source=SourceInfo.model_validate(entry.source),
            size_bytes=entry.size_bytes,
            local_path=entry.local_path if is_admin else None,
            licence=entry.licence,
            documentation=entry.documentation,
            recommended_parameters=entry.recommended_parameters,
            parameters=entry.parameters,
            created=created_seconds(entry),
            owned_by=entry.provider,
            status=ModelStatus(entry.status),
            status_reason=entry.status_reason,
            job_id=entry.job_id,
            runtime_status=runtime_status,
            is_default=entry.is_default,
            pinned=entry.pinned,
            availability=availability,
            pricing=entry.pricing,
            created_at=entry.created_at,
            last_used_at=entry.last_used_at,
        )


class OpenAIModel(BaseModel):
    """OpenAI's short shape (https://platform.openai.com/docs/api-reference/models/object)."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """An entry in the short shape."""
        return cls(id=entry.id, created=created_seconds(entry), owned_by=entry.provider)


class ModelList(BaseModel):
    """A page of the catalog, twice: in full, and in OpenAI's short shape."""

    models: list[ModelInfo]
    next_cursor: str | None
    object: Literal["list"] = "list"
    data: list[OpenAIModel]


class AnthropicModel(BaseModel):
    """Anthropic's shape (https://docs.anthropic.com/en/api/models-list)."""

    type: Literal["model"] = "model"
    id: str
    display_name: str
    created_at: WireTime

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """An entry in Anthropic's shape; an unknown time is 1970."""
        return cls(
            id=entry.id, display_name=entry.name, created_at=entry.created_at or datetime.fromtimestamp(0, UTC)
        )


class AnthropicModelList(BaseModel):
    """Anthropic's page of models."""

    data: list[AnthropicModel]
    has_more: bool
    first_id: str | None
    last_id: str | None


class RuntimeStatusInfo(BaseModel):
    """Whether a local model is in memory, and what it is doing."""

    model_id: str
    runtime_status: RuntimeState
    queue_depth: int
    pinned: bool
    memory_bytes: int | None
    loaded_at: WireTime | None
    last_used_at: WireTime | None
    last_error: str | None
    device: str | None = Field(description="where it computes: `cpu`, `cuda`, `mps`, …")
    until: WireTime | None = Field(description="when it is unloaded if nobody asks; null while pinned or in use")

    @classmethod
    def of(cls, entry: Entry, status: RuntimeStatus) -> Self:
        """A model's runtime, as its workers report it."""
        return cls(
            model_id=entry.id,
            runtime_status=status.runtime_status,
            queue_depth=status.queue_depth,
            pinned=status.pinned,
            memory_bytes=status.memory_bytes,
            loaded_at=status.loaded_at,
            last_used_at=status.last_used_at or entry.last_used_at,
            last_error=status.last_error,
            device=status.device,
            until=status.until,
        )


class LoadedModelInfo(BaseModel):
    """A model in memory."""

    model_config = ConfigDict(from_attributes=True)

    model_id: str
    loaded_at: WireTime
    last_used_at: WireTime | None
    is_pinned: bool
    memory_bytes: int | None
    is_busy: bool
    active_requests: int
    queue_depth: int
    device: str | None = Field(description="where it computes: `cpu`, `cuda`, `mps`, …")
    until: WireTime | None = Field(description="when it is unloaded if nobody asks; null while pinned or in use")


class LoadedModels(BaseModel):
    """The models in memory."""

    models: list[LoadedModelInfo]

    @classmethod
    def of(cls, loaded: list[LoadedModel]) -> Self:
        """What the workers report."""
        return cls(models=[LoadedModelInfo.model_validate(model) for model in loaded])


class LoadRequest(Body):
    """How to load."""

    wait: bool = Field(False, description="answer only when the model is loaded")
    pin: bool | None = Field(None, description="whether it shall stay in memory; null leaves that as it is")


class UnloadRequest(Body):
    """How to unload."""

    force: bool = Field(False, description="override a pin, and let running requests finish first")


class RuntimeChange(BaseModel):
    """What became of a wish to load or unload."""

    model_id: str
    status: RuntimeState
    message: str


class GenerateGuide(BaseModel):
    """How to ask for a generation."""

    request: dict[str, Any] = Field(description="the JSON Schema of every field of the request, by name")
    examples: list[dict[str, Any]]
    guidance: dict[str, str]


class SchemaInfo(BaseModel):
    """Every parameter that some model takes, and how to ask."""

    version: str
    parameters: dict[str, Any] = Field(description="JSON Schema by name of parameter")
    generate: GenerateGuide


class ModelSchemaInfo(BaseModel):
    """One model's parameters, as the registry stores them."""

    model_id: str
    modality: Modality
    parameters: dict[str, Any] = Field(description="JSON Schema")


def created_seconds(entry: Entry) -> int:
    """When an entry was made, in seconds since 1970; 0 where nobody knows."""
    return int(entry.created_at.timestamp()) if entry.created_at else 0
