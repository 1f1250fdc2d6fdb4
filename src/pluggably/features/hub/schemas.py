"""The hub on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, Field

from pluggably.features.hub import reading
from pluggably.kit.clock import WireTime

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo as HubModel


class FoundModel(BaseModel):
    """A model of the hub."""

    id: str = Field(examples=["HuggingFaceTB/SmolLM2-135M-Instruct-GGUF"])
    name: str
    tags: list[str]
    modality_hints: list[str] = Field(description="`text`, `image`, `3d`: what it seems to make; empty: not told")
    downloads: int | None = Field(description="in the last 30 days")
    likes: int | None
    last_modified: WireTime | None
    size_bytes: int | None = Field(
        description="of its weights; of a repository with several GGUF files, of one of them; null: not told"
    )
    gated: bool = Field(description="its files are only for those who have accepted its licence on the hub")
    licence: str | None

    @classmethod
    def of(cls, model: HubModel) -> Self:
        """A model as the hub describes it."""
        return cls(
            id=model.id,
            name=model.id.rpartition("/")[2],
            tags=model.tags or [],
            modality_hints=reading.modality_hints(model),
            downloads=model.downloads,
            likes=model.likes,
            last_modified=model.last_modified,
            size_bytes=reading.size_bytes(model),
            gated=bool(model.gated),
            licence=reading.licence(model),
        )


class FoundModels(BaseModel):
    """A page of a search."""

    results: list[FoundModel]
    next_cursor: str | None


class HubFile(BaseModel):
    """A file of a repository."""

    name: str = Field(description="with its folders")
    size_bytes: int | None
    quantisation: str | None = Field(description="of a GGUF file, as its name says", examples=["Q4_K_M"])
    fits: bool | None = Field(
        description="whether there is room for it on the disk, within the limit, and in the memory for models; of a "
        "split model, for all its parts; null: its size is not told"
    )


class HubFiles(BaseModel):
    """The files of a repository."""

    files: list[HubFile]
