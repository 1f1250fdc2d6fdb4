"""Asks a Hugging Face hub, through `huggingface_hub`, without ever waiting for long.

The library waits for answers in the thread that asks: so it is asked in threads of its own, of which there are
few, and what takes too long is left behind there. It is imported by the first one that asks: a gateway that never
does pays neither its 10 MB nor its 0.2 s.

Source of the format: https://huggingface.co/docs/hub/api and `huggingface_hub`'s own `HfApi`.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from threading import Thread
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import structlog

from pluggably.errors import (
    NotFound,
    PermissionDenied,
    PluggablyError,
    ProviderAuthError,
    ProviderError,
    ProviderRateLimited,
    ProviderUnavailable,
    ValidationFailed,
)

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo as HubModel

HubToken = str | Literal[False] | None
"""A token; None: what `HF_TOKEN` or `hf auth login` on this machine say, if anything; False: no token."""

Param = str | int | float | bool | None
"""The library's own type of a parameter."""
THREADS = 4
MOST_BYTES = 32 * 1024 * 1024
"""Of an answer of the hub's API."""
RETRY_AFTER_S = 15.0
_LONGEST_RETRY_S = 3600.0
_LISTED = (
    *("downloads", "gated", "gguf", "lastModified", "library_name", "likes", "pipeline_tag", "safetensors"),
    "tags",
)
"""What the search tells of each model. The sizes of files are not to be had from it."""

Result = TypeVar("Result")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Page:
    """Models of a search. `rest` leads to the next page: what its address has and this one's had not."""

    models: list[HubModel]
    rest: str | None


