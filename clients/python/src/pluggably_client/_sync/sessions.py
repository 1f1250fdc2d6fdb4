"""Generated from `_async/sessions.py` by `python -m scripts.generate`; not to be edited."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, Unpack

from pluggably_client import _operations as ops
from pluggably_client import _wire
from pluggably_client._sync.connection import Connection
from pluggably_client._sync.pages import LIMIT, each
from pluggably_client._sync.streams import Stream, generation
from pluggably_client.options import TurnOptions

if TYPE_CHECKING:
    from pluggably_client.models import GenerateResponse, MessageRead, SessionDetail, SessionList, SessionRead


class Sessions:
    """Sessions by their ids, as `client.sessions`; `create` and `open` give one to work with."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._send = connection._send

    def create(self, *, title: str | None = None, system_prompt: str | None = None) -> Session:
        """Begin a session. Used in a `with` block it is closed at its end."""
        body = {"title": title, "system_prompt": system_prompt}
        info = self._send(ops.create_session, body=body)
        return Session(self, info)

    def open(self, session_id: str) -> Session:
        """A session that is there already, to go on with."""
        return Session(self, self.get(session_id, limit=1))

    def list(
        self,
        *,
        status: Literal["active", "closed"] | None = None,
        q: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> SessionList:
        """One's own sessions, those used last first; closed ones too unless `status` says otherwise."""
        return self._send(ops.list_sessions, query={"status": status, "q": q, "limit": limit, "cursor": cursor})

    def iter(
        self, *, status: Literal["active", "closed"] | None = None, q: str | None = None
    ) -> Iterator[SessionRead]:
        """All of them, page by page."""
        return each(
            lambda cursor: self.list(status=status, q=q, limit=LIMIT, cursor=cursor), lambda page: page.sessions
        )

    def get(self, session_id: str, *, limit: int | None = None, cursor: str | None = None) -> SessionDetail:
        """A session with a page of its messages, the newest first, each page in order."""
        return self._send(ops.get_session, _of(session_id), query={"limit": limit, "cursor": cursor})

    def messages(self, session_id: str) -> Iterator[MessageRead]:
        """Every message, the newest first."""
        return each(lambda cursor: self.get(session_id, limit=LIMIT, cursor=cursor), lambda page: page.messages[::-1])

    def update(self, session_id: str, *, title: str | None = None, system_prompt: str | None = None) -> SessionRead:
        """Change what is given; an empty text takes it away."""
        body = {"title": title, "system_prompt": system_prompt}
        return self._send(ops.patch_session, _of(session_id), body=body)

    def replace(self, session_id: str, *, title: str | None = None, system_prompt: str | None = None) -> SessionRead:
        """What `update` does, with PUT."""
        body = {"title": title, "system_prompt": system_prompt}
        return self._send(ops.put_session, _of(session_id), body=body)

    def close(self, session_id: str) -> SessionRead:
        """End a session; it can still be read."""
        return self._send(ops.close_session, _of(session_id))

    def purge(self, session_id: str) -> None:
        """Erase a session and its messages."""
        self._send(ops.close_session.answering(), _of(session_id), query={"purge": True})

    def reset(self, session_id: str) -> SessionRead:
        """Erase a session's messages and state."""
        return self._send(ops.reset_session, _of(session_id))

    def export(self, session_id: str, *, format: Literal["json", "markdown"] = "json") -> str:
        """The session as the text of a file: JSON with everything, or Markdown to read."""
        return self._send(ops.export_session, _of(session_id), query={"format": format})

    def generate(
        self, session_id: str, prompt: str | None = None, **options: Unpack[TurnOptions]
    ) -> GenerateResponse:
        """The next answer of a session."""
        call = _wire.generate(ops.generate_in_session, prompt, options, _of(session_id))
        return self._connection._make(call)

    def stream(self, session_id: str, prompt: str | None = None, **options: Unpack[TurnOptions]) -> Stream:
        """The next answer of a session, event by event."""
        call = _wire.generate(ops.generate_in_session, prompt, options, _of(session_id), stream=True)
        return Stream(generation(self._connection, call))

    def regenerate(
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
        return self._connection._make(_regenerate(session_id, message_id, prompt, model, parameters, False))

    def stream_regenerate(
        self,
        session_id: str,
        *,
        message_id: str | None = None,
        prompt: str | None = None,
        model: str | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> Stream:
        """What `regenerate` does, event by event."""
        call = _regenerate(session_id, message_id, prompt, model, parameters, True)
        return Stream(generation(self._connection, call))


class Session:
    """One session. Leaving its `with` block closes it."""

    def __init__(self, sessions: Sessions, info: SessionRead | SessionDetail) -> None:
        self._sessions = sessions
        self.id = info.id
        self.info = info
        """As the server told of it last: when it was created, updated, reset or closed."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.info.status == "active":
            self.close()

    def generate(self, prompt: str | None = None, **options: Unpack[TurnOptions]) -> GenerateResponse:
        """The next answer."""
        return self._sessions.generate(self.id, prompt, **options)

    def stream(self, prompt: str | None = None, **options: Unpack[TurnOptions]) -> Stream:
        """The next answer, event by event."""
        return self._sessions.stream(self.id, prompt, **options)

    def regenerate(
        self,
        *,
        message_id: str | None = None,
        prompt: str | None = None,
        model: str | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> GenerateResponse:
        """Another answer in the place of the last one; see `Sessions.regenerate`."""
        return self._sessions.regenerate(
            self.id, message_id=message_id, prompt=prompt, model=model, parameters=parameters
        )

    def read(self, *, limit: int | None = None, cursor: str | None = None) -> SessionDetail:
        """The session with a page of its messages."""
        return self._sessions.get(self.id, limit=limit, cursor=cursor)

    def messages(self) -> Iterator[MessageRead]:
        """Every message, the newest first."""
        return self._sessions.messages(self.id)

    def update(self, *, title: str | None = None, system_prompt: str | None = None) -> SessionRead:
        """Change what is given; an empty text takes it away."""
        self.info = self._sessions.update(self.id, title=title, system_prompt=system_prompt)
        return self.info

    def reset(self) -> SessionRead:
        """Erase the messages and the state."""
        self.info = self._sessions.reset(self.id)
        return self.info

    def export(self, *, format: Literal["json", "markdown"] = "json") -> str:
        """The session as the text of a file."""
        return self._sessions.export(self.id, format=format)

    def close(self) -> SessionRead:
        """End it; it can still be read."""
        self.info = self._sessions.close(self.id)
        return self.info

    def purge(self) -> None:
        """Erase it and its messages."""
        self._sessions.purge(self.id)
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
