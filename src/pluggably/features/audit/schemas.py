"""The audit log as the API shows it."""

from __future__ import annotations

from typing import Any

from pydantic import AliasChoices, BaseModel, Field

from pluggably.kit.clock import WireTime
from pluggably.tables.audit import AuditTable


class AuditEntry(BaseModel):
    """One deed."""

    id: str
    at: WireTime = Field(validation_alias=AliasChoices("at", "created_at"), serialization_alias="at")
    actor_id: str = Field(description="the user who did it")
    actor_kind: str = Field(
        description="how: `operator_key`, `local`, `token`, `session`, `external`, `password`, `invite`, "
        "`registration`, `command_line`"
    )
    actor_token_id: str | None
    address: str | None = Field(description="the IP address that the request came from")
    request_id: str | None
    action: str = Field(examples=["token.revoked"])
    target_type: str
    target_id: str
    details: dict[str, Any]

    @classmethod
    def of(cls, row: AuditTable) -> AuditEntry:
        """The deed in a row."""
        return cls.model_validate(row, from_attributes=True)


class AuditList(BaseModel):
    """What was done, newest first."""

    audit: list[AuditEntry]
    next_cursor: str | None
