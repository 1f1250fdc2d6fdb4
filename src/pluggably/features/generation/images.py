"""The images of a request: each is checked, and what lies elsewhere is brought here before a model is asked.

Neither a model nor a provider gets an address. The local engine would fetch whatever it is given; so would a server
in the operator's own network that speaks OpenAI's format, redirects included. What they get is a data URL.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any
from weakref import WeakValueDictionary

from pluggably.contract.modality import Modality
from pluggably.errors import BlockedURL, InvalidImage, UnsupportedFeature
from pluggably.features.artifacts.service import ArtifactService
from pluggably.features.generation.schemas import MAX_IMAGES
from pluggably.kit.fetch import AddressRefused, Fetcher, FetchFailed, parse_url
from pluggably.kit.images import MAX_BYTES, MAX_PIXELS, Image, read_data_url, read_image
from pluggably.routing.catalogue import LOCAL, Catalogue, Entry

MAX_BYTES_TOGETHER = 32 * 2**20
"""Of the images that one request has brought, beside those in its own body."""

_AT_ONCE = 4
"""Images of one request that are on their way together."""
_AT_ONCE_OF_A_USER = 16
"""Of all requests of one user: a quarter of what the fetcher has room for, so that nobody keeps others waiting."""

_MOST_NAMED = 5
_PARAM = "input.images"
_ACCEPT = "image/png, image/jpeg, image/webp, image/gif"
_ARTIFACT = "artifact:"


def image_urls(messages: list[dict[str, Any]]) -> list[str]:
    """The addresses of all images in chat messages."""
    return [url for part in _parts(messages) if (url := _url(part)) is not None]


class ImageInputs:
    """Checks and brings images. Built once."""

    def __init__(self, fetcher: Fetcher, artifacts: ArtifactService, catalogue: Catalogue) -> None:
        self._fetcher = fetcher
        self._artifacts = artifacts
        self._catalogue = catalogue
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def checked(
        self,
        entry: Entry,
        messages: list[dict[str, Any]],
        user_id: str,
        brought: dict[str, bytes] | None = None,
    ) -> list[dict[str, Any]]:
        """The messages as the model gets them: every image a data URL. Raises unless it takes all that is in them.

        http(s) addresses are fetched, several at a time; `artifact:ID` is one of this user's own. What a local model
        or a maker of images gets is decoded once and is PNG, JPEG or GIF; what callers send inline to a remote chat
        passes as it is, for its provider to judge. `brought` keeps what was brought for the next model that is asked
        with the same messages, so that a fallback fetches nothing again.

        Raises `UnsupportedFeature`, `InvalidImage`, `BlockedURL`, `ArtifactNotFound`, `ArtifactExpired`, `NotReady`.
        """
        parts = list(_parts(messages))
        if not parts:
            return messages
        urls = [url for part in parts if (url := _url(part)) is not None]
        if urls and not entry.takes_images:
            raise self._blind(entry)
        looks_at_all = entry.provider == LOCAL or entry.modality is not Modality.TEXT
        for part in parts:
            _check_part(entry, part, text_and_images_alone=looks_at_all)
        for url in urls:
            _check_address(url)
        elsewhere = [url for url in urls if not _is_inline(url)]
        if len(urls if looks_at_all else elsewhere) > MAX_IMAGES:
            raise InvalidImage(
                f"A request has at most {MAX_IMAGES} images{'' if looks_at_all else ' by address'}.", param=_PARAM
            )
        brought = {} if brought is None else brought
        missing = [url for url in dict.fromkeys(elsewhere) if url not in brought]
        if missing:
            brought |= await self._bring(missing, user_id)
        if not looks_at_all and not brought:
            return messages
        reader = _Reader(brought, local=entry.provider == LOCAL, looks_at_all=looks_at_all)
        return [await reader.message(message) for message in messages]

    async def _bring(self, urls: Iterable[str], user_id: str) -> dict[str, bytes]:
        """What is at each address. The first failure ends the others."""
        at_once, left = asyncio.Semaphore(_AT_ONCE), MAX_BYTES_TOGETHER
        turns = self._turns.setdefault(user_id, asyncio.Semaphore(_AT_ONCE_OF_A_USER))

        async def bring(url: str) -> bytes:
            nonlocal left
            async with at_once, turns:
                data = await self._content(url, user_id)
            left -= len(data)
            if left < 0:
                raise InvalidImage(
                    f"The images are together larger than {MAX_BYTES_TOGETHER // 2**20} MiB.", param=_PARAM
                )
            return data

        try:
            async with asyncio.TaskGroup() as group:
                tasks = {url: group.create_task(bring(url)) for url in urls}
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None
        return {url: task.result() for url, task in tasks.items()}

    async def _content(self, url: str, user_id: str) -> bytes:
        if _scheme(url) == "artifact":
            artifact_id = url[len(_ARTIFACT) :]
            return await self._artifacts.image(user_id, artifact_id, max_bytes=MAX_BYTES, param=_PARAM)
        try:
            return await self._fetcher.fetch(url, max_bytes=MAX_BYTES, accept=_ACCEPT)
        except AddressRefused as refused:
            raise _blocked(refused) from refused
        except FetchFailed as failed:
            details = None if failed.status is None else {"status": failed.status}
            raise InvalidImage(
                f"The image could not be downloaded: {failed}.", param=_PARAM, details=details
            ) from failed

    def _blind(self, entry: Entry) -> UnsupportedFeature:
        """The error for a model without eyes, with those of its kind that have some."""
        seeing = [
            other.id
            for other in self._catalogue.entries()
            if other.takes_images and other.modality is entry.modality and other.status == "available"
        ]
        message = f"{entry.id} takes no images."
        if seeing:
            more = f" and {len(seeing) - _MOST_NAMED} more" if len(seeing) > _MOST_NAMED else ""
            message += f" These do: {', '.join(seeing[:_MOST_NAMED])}{more}; or leave the choice to `auto`."
        else:
            message += f" No model for {entry.modality.value} that is available here does."
        return UnsupportedFeature(message, param=_PARAM, details={"suggestions": seeing[:_MOST_NAMED]})


class _Reader:
    """Puts checked images into messages; together they have at most `MAX_PIXELS`."""

    def __init__(self, brought: dict[str, bytes], *, local: bool, looks_at_all: bool) -> None:
        self._brought = brought
        self._local = local
        self._looks_at_all = looks_at_all
        self._pixels = MAX_PIXELS
        self._read: dict[str, Image] = {}

    async def message(self, message: dict[str, Any]) -> dict[str, Any]:
        content = message.get("content")
        if not isinstance(content, list):
            return message
        return {**message, "content": [await self._part(part) for part in content]}

    async def _part(self, part: Any) -> Any:
        url = _url(part)
        if url is None or not (self._looks_at_all or url in self._brought):
            return part
        image = self._read.get(url)
        if image is None or image.pixels > self._pixels:
            image = self._read[url] = await self._image(url)
        self._pixels -= image.pixels
        told = {"type": "image_url", "image_url": {"url": image.url}}
        given = part["image_url"]
        return (
            told if self._local or not isinstance(given, dict) else {**part, "image_url": {**given, "url": image.url}}
        )

    async def _image(self, url: str) -> Image:
        data = self._brought.get(url)
        if data is None:
            return await read_data_url(url, param=_PARAM, max_pixels=self._pixels)
        # Not every local engine reads WebP, every provider does.
        return await read_image(data, param=_PARAM, max_pixels=self._pixels, webp_as_png=self._local)


def _parts(messages: list[dict[str, Any]]) -> Iterator[Any]:
    for message in messages:
        content = message.get("content")
        if isinstance(content, list):
            yield from content


def _url(part: Any) -> str | None:
    """The address of the image in a part of a message."""
    image = part.get("image_url") if isinstance(part, dict) else None
    url = image.get("url") if isinstance(image, dict) else image
    return url if isinstance(url, str) else None


def _check_part(entry: Entry, part: Any, *, text_and_images_alone: bool) -> None:
    """Raise for what the model does not take, and for addresses that somebody else would fetch."""
    kind = part.get("type") if isinstance(part, dict) else None
    if text_and_images_alone:
        if kind not in ("text", "image_url") or (kind == "text" and "image_url" in part):
            raise UnsupportedFeature(
                f"{entry.id} takes parts of the type `text` or `image_url`, not `{str(kind)[:32]}`.", param="messages"
            )
        if kind == "image_url" and _url(part) is None:
            raise InvalidImage("The part has no image: `image_url` is an object with a `url`.", param=_PARAM)
    elif isinstance(part, dict):
        for name, value in part.items():
            if name != "image_url" and any(map(_is_address, _addresses(name, value))):
                raise UnsupportedFeature(
                    f"Addresses are fetched for images alone: send the content of `{name[:32]}` itself.",
                    param="messages",
                )


def _addresses(name: str, value: Any) -> Iterator[Any]:
    """Where vendors' parts other than images hold an address: `video_url`, `audio_url`, `file`, `input_video` …"""
    if name.endswith("_url"):
        yield value
    if isinstance(value, dict):
        for inner in ("url", "data", "file_url", "file_data"):
            yield value.get(inner)


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and ":" in value[:64] and not _is_inline(value)


def _is_inline(url: str) -> bool:
    return _scheme(url) == "data"


def _scheme(url: str) -> str:
    return url[:64].partition(":")[0].lower()


def _check_address(url: str) -> None:
    scheme = _scheme(url)
    if scheme == "data":
        if url[:11].lower() != "data:image/":
            raise InvalidImage("A data URL of an image begins with `data:image/`.", param=_PARAM)
    elif scheme in ("http", "https"):
        try:
            parse_url(url)
        except AddressRefused as refused:
            raise _blocked(refused) from refused
    elif scheme != "artifact":
        raise BlockedURL(f"Addresses of the kind `{scheme[:16]}:` are not fetched.", param=_PARAM)


def _blocked(refused: AddressRefused) -> BlockedURL:
    return BlockedURL(f"The image is not fetched: {refused}.", param=_PARAM)
