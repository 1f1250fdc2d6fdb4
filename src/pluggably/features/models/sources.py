"""What a model's source tells about it, and how the registry takes that: never over what somebody wrote."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pluggably.contract.modality import Modality
from pluggably.tables.models import ModelTable

HUB = "huggingface"
"""The type of a source on the hub."""


@dataclass(frozen=True, slots=True)
class Sourced:
    """A model whose source has not told about it yet."""

    model_id: str
    source: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """What a source tells; None: nothing."""

    description: str | None = None
    licence: str | None = None
    documentation: str | None = None
    modality: Modality | None = None
    context_tokens: int | None = None
    chat_template: bool | None = None
    tools: bool | None = None
    """Whether the chat template has a place for tools."""
    recommended: dict[str, Any] = field(default_factory=dict)


def wrote(row: ModelTable, given: dict[str, Any]) -> None:
    """Note which fields somebody wrote. A new source is asked anew."""
    if "source" in given:
        row.enriched_at = None
    if row.written is None:
        return
    names = {name for name in given if name not in ("capabilities", "status", "pinned")}
    names |= {f"capabilities.{name}" for name in given.get("capabilities", {})}
    row.written = sorted({*row.written, *names})


def take(row: ModelTable, told: Told) -> None:
    """Fill in what the row lacks; a description that a file's header made goes, one that somebody wrote stays.

    What a file says of itself stands: its context, its template, its sampling.
    """
    if told.description and (_is_free(row, "description") or not row.description):
        row.description = told.description
    row.licence = row.licence or told.licence
    row.documentation = row.documentation or told.documentation
    learnt = {"max_context_tokens": told.context_tokens, "tools": told.tools if row.file_stamp is None else None}
    known = {name: value for name, value in row.capabilities.items() if value is not None}
    row.capabilities = {**row.capabilities, **{k: v for k, v in learnt.items() if v is not None}, **known}
    if told.chat_template is not None and row.file_stamp is None:
        row.runtime = {**row.runtime, "chat_template": told.chat_template}


def _is_free(row: ModelTable, name: str) -> bool:
    return row.written is not None and name not in row.written
