"""The bodies of requests and replies, typed. Fields that this version does not know are kept, not refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypedDict

from pydantic import BaseModel, ConfigDict, Field


class Body(BaseModel):
    """A part of a reply."""

    model_config = ConfigDict(extra="allow", frozen=True, protected_namespaces=())


class Health(Body):
    """`GET /health`."""

    status: str


class Readiness(Body):
    """`GET /ready`: `checks` says what is there and what is missing."""

    status: str = "not_ready"
    checks: dict[str, Any] = {}


class Version(Body):
    """`GET /v1/version`."""

    version: str


class Capabilities(Body):
    """What a model can do."""

    max_context_tokens: int | None = None
    input_modalities: list[str] = []
    output_formats: list[str] = []
    streaming: bool | None = None
    tools: bool | None = None
    json_schema: bool | None = None
    hardware_requirements: Any = None


class ModelSource(Body):
    """Where a model comes from."""

    type: str | None = None
    uri: str | None = None
    revision: str | None = None


class Availability(Body):
    """Whether the caller may use a model."""

    access: str = "unknown"
    credits_status: Any = None


class ModelInfo(Body):
    """A model of the catalogue. Sizes are bytes; `parameters` is a JSON Schema."""

    id: str
    name: str | None = None
    version: str | None = None
    modality: str | None = None
    provider: str | None = None
    description: str | None = None
    capabilities: Capabilities = Capabilities()
    source: ModelSource | None = None
    size_bytes: int | None = None
    local_path: str | None = None
    licence: str | None = None
    documentation: str | None = None
    recommended_parameters: dict[str, Any] | None = None
    parameters: dict[str, Any] | None = None
    status: str | None = None
    runtime_status: str | None = None
    is_default: bool = False
    pinned: bool = False
    availability: Availability | None = None
    created_at: datetime | None = None
    last_used_at: datetime | None = None


class ModelPage(Body):
    """A page of models; `next_cursor` leads to the next one."""

    models: list[ModelInfo]
    next_cursor: str | None = None


class FoundModel(Body):
    """A model of the Hugging Face hub; sizes in bytes."""

    id: str
    name: str | None = None
    tags: list[str] = []
    modality_hints: list[str] = []
    downloads: int | None = None
    likes: int | None = None
    last_modified: datetime | None = None
    size_bytes: int | None = None
    gated: bool = False
    licence: str | None = None


class FoundModels(Body):
    """A page of a search; `next_cursor` leads to the next one."""

    results: list[FoundModel]
    next_cursor: str | None = None


class HubFile(Body):
    """A file of a repository of the hub. `fits`: whether the server has room for it."""

    name: str
    size_bytes: int | None = None
    quantisation: str | None = None
    fits: bool | None = None


class HubFiles(Body):
    """`GET /v1/models/search/{repo}/files`."""

    files: list[HubFile]


class LoadedModel(Body):
    """A model in memory."""

    model_id: str
    loaded_at: datetime | None = None
    last_used_at: datetime | None = None
    is_pinned: bool = False
    memory_bytes: int | None = None
    is_busy: bool = False
    active_requests: int = 0
    queue_depth: int = 0
    device: str | None = None
    until: datetime | None = None


class LoadedModels(Body):
    """`GET /v1/models/loaded`."""

    models: list[LoadedModel]


class StoredModel(Body):
    """A model with files on the server's machine."""

    id: str
    size_bytes: int | None = None
    local_path: str | None = None
    status: str | None = None
    pinned: bool = False
    last_used_at: datetime | None = None


class Storage(Body):
    """`GET /v1/storage`, in bytes."""

    used_bytes: int
    limit_bytes: int | None = None
    free_bytes: int
    models: list[StoredModel]


class UsageTotals(Body):
    """Sums over requests; no cost where nothing has a known price."""

    requests: int
    errors: int
    cancelled: int
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cached_prompt_tokens: int = 0
    reasoning_tokens: int = 0
    cost_usd: float | None = None


class UsageGroup(UsageTotals):
    """The sums of one model, user or day (of UTC); the other two are None."""

    model: str | None = None
    user: str | None = None
    day: str | None = None

    @property
    def key(self) -> str | None:
        """Whose sums they are; None for requests that reached no model."""
        return self.model or self.user or self.day


class UsageReport(Body):
    """`GET /v1/usage`."""

    group_by: str
    since: datetime
    until: datetime
    usage: list[UsageGroup]
    total: UsageTotals


class User(Body):
    """A user, as admins see it."""

    id: str
    email: str | None = None
    username: str | None = None
    display_name: str | None = None
    role: str | None = None
    disabled: bool = False
    created_at: datetime | None = None


class UserPage(Body):
    """`GET /v1/users`."""

    users: list[User]
    next_cursor: str | None = None


