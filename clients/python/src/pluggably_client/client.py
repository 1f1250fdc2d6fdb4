"""The client for ordinary code."""

from __future__ import annotations

import ssl
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import Any, Self, Unpack

import httpx

from pluggably_client import _wire
from pluggably_client._wire import Call, Reply, Timeouts
from pluggably_client.models import (
    FoundModels,
    GenerateOptions,
    GenerateResponse,
    Health,
    HubFile,
    HubFiles,
    Limits,
    LoadedModel,
    LoadedModels,
    MediaFile,
    ModelChange,
    ModelInfo,
    ModelPage,
    ModelStatus,
    Readiness,
    Schema,
    Storage,
    StreamEvent,
    UsageReport,
    UserPage,
    Version,
)


class Pluggably:
    """A Pluggably server. Use it in a `with` block or call `close`.

    `api_key` is an operator key or a user token; in local mode none is needed. `verify` is httpx's: False, or a
    TLS context for a server whose certificate no public authority signed.
    Every call raises `PluggablyAPIError`, `PluggablyConnectionError` or `UnexpectedReply`.
    """

    def __init__(
        self,
        base_url: str = _wire.DEFAULT_URL,
        api_key: str | None = None,
        *,
        timeouts: Timeouts | None = None,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        self.base_url = _wire.address(base_url)
        self._timeouts = timeouts or Timeouts()
        self._http = httpx.Client(
            base_url=self.base_url,
            headers=_wire.headers(api_key),
            timeout=self._timeouts.of(self._timeouts.read),
            verify=verify,
        )
        self.models = Models(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def health(self) -> Health:
        """Whether the server is alive."""
        return self._call(Call("GET", "/health"), Health)

    def ready(self) -> Readiness:
        """Whether the server can serve, and what is missing where it can't."""
        return self._call(Call("GET", "/ready"), Readiness, also=(503,))

    def version(self) -> Version:
        """The server's version."""
        return self._call(Call("GET", "/v1/version"), Version)

    def storage(self) -> Storage:
        """What model files take on the server's disk."""
        return self._call(Call("GET", "/v1/storage"), Storage)

    def usage(
        self,
        *,
        group_by: str = "model",
        since: datetime | None = None,
        until: datetime | None = None,
        everyone: bool | None = None,
    ) -> UsageReport:
        """Requests, tokens and cost by `model`, `day` or (for admins) `user`, of the last 30 days unless said
        otherwise; `everyone`: of all users, for admins."""
        call = _wire.usage(group_by, since, until, everyone)
        return self._call(call, UsageReport)

    def users(self, *, limit: int | None = None, cursor: str | None = None) -> UserPage:
        """All users, newest first; for admins."""
        return self._call(Call("GET", "/v1/users", _wire.query(limit=limit, cursor=cursor)), UserPage)

    def limits(self, user: str | None = None, *, token: str | None = None) -> Limits:
        """The limits of the caller, of one of the caller's tokens, or (for admins) of a user, all by their ids."""
        return self._call(Call("GET", _wire.limits_path(user, token)), Limits)

    def set_limits(self, limits: dict[str, Any], user: str | None = None, *, token: str | None = None) -> Limits:
        """Set the limits of one of the caller's tokens, or (for admins) of a user. What `limits` leaves out is not
        set any more."""
        return self._call(Call("PUT", _wire.limits_path(user, token), body=limits), Limits)

    def schema(self, model: str | None = None) -> Schema:
        """The parameters of one model, or all that are known."""
        return self._call(Call("GET", "/v1/schema", _wire.query(model=model)), Schema)

    def generate(self, prompt: str | None = None, **options: Unpack[GenerateOptions]) -> GenerateResponse:
        """Generate and wait for the whole answer."""
        call = _wire.generate(prompt, options, stream=False)
        return self._call(call, GenerateResponse, read_s=self._timeouts.generate)

    def generate_stream(
        self, prompt: str | None = None, **options: Unpack[GenerateOptions]
    ) -> Generator[StreamEvent, None, None]:
        """Generate, event by event; the last one is `Finished`.

        Closing the generator (`close()`, or leaving `contextlib.closing`) cancels the request.
        """
        call = _wire.generate(prompt, options, stream=True)
        with self._open(call) as reply:
            reader = _wire.StreamReader()
            for chunk in reply.iter_bytes():
                yield from reader.feed(chunk)
                if reader.done:
                    return
            reader.check_end()

    def files(self, response: GenerateResponse) -> list[MediaFile]:
        """The images or the mesh of an answer, wherever they are: inline, or kept by the server."""
        files = _wire.inline_files(response.output)
        for artifact in response.output.artifacts or ():
            call = _wire.artifact(artifact)
            with _wire.connection_errors(self.base_url):
                reply = self._http.get(call.path, timeout=self._timeouts.of(self._timeouts.generate))
            files.append(_wire.read_file(reply))
        return files

    def _call(
        self, call: Call, kind: type[Reply], *, also: tuple[int, ...] = (), read_s: float | None = None
    ) -> Reply:
        with _wire.connection_errors(self.base_url):
            reply = self._http.request(
                call.method,
                call.path,
                params=call.query,
                json=call.body,
                headers=call.headers,
                timeout=self._timeouts.of(read_s or self._timeouts.read),
            )
        return _wire.read(reply, kind, also=also)

    @contextmanager
    def _open(self, call: Call) -> Iterator[httpx.Response]:
        timeout = self._timeouts.of(self._timeouts.idle)
        with (
            _wire.connection_errors(self.base_url),
            self._http.stream(call.method, call.path, json=call.body, headers=call.headers, timeout=timeout) as reply,
        ):
            if not reply.is_success:
                reply.read()
                _wire.read(reply, GenerateResponse)
            yield reply


class Models:
    """The models of a server, as `client.models`."""

    def __init__(self, client: Pluggably) -> None:
        self._call = client._call
        self._load_s = client._timeouts.generate

    def list(
        self,
        *,
        modality: str | None = None,
        provider: str | None = None,
        status: str | None = None,
        q: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> ModelPage:
        """Models that match; all of them without `limit`."""
        found = _wire.query(modality=modality, provider=provider, status=status, q=q, limit=limit, cursor=cursor)
        return self._call(Call("GET", "/v1/models", found), ModelPage)

    def get(self, model_id: str) -> ModelInfo:
        """One model."""
        return self._call(Call("GET", _wire.model_path(model_id)), ModelInfo)

    def search(
        self,
        query: str | None = None,
        *,
        modality: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> FoundModels:
        """Models of the Hugging Face hub, most downloaded first."""
        wanted = _wire.query(query=query, modality=modality, limit=limit, cursor=cursor)
        return self._call(Call("GET", "/v1/models/search", wanted), FoundModels)

    def files(self, repo: str, *, revision: str | None = None) -> Sequence[HubFile]:
        """The files of a repository of the hub."""
        call = Call("GET", _wire.files_path(repo), _wire.query(revision=revision))
        return self._call(call, HubFiles).files

    def loaded(self) -> Sequence[LoadedModel]:
        """The models that are in memory."""
        return self._call(Call("GET", "/v1/models/loaded"), LoadedModels).models

    def status(self, model_id: str) -> ModelStatus:
        """Whether a model is in memory and how busy it is."""
        return self._call(Call("GET", _wire.model_path(model_id, "/status")), ModelStatus)

    def load(self, model_id: str, *, wait: bool = False, pin: bool | None = None) -> ModelChange:
        """Load a model; with `wait` until it is loaded."""
        call = Call("POST", _wire.model_path(model_id, "/load"), body={"wait": wait, "pin": pin})
        return self._call(call, ModelChange, read_s=self._load_s)

    def unload(self, model_id: str, *, force: bool = False) -> ModelChange:
        """Unload a model; `force` overrides a pin and waits for running requests."""
        call = Call("POST", _wire.model_path(model_id, "/unload"), body={"force": force})
        return self._call(call, ModelChange, read_s=self._load_s)

    def delete(self, model_id: str, *, files: bool = False) -> ModelInfo:
        """Remove a model from the registry, with `files` its files too."""
        return self._call(Call("DELETE", _wire.model_path(model_id), _wire.query(files=files or None)), ModelInfo)
