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
    """What model files take on disk, and what there is room for."""

    used_bytes: int = Field(description="all files in the model folders, each once, unfinished downloads too")
    limit_bytes: int | None = Field(
        description="what they may take (`PLUGGABLY_STORAGE__MAX_MODEL_GB`); null: no limit"
    )
    free_bytes: int = Field(description="left on the disk of the folder that takes downloads")
    promised_bytes: int = Field(description="what running downloads will still take")
    room_bytes: int | None = Field(None, description="what a new download may take without anything making room")
    memory_limit_bytes: int | None = Field(
        None, description="what models in memory may take together (`PLUGGABLY_RUNTIME__MAX_MEMORY_MB`)"
    )
    models: list[StoredModel] = Field(description="largest first")