class LimitState(Body):
    """One limit and what is used of it: requests, tokens or US dollars. No limit: None."""

    limit: float | int | None = None
    used: float | int = 0
    reserved: float | int = 0
    remaining: float | int | None = None
    resets_at: datetime | None = None


class Limits(Body):
    """The limits of a user or a token: `own` are those that were set for it, `limits` those that hold, by name."""

    user_id: str | None = None
    token_id: str | None = None
    own: dict[str, Any] = {}
    limits: dict[str, LimitState] = {}


class ModelStatus(Body):
    """`GET /v1/models/{id}/status`."""

    model_id: str
    runtime_status: str
    queue_depth: int = 0
    pinned: bool = False
    memory_bytes: int | None = None
    loaded_at: datetime | None = None
    last_used_at: datetime | None = None
    last_error: Any = None
    device: str | None = None
    until: datetime | None = None


class ModelChange(Body):
    """The answer to load and unload: `status` is `loaded`, `loading` or `unloaded`."""

    model_id: str
    status: str
    message: str | None = None


class Schema(Body):
    """`GET /v1/schema`: of everything, or of one model (then `model_id` and `modality` are set)."""

    parameters: dict[str, Any]
    model_id: str | None = None
    modality: str | None = None
    version: str | None = None
    generate: dict[str, Any] | None = None


class Attempt(Body):
    """A model that was tried before and did not answer; `code` is that of its error."""

    model: str
    provider: str | None = None
    code: str
    message: str
    ms: int


class Selection(Body):
    """Which model served, and why."""

    selected_model: str
    selected_provider: str
    requested: str | None = None
    reason: str | None = None
    fallback_used: bool = False
    fallback_reason: str | None = None
    attempts: list[Attempt] = []


class Artifact(Body):
    """An output that is fetched from `url` while it has not expired."""

    id: str
    type: str
    media_type: str
    url: str
    expires_at: datetime | None = None
    size_bytes: int | None = None
    preview_url: str | None = None


class Output(Body):
    """What was generated: text, or images (data URLs), or a mesh (a data URL), or artifacts."""

    text: str | None = None
    reasoning: str | None = None
    tool_calls: list[dict[str, Any]] | None = None
    images: list[str] | None = None
    mesh: str | None = None
    artifacts: list[Artifact] | None = None
    seed: int | None = None


@dataclass(frozen=True)
class MediaFile:
    """An image or a mesh that was made."""

    media_type: str
    data: bytes


class Usage(Body):
    """Tokens, and what they cost where it is known."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    cached_prompt_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: float | None = None


class Timing(Body):
    """Where the time went, in milliseconds."""

    queue_ms: float | None = None
    load_ms: float | None = None
    first_output_ms: float | None = None
    total_ms: float | None = None


class GenerateResponse(Body):
    """The answer to `POST /v1/generate`."""

    request_id: str
    model: str
    provider: str
    modality: str
    output: Output
    selection: Selection | None = None
    session_id: str | None = None
    state_tokens: dict[str, Any] | None = None
    finish_reason: str | None = None
    usage: Usage | None = None
    timing: Timing | None = None
    warnings: list[Any] = []

    @property
    def text(self) -> str:
        """The generated text; empty where there is none."""
        return self.output.text or ""


class GenerateOptions(TypedDict, total=False):
    """What `generate` takes beside the prompt; what is left out is the server's choice.

    `images` and `mesh` are data URLs, addresses or `artifact:ID`; `parameters` as the model's schema has them;
    `request_id` (8 to 64 of `A-Za-z0-9_-`) names the request.
    """

    messages: list[dict[str, Any]]
    images: list[str]
    mesh: str
    model: str
    provider: str
    modality: Literal["text", "image", "3d"]
    parameters: dict[str, Any]
    system_prompt: str
    session_id: str
    state_tokens: dict[str, Any]
    selection_mode: Literal["auto", "free_only", "commercial_only", "model"]
    fallback: str | list[str]
    request_id: str


class Event(Body):
    """An event of a stream; `number` counts from 1."""

    number: int | None = Field(None, exclude=True)


class Queued(Event):
    """The request waits; position 1 is next, `eta_s` is in seconds."""

    request_id: str
    queue_position: int
    eta_s: float | None = None


class Selected(Event):
    """A model was chosen; again if a fallback changes it."""

    request_id: str
    selection: Selection


class Loading(Event):
    """The model is being loaded."""

    model: str
    progress_pct: float | None = None


class Delta(Event):
    """A piece of the answer."""

    text: str | None = None
    reasoning: str | None = None
    tool_calls: list[dict[str, Any]] | None = None


class Progress(Event):
    """How far an image or a mesh is; `preview` is a data URL."""

    progress_pct: float | None = None
    step: int | None = None
    steps: int | None = None
    preview: str | None = None


class Finished(Event):
    """The whole answer, once, at the end of a stream."""

    response: GenerateResponse


StreamEvent = Queued | Selected | Loading | Delta | Progress | Finished