class Hub:
    """A hub. `endpoint` None: as `HF_ENDPOINT` says, else https://huggingface.co.

    Every method raises `ProviderUnavailable` where the hub is away, takes longer than `timeout_s` seconds in all, or
    answers what is no answer of a hub; `ProviderRateLimited`, `ProviderAuthError` for a token that it refuses.
    """

    def __init__(self, endpoint: str | None, timeout_s: float) -> None:
        self._endpoint = endpoint
        self._timeout_s = timeout_s
        self._threads = asyncio.Semaphore(THREADS)

    async def models(
        self, query: str | None, pipeline_tag: str | None, limit: int, rest: str | None, token: HubToken
    ) -> Page:
        """Models whose ids hold the query's words, most downloaded first; `limit` at most.

        Raises `ValidationFailed` for a `rest` that the hub does not take.
        """
        sent = [("search", query), ("pipeline_tag", pipeline_tag), ("sort", "downloads"), ("limit", str(limit))]
        params: list[tuple[str, Param]] = [(name, value) for name, value in sent if value]
        params += [("expand", name) for name in _LISTED]
        further: list[tuple[str, Param]] = list(parse_qsl(rest or ""))
        params = [(name, value) for name, value in params if name not in dict(further)] + further

        def ask() -> Page:
            listed, following = self._get("/api/models", params, token)
            if not isinstance(listed, list):
                raise _no_hub("a list of models was expected")
            return Page([model for item in listed if (model := _model(item))], _rest(following, params))

        return await self._aside(ask)

    async def model(self, repo: str, revision: str | None, token: HubToken) -> HubModel:
        """What the hub tells of a repository, with its files, their sizes and digests.

        Raises `NotFound` where there is none for this token; `ValidationFailed` for what is no name of one.
        """

        def ask() -> HubModel:
            path = f"/api/models/{_checked(repo)}"
            if revision is not None:
                path += f"/revision/{quote(revision, safe='')}"
            told, _ = self._get(path, [("blobs", "true")], token)
            model = _model(told)
            if model is None:
                raise _no_hub("facts about a model were expected")
            return model

        return await self._aside(ask)

    async def text(self, repo: str, name: str, revision: str | None, limit: int, token: HubToken) -> str | None:
        """A small text file of a repository, at most `limit` bytes of it; None where it has none of this name.

        Raises `PermissionDenied` for a gated repository that the token does not open.
        """

        def ask() -> str | None:
            where = f"/{_checked(repo)}/resolve/{quote(revision or 'main', safe='')}/{quote(name)}"
            try:
                content = self._read(where, [], token, limit, cut=True)[0]
            except NotFound:
                return None
            return content.decode(errors="replace")

        return await self._aside(ask)

    async def page_of(self, repo: str) -> str:
        """The address where people read about a repository."""
        return await self._aside(lambda: f"{self._address()}/{_checked(repo)}")

    def _address(self) -> str:
        from huggingface_hub import constants  # noqa: PLC0415 - see above

        return self._endpoint or constants.ENDPOINT

    def _get(self, path: str, params: list[tuple[str, Param]], token: HubToken) -> tuple[Any, str | None]:
        """What an address of the API says, and the address of the next page."""
        content, following = self._read(path, params, token, MOST_BYTES)
        try:
            told = json.loads(content)
            if b"\\ud" in content.lower():  # half a character, which could be neither stored nor sent on
                told = json.loads(json.dumps(told, ensure_ascii=False).encode(errors="replace"))
            return told, following
        except (ValueError, RecursionError):
            raise _no_hub("the answer is no JSON") from None

    def _read(
        self, path: str, params: list[tuple[str, Param]], token: HubToken, limit: int, *, cut: bool = False
    ) -> tuple[bytes, str | None]:
        from huggingface_hub.errors import OfflineModeIsEnabled  # noqa: PLC0415 - see above
        from huggingface_hub.utils import (  # noqa: PLC0415
            HfHubHTTPError,
            build_hf_headers,
            get_session,
            hf_raise_for_status,
        )

        until = time.monotonic() + self._timeout_s
        headers = build_hf_headers(token=token, library_name="pluggably", library_version=version("pluggably"))
        parts, size = [], 0
        try:
            # The library's own search waits up to 24 s between attempts, and for an answer as long as it takes.
            with get_session().stream(
                "GET", self._address() + path, params=params, headers=headers, timeout=self._timeout_s
            ) as reply:
                if reply.is_error:
                    reply.read()
                hf_raise_for_status(reply)
                for part in reply.iter_bytes():
                    parts.append(part)
                    size += len(part)
                    if size > limit and not cut:
                        raise _no_hub(f"the answer is longer than {limit} bytes")
                    if size > limit or time.monotonic() > until:
                        break
                following = reply.links.get("next", {}).get("url")
        except HfHubHTTPError as error:
            raise _explained(error) from error
        except OfflineModeIsEnabled as error:
            raise ProviderUnavailable("HF_HUB_OFFLINE keeps the hub from being asked.", retry_after=60) from error
        except PluggablyError:
            raise
        except Exception as error:  # whatever its HTTP library raises; which one that is changes with its versions
            raise ProviderUnavailable(
                f"The hub can't be reached ({type(error).__name__}).", retry_after=RETRY_AFTER_S
            ) from error
        if size <= limit and time.monotonic() > until:
            raise _too_slow()
        return b"".join(parts)[:limit], following

    async def _aside(self, work: Callable[[], Result]) -> Result:
        """The result of work in a thread; it is not waited for longer than `timeout_s`, nor at the process's end."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()

        def settle(result: Result | None, error: Exception | None) -> None:
            self._threads.release()
            if future.done():
                return  # nobody waits any more
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]

        def run() -> None:
            result, failure = None, None
            try:
                result = work()
            except Exception as error:
                failure = error
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(settle, result, failure)

        try:
            async with asyncio.timeout(self._timeout_s):
                await self._threads.acquire()
                Thread(target=run, name="hub", daemon=True).start()
                return await future
        except TimeoutError:
            raise _too_slow() from None


def _checked(repo: str) -> str:
    """The name of a repository. Raises `ValidationFailed` for what can be none."""
    from huggingface_hub.errors import HFValidationError  # noqa: PLC0415 - see above
    from huggingface_hub.utils import validate_repo_id  # noqa: PLC0415

    try:
        validate_repo_id(repo)
    except HFValidationError:
        raise ValidationFailed.of("repo", "is no name of a repository; one looks like org/name") from None
    return repo


def _model(told: Any) -> HubModel | None:
    """A model as the library reads it; None for what is none."""
    from huggingface_hub import ModelInfo  # noqa: PLC0415 - see above

    try:
        return ModelInfo(**told)
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        log.warning("hub_model_unreadable", reason=repr(error)[:200])
        return None


def _rest(following: str | None, sent: list[tuple[str, Param]]) -> str | None:
    """Of the next page's address only what it has beyond this one's: what a hub says leads to no other host."""
    if following is None:
        return None
    return urlencode([pair for pair in parse_qsl(urlsplit(following).query) if pair not in sent]) or None


def _no_hub(reason: str) -> ProviderUnavailable:
    return ProviderUnavailable(f"What answers in the hub's place is no hub: {reason}.", retry_after=RETRY_AFTER_S)


def _too_slow() -> ProviderUnavailable:
    return ProviderUnavailable("The hub did not answer in time.", retry_after=RETRY_AFTER_S)


def _explained(error: Any) -> PluggablyError:
    """What a refusal of the hub's means: the status first, then its own code for it."""
    status = error.response.status_code
    code = error.response.headers.get("X-Error-Code")
    asked = error.response.headers.get("Retry-After", "")
    retry_after = min(float(asked), _LONGEST_RETRY_S) if asked.isdecimal() else RETRY_AFTER_S
    if code == "GatedRepo":
        return PermissionDenied("The repository is gated: its licence must be accepted on the hub, with this token.")
    if code in ("RepoNotFound", "RevisionNotFound", "EntryNotFound") or status == 404:
        what = {"RevisionNotFound": "revision", "EntryNotFound": "file"}.get(code or "", "repository")
        return NotFound(f"The hub has no such {what}, or does not show it with this token.", param="repo")
    if status in (401, 403):
        return ProviderAuthError("The hub refuses the token.")
    if status == 429:
        return ProviderRateLimited("The hub has had too many requests from here.", retry_after=retry_after)
    if status >= 500 or status == 408:
        return ProviderUnavailable(f"The hub answers with status {status}.", retry_after=retry_after)
    if status == 400:
        return ValidationFailed.of("query", "is refused by the hub")
    return ProviderError(f"The hub answers with status {status}.")
