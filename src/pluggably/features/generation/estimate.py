"""Tokens where nobody told them: of a request whose answer was cut off before its provider had counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic_core import to_json

from pluggably.contract.text import TextRequest

_CHARACTERS_PER_TOKEN = 4
"""Of English text, about: https://platform.openai.com/tokenizer"""


def prompt_tokens(request: TextRequest) -> int:
    """About how many tokens a prompt has: its messages and tools; images count nothing."""
    characters = sum(len(text) for message in request.messages for text in _texts(message))
    tools = request.parameters.get("tools")
    if tools:
        characters += len(to_json(tools))
    return -(-characters // _CHARACTERS_PER_TOKEN)


def _texts(message: dict[str, Any]) -> Iterator[str]:
    content = message.get("content")
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        yield from (part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str))
    if message.get("tool_calls"):
        yield to_json(message["tool_calls"]).decode()
