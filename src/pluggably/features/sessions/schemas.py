"""Sessions and their messages as the API shows them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from pluggably.contract.modality import Modality
from pluggably.features.artifacts.schemas import ArtifactRead
from pluggably.kit.clock import WireTime, as_utc
from pluggably.tables.sessions import SessionStatus, SessionTable

MAX_TITLE = 200
MAX_SYSTEM_PROMPT = 100_000


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("holds the character U+0000")
    return text


Storable = AfterValidator(_without_nul)
"""PostgreSQL stores every character but one."""
Title = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_TITLE), Storable]


class SessionBody(BaseModel):
    """A session as somebody begins or changes it: what is absent stays as it is, an empty text is none."""

    model_config = ConfigDict(extra="forbid")

    title: Title | None = Field(None, description="Without one, the first prompt makes one.")
    system_prompt: Annotated[str, Storable] | None = Field(
        None, max_length=MAX_SYSTEM_PROMPT, description="Goes before the messages of every text turn."
    )


class RegenerateRequest(BaseModel):
    """Another answer."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    model: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = Field(
        None, description="Who answers this time; none: the model that answered before."
    )
    parameters: dict[str, Any] | None = Field(
        None, description="Instead of those of the earlier answer, which are taken where the model stays the same."
    )
    stream: bool | None = Field(None, description="Answer with server-sent events.")
    background: bool | None = Field(None, description="Answer 202 at once; the result is kept for later.")
    message_id: Annotated[str, StringConstraints(max_length=64)] | None = Field(
        None, description="The answer, or the prompt before it; none: the last answer."
    )
    prompt: str | None = Field(None, description="The prompt in other words: edit and resend.")


class SessionRead(BaseModel):
    """A session."""

    id: str
    status: SessionStatus
    title: str | None
    system_prompt: str | None
    created_at: WireTime
    last_used_at: WireTime
    closed_at: WireTime | None
    message_count: int = Field(description="prompts and answers; earlier answers are not counted")
    state_tokens: dict[str, Any] | None

    @classmethod
    def of(cls, row: SessionTable) -> SessionRead:
        """What its user sees of it."""
        return cls(
            id=row.id,
            status=row.status,
            title=row.title,
            system_prompt=row.system_prompt,
            created_at=as_utc(row.created_at),
            last_used_at=as_utc(row.last_used_at),
            closed_at=None if row.closed_at is None else as_utc(row.closed_at),
            message_count=row.message_count,
            state_tokens=row.state_tokens or None,
        )


class MessageRead(BaseModel):
    """A message of a session."""

    id: str
    role: Literal["system", "developer", "user", "assistant", "tool"]
    modality: Modality = Field(description="of the answer that the message is, or led to")
    content: str | list[dict[str, Any]] | None = Field(
        description="text or content parts, whose images are `artifact:ID`; null for images and meshes that were made"
    )
    images: list[str] | None = Field(description="addresses that show the message's images")
    artifacts: list[ArtifactRead] | None = Field(
        description="what was made, and the images that a prompt brought; addresses are new at every read"
    )
    model: str | None
    provider: str | None
    request_id: str
    parameters: dict[str, Any] | None
    usage: dict[str, Any] | None
    finish_reason: str | None = Field(description="of an answer; `cancelled` or `error` where it was cut off")
    name: str | None = None
    reasoning: str | None = None
    tool_calls: list[dict[str, Any]] | None = None
    tool_call_id: str | None = None
    created_at: WireTime
    alternatives: list[MessageRead] = Field(
        [], description="earlier answers, and what followed them, in the place of which this message is; in order"
    )


class SessionDetail(SessionRead):
    """A session with a page of its messages: the newest first, each page in order."""

    messages: list[MessageRead]
    next_cursor: str | None = Field(description="leads to older messages")


class SessionList(BaseModel):
    """One's own sessions, those used last first."""

    sessions: list[SessionRead]
    next_cursor: str | None
