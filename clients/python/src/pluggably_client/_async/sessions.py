"""The asynchronous chats: `client.sessions`, and one session at hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, Unpack

from pluggably_client import _operations as ops
from pluggably_client import _wire
from pluggably_client._async.connection import AsyncConnection
from pluggably_client._async.pages import LIMIT, each
from pluggably_client._async.streams import AsyncStream, generation
from pluggably_client.options import TurnOptions

if TYPE_CHECKING:
    from pluggably_client.models import GenerateResponse, MessageRead, SessionDetail, SessionList, SessionRead


class AsyncSessions:
    """Sessions by their ids, as `client.sessions`; `create` and `open` give one to work with."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._send = connection._send

    async def create(self, *, title: str | None = None, system_prompt: str | None = None) -> AsyncSession:
        """Begin a session. Used in a `with` block it is closed at its end."""
        body = {"title": title, "system_prompt": system_prompt}
        info = await self._send(ops.create_session, body=body)
        return AsyncSession(self, info)

    async def open(self, session_id: str) -> AsyncSession:
        """A session that is there already, to go on with."""
        return AsyncSession(self, await self.get(session_id, limit=1))

    async def list(
        self,
        *,
        status: Literal["active", "closed"] | None = None,
        q: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> SessionList:
        """One's own sessions, those used last first; closed ones too unless `status` says otherwise."""
        return await self._send(ops.list_sessions, query={"status": status, "q": q, "limit": limit, "cursor": cursor})

    def iter(
        self, *, status: Literal["active", "closed"] | None = None, q: str | None = None
    ) -> AsyncIterator[SessionRead]:
        """All of them, page by page."""
        return each(
            lambda cursor: self.list(status=status, q=q, limit=LIMIT, cursor=cursor), lambda page: page.sessions
        )

    async def get(self, session_id: str, *, limit: int | None = None, cursor: str | None = None) -> SessionDetail:
        """A session with a page of its messages, the newest first, each page in order."""
        return await self._send(ops.get_session, _of(session_id), query={"limit": limit, "cursor": cursor})

    def messages(self, session_id: str) -> AsyncIterator[MessageRead]:
        """Every message, the newest first."""
        return each(lambda cursor: self.get(session_id, limit=LIMIT, cursor=cursor), lambda page: page.messages[::-1])

    async def update(
        self, session_id: str, *, title: str | None = None, system_prompt: str | None = None
    ) -> SessionRead:
        """Change what is given; an empty text takes it away."""
        body = {"title": title, "system_prompt": system_prompt}
        return await self._send(ops.patch_session, _of(session_id), body=body)

    async def replace(
        self, session_id: str, *, title: str | None = None, system_prompt: str | None = None
    ) -> SessionRead:
        """What `update` does, with PUT."""
        body = {"title": title, "system_prompt": system_prompt}
        return await self._send(ops.put_session, _of(session_id), body=body)

    async def close(self, session_id: str) -> SessionRead:
        """End a session; it can still be read."""
        return await self._send(ops.close_session, _of(session_id))

    async def purge(self, session_id: str) -> None:
        """Erase a session and its messages."""
        await self._send(ops.close_session.answering(), _of(session_id), query={"purge": True})

    async def reset(self, session_id: str) -> SessionRead:
        """Erase a session's messages and state."""
        return await self._send(ops.reset_session, _of(session_id))

    async def export(self, session_id: str, *, format: Literal["json", "markdown"] = "json") -> str:
        """The session as the text of a file: JSON with everything, or Markdown to read."""
        return await self._send(ops.export_session, _of(session_id), query={"format": format})

    async def generate(
        self, session_id: str, prompt: str | None = None, **options: Unpack[TurnOptions]
    ) -> GenerateResponse:
        """The next answer of a session."""
        call = _wire.generate(ops.generate_in_session, prompt, options, _of(session_id))
        return await self._connection._make(call)

    def stream(self, session_id: str, prompt: str | None = None, **options: Unpack[TurnOptions]) -> AsyncStream:
        """The next answer of a session, event by event."""
        call = _wire.generate(ops.generate_in_session, prompt, options, _of(session_id), stream=True)
        return AsyncStream(generation(self._connection, call))

    async def regenerate(
        self,
        session_id: str,
        *,
        message_id: str | None = None,
        prompt: str | None = None,
        model: str | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> GenerateResponse:
        """Another answer in the place of the last one, or of the message with this id; with `prompt` the prompt is
        replaced too. What was there stays in the message's `alternatives`."""
        return await self._connection._make(_regenerate(session_id, message_id, prompt, model, parameters, False))

    def stream_regenerate(
        self,
        session_id: str,
        *,
        message_id: str | None = None,
        prompt: str | None = None,
        model: str | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> AsyncStream:
        """What `regenerate` does, event by event."""
        call = _regenerate(session_id, message_id, prompt, model, parameters, True)
        return AsyncStream(generation(self._connection, call))


class AsyncSession:
    """One session. Leaving its `with` block closes it."""

    def __init__(self, sessions: AsyncSessions, info: SessionRead | SessionDetail) -> None:
        self._sessions = sessions
        self.id = info.id
        self.info = info
        """As the server told of it last: when it was created, updated, reset or closed."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.info.status == "active":
            await self.close()

    async def generate(self, prompt: str | None = None, **options: Unpack[TurnOptions]) -> GenerateResponse:
        """The next answer."""
        return await self._sessions.generate(self.id, prompt, **options)

    def stream(self, prompt: str | None = None, **options: Unpack[TurnOptions]) -> AsyncStream:
        """The next answer, event by event."""
        return self._sessions.stream(self.id, prompt, **options)

    async def regenerate(
        self,
        *,
        message_id: str | None = None,
        prompt: str | None = None,
        model: str | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> GenerateResponse:
        """Another answer in the place of the last one; see `Sessions.regenerate`."""
        return await self._sessions.regenerate(
            self.id, message_id=message_id, prompt=prompt, model=model, parameters=parameters
        )

    async def read(self, *, limit: int | None = None, cursor: str | None = None) -> SessionDetail:
        """The session with a page of its messages."""
        return await self._sessions.get(self.id, limit=limit, cursor=cursor)

    def messages(self) -> AsyncIterator[MessageRead]:
        """Every message, the newest first."""
        return self._sessions.messages(self.id)

    async def update(self, *, title: str | None = None, system_prompt: str | None = None) -> SessionRead:
        """Change what is given; an empty text takes it away."""
        self.info = await self._sessions.update(self.id, title=title, system_prompt=system_prompt)
        return self.info

    async def reset(self) -> SessionRead:
        """Erase the messages and the state."""
        self.info = await self._sessions.reset(self.id)
        return self.info

    async def export(self, *, format: Literal["json", "markdown"] = "json") -> str:
        """The session as the text of a file."""
        return await self._sessions.export(self.id, format=format)

    async def close(self) -> SessionRead:
        """End it; it can still be read."""
        self.info = await self._sessions.close(self.id)
        return self.info

    async def purge(self) -> None:
        """Erase it and its messages."""
        await self._sessions.purge(self.id)
        self.info = self.info.model_copy(update={"status": "closed"})


def _of(session_id: str) -> dict[str, str]:
    return {"session_id": session_id}


def _regenerate(
    session_id: str,
    message_id: str | None,
    prompt: str | None,
    model: str | None,
    parameters: Mapping[str, Any] | None,
    stream: bool,
) -> _wire.Call[GenerateResponse]:
    body = {"message_id": message_id, "prompt": prompt, "model": model, "parameters": parameters, "stream": stream}
    return _wire.call(ops.regenerate, _of(session_id), body=body, long=True)
