"""Storage on the wire."""

from __future__ import annotations

from pydantic import BaseModel, Field

from pluggably.kit.clock import WireTime


class StoredModel(BaseModel):
    """A model with files on this machine."""

    id: str
    size_bytes: int | None = Field(description="of its files; null where they are gone")
    local_path: str | None = Field(description="shown to admins alone")
    status: str
    is_default: bool
    pinned: bool
    last_used_at: WireTime | None


class StorageRead(BaseModel):
    """What model files take on disk."""

    used_bytes: int = Field(description="all files in the model folders, each once, unfinished downloads too")
    limit_bytes: int | None = Field(
        description="what they may take (`PLUGGABLY_STORAGE__MAX_MODEL_GB`); null: no limit"
    )
    free_bytes: int = Field(description="left on the disk of the folder that takes downloads")
    promised_bytes: int = Field(description="what running downloads will still take")
    models: list[StoredModel] = Field(description="largest first")
