"""What a model gets to know of a session: the newest messages that fit its context, each in words that it reads.

Tokens are estimated from the bytes of UTF-8 text, 3.5 to a token: English has four to five letters to a token, other
languages fewer letters, of more bytes. The model itself has the last word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from pluggably.contract.modality import Modality
from pluggably.features.sessions.repository import Said
from pluggably.routing.catalogue import Entry
from pluggably.tables.session_messages import SessionMessageTable

BYTES_PER_TOKEN = 3.5
OVERHEAD_BYTES = 16
"""What the marks around a message take."""
IMAGE_BYTES = 3500
"""What an image counts for: about a thousand tokens."""
UNKNOWN_WINDOW = 32_768
"""Tokens of context of a model whose provider does not say."""
DEFAULT_ANSWER = 1024
"""Tokens that are left for an answer whose length nobody has bounded, at most a quarter of the window."""
MOST_MESSAGES = 2000
"""Of the history that one turn reads."""
MAX_TITLE = 60

_MADE = {Modality.IMAGE: "[an image was made]", Modality.MESH: "[a 3D model was made]"}
_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")


def size_of(content: Any, details: dict[str, Any] | None = None) -> int:
    """How much of a context a message takes, in bytes as they are counted here."""
    return OVERHEAD_BYTES + _bytes(content) + _bytes(None if details is None else details.get("tool_calls"))


def room(entry: Entry, messages: Iterable[dict[str, Any]], max_tokens: Any) -> int:
    """The bytes that are left for the history, beside these messages and the answer."""
    window = entry.capabilities.get("max_context_tokens") or UNKNOWN_WINDOW
    answer = max_tokens if isinstance(max_tokens, int) and max_tokens > 0 else min(DEFAULT_ANSWER, window // 4)
    tokens = window - min(answer, window)
    return int(tokens * BYTES_PER_TOKEN) - sum(size_of(message.get("content"), message) for message in messages)


def as_chat(rows: Sequence[SessionMessageTable | Said], *, images: bool) -> tuple[list[dict[str, Any]], bool]:
    """The history as chat messages, and whether images were left out of it.

    It begins with a prompt: an answer whose question was left out would confuse more than it tells.
    """
    first = next((number for number, row in enumerate(rows) if row.role not in ("assistant", "tool")), len(rows))
    messages, blind = [], False
    for row in rows[first:]:
        content = row.content
        if row.role == "assistant" and row.modality != Modality.TEXT:
            content = _MADE[Modality(row.modality)]
        elif isinstance(content, list) and not images:
            texts = [part for part in content if part.get("type") == "text"]
            blind = blind or len(texts) < len(content)
            content = texts or ""
        message = {"role": row.role, "content": content}
        if row.details:
            message |= {name: value for name, value in row.details.items() if name != "reasoning"}
        messages.append(message)
    return messages, blind


def text_of(content: Any) -> str:
    """The text of a message, without its images."""
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def images_of(content: Any) -> list[str]:
    """The addresses of a message's images."""
    parts = content if isinstance(content, list) else ()
    return [part["image_url"]["url"] for part in parts if part.get("type") == "image_url"]


def title_of(messages: Iterable[dict[str, Any]]) -> str | None:
    """A title from the first thing that a user says in these messages: one line, at most 60 characters."""
    for message in messages:
        if message["role"] == "user":
            line = _SPACE.sub(" ", text_of(message.get("content"))[: 20 * MAX_TITLE]).strip()
            if not line:
                continue
            if len(line) <= MAX_TITLE:
                return line
            cut = line[: MAX_TITLE - 1]
            whole_words = cut.rpartition(" ")[0]
            return (whole_words if len(whole_words) > MAX_TITLE // 2 else cut).rstrip(" ,.;:") + "…"
    return None


def _bytes(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode("utf-8", "surrogatepass"))
    if isinstance(value, dict):
        if value.get("type") == "image_url":
            return IMAGE_BYTES
        return sum(map(_bytes, value.values()))
    if isinstance(value, list):
        return sum(map(_bytes, value))
    return 0 if value is None else 8
