"""A session as a file to take away: JSON, or Markdown to read. Written page by page, however long it is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import AsyncGenerator
from typing import Literal

from pluggably.features.sessions import context
from pluggably.features.sessions.schemas import MessageRead, SessionDetail, SessionRead
from pluggably.features.sessions.service import SessionService

ExportFormat = Literal["json", "markdown"]
MEDIA_TYPES: dict[ExportFormat, str] = {"json": "application/json", "markdown": "text/markdown; charset=utf-8"}
_ENDINGS: dict[ExportFormat, str] = {"json": "json", "markdown": "md"}
_PAGE = 200
_NO_NAME = re.compile(r"[^A-Za-z0-9]+")
_WHO = {"user": "User", "assistant": "Assistant", "system": "System", "developer": "System", "tool": "Tool"}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|!])")


def filename(session: SessionRead, format: ExportFormat) -> str:
    """A name of ASCII letters, digits and `-` alone, made from the title."""
    plain = unicodedata.normalize("NFKD", session.title or "").encode("ascii", "ignore").decode()
    return f"{_NO_NAME.sub('-', plain)[:60].strip('-').lower() or session.id}.{_ENDINGS[format]}"


async def pages(service: SessionService, user_id: str, session_id: str) -> AsyncGenerator[list[MessageRead], None]:
    """The whole history in order. Between two pages no transaction is open: the client may read slowly."""
    above: int | None = -1
    while above is not None:
        messages, above = await service.after(user_id, session_id, above=above, limit=_PAGE)
        yield list(messages)


async def as_json(service: SessionService, user_id: str, session: SessionDetail) -> AsyncGenerator[str, None]:
    """`SessionDetail` with all messages."""
    head = SessionRead.model_validate(session.model_dump()).model_dump_json()
    yield head[:-1] + ',"messages":['
    separator = ""
    async for messages in pages(service, user_id, session.id):
        for message in messages:
            yield separator + message.model_dump_json()
            separator = ","
    yield '],"next_cursor":null}\n'


async def as_markdown(service: SessionService, user_id: str, session: SessionDetail) -> AsyncGenerator[str, None]:
    """A heading for each message; what was said stands as it was."""
    yield f"# {_plain(session.title or 'Session')}\n"
    if session.system_prompt:
        yield f"\n## System\n\n{session.system_prompt}\n"
    async for messages in pages(service, user_id, session.id):
        for message in messages:
            by = f" ({_plain(message.model)})" if message.model else ""
            yield f"\n## {_WHO[message.role]}{by}\n\n*{message.created_at:%Y-%m-%d %H:%M:%S} UTC*\n"
            said = context.text_of(message.content)
            if said:
                yield f"\n{said}\n"
            for url in message.images or ():
                yield f"\n![image]({url})\n" if not url.startswith("data:") else "\n(an image)\n"
            for artifact in message.artifacts or ():
                if artifact.type == "mesh":
                    yield f"\n[3D model]({artifact.url})\n"


def _plain(text: str) -> str:
    """Text in one line that means nothing to Markdown."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
