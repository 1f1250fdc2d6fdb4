"""Finds models in the model folders, reads what their files say of themselves, and tells the registry.

A model is a GGUF file, or a folder with a diffusers pipeline, whose files are then no models of their own. A file's
id is its name without `.gguf`, without the part number where a model is split; a folder's is its name, or `org/name`
in Hugging Face's cache. Where that id is taken, by an entry that somebody made or by another file, it is the path
within the model folder; where that is taken too, the name with a digest of the path. An entry keeps its id as long
as its files stay.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import structlog

from pluggably.contract.modality import Modality
from pluggably.features.models import pipelines
from pluggably.features.models.gguf import Header, read_header
from pluggably.features.models.model_file import DamagedModelFile
from pluggably.features.models.pipeline_families import Family
from pluggably.features.models.weights import RefusedWeights, check_weights
from pluggably.runtimes._diffusion_parameters import image_facts
from pluggably.runtimes._mesh_parameters import mesh_parameters

MAX_DEPTH = 8
MAX_ENTRIES = 50_000
"""Files and folders looked at in one scan."""
FIRST_SCAN_S = 2.0
"""How long a start waits for the first scan; a slower one goes on beside the running server."""

_READER = 2  # raise it when headers are understood differently: every file is read again
_ENDING = ".gguf"
_PART = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<total>\d{5})")
_QUANTISATION = re.compile(
    r"(?<![a-z0-9])(?:ud-)?((?:iq|tq|q)\d(?:_(?:k|\d|xxs|xs|s|m|l|xl|nl))*|bf16|f16|f32|mxfp4(?:_moe)?)(?![a-z0-9])",
    re.I,
)
_NO_NAME = frozenset({"", "mmproj", "model", "gguf", "vision", "imat", "i1"})

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model's files as they lie in a folder; nothing of them has been read."""

    path: Path
    """Of the file, of the first part, or of a pipeline's folder."""
    stem: str
    relative: str
    """The stem with the folders between it and the model folder."""
    parts: tuple[Path, ...]
    size: int
    """Bytes of all parts."""
    stamp: str
    """Changes whenever a part is written."""
    missing: str | None = None
    """Which part is not there."""
    projector: Path | None = None
    """The file beside it through which the model reads images."""
    pipeline: bool = False
    """Whether it is a folder with a diffusers pipeline; `parts` are then all its files."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a model's files say. `problem` is why they can't be used."""

    size_bytes: int
    modality: Modality = Modality.TEXT
    version: str | None = None
    description: str | None = None
    capabilities: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, Any] | None = None
    """The JSON Schema of its parameters; None: that of all such models."""
    runtime: dict[str, Any] = field(default_factory=dict)
    recommended_parameters: dict[str, Any] = field(default_factory=dict)
    licence: str | None = None
    documentation: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file that an entry of the registry rests on."""

    model_id: str
    path: str
    stamp: str | None
    stays: bool
    """Whether the entry is kept when its file is gone."""


class FileRegistry(Protocol):
    """What discovery needs of the registry."""

    def known_files(self) -> list[KnownFile]:
        """The files of all entries, removed ones included."""

    async def settle(self, changed: list[tuple[ModelFile, Facts]], gone: list[str]) -> None:
        """Take what a scan found: new and changed files, and the ids of entries whose file is gone."""


class Headers:
    """Headers that were read, so that an unchanged file is not read twice."""

    def __init__(self) -> None:
        self._read: dict[Path, tuple[str, Header | DamagedModelFile]] = {}

    def of(self, path: Path) -> Header:
        """The header of a file. Raises `DamagedModelFile`."""
        try:
            stamp = _stamp(os.stat(path))
        except OSError as error:
            raise DamagedModelFile(f"can't be read: {error.strerror}") from error
        known = self._read.get(path)
        if known is None or known[0] != stamp:
            try:
                known = (stamp, read_header(path))
            except DamagedModelFile as damage:
                known = (stamp, _why(path, damage))
            self._read[path] = known
        if isinstance(known[1], DamagedModelFile):
            raise DamagedModelFile(str(known[1]))
        return known[1]

    def keep_only(self, paths: Iterable[Path]) -> None:
        """Forget files that are gone."""
        there = set(paths)
        self._read = {path: read for path, read in self._read.items() if path in there}


class Discovery:
    """Scans the model folders at the start and then at intervals."""

    def __init__(self, registry: FileRegistry, folders: list[Path], interval_s: float) -> None:
        self._registry = registry
        self._folders = folders
        self._interval_s = interval_s
        self._headers = Headers()
        self._unreadable: dict[Path, str] = {}
        self._scanning = asyncio.Lock()
        self._first = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def scanned(self) -> bool:
        """Whether the first scan has ended."""
        return self._first.is_set()

    async def start(self) -> None:
        """Begin; return after the first scan, or after `FIRST_SCAN_S` where that takes longer."""
        self._task = asyncio.create_task(self._run(), name="discovery")
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_SCAN_S):
                await self._first.wait()

    async def stop(self) -> None:
        """End; a scan that is under way is given up."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def scan(self) -> None:
        """Look once, and bring the registry up to date."""
        async with self._scanning:
            known = self._registry.known_files()
            changed, gone = await asyncio.to_thread(self._compare, known)
            if changed or gone:
                await self._registry.settle(changed, gone)

    async def _run(self) -> None:
        while True:
            try:
                await self.scan()
            except Exception:
                _log.exception("model_scan_failed")
            self._first.set()
            await asyncio.sleep(self._interval_s)

    def _compare(self, known: list[KnownFile]) -> tuple[list[tuple[ModelFile, Facts]], list[str]]:
        files, unreadable = look(self._folders)
        self._warn(unreadable)
        self._headers.keep_only(
            [
                *(part for file in files if not file.pipeline for part in file.parts),
                *(Path(entry.path) for entry in known),
            ]
        )
        files = self._with_projectors(files, {entry.path for entry in known})
        by_path = {str(file.path): file for file in files}
        for entry in known:
            if entry.stays and entry.path not in by_path:  # of another ending, or deeper than a scan looks
                file = look_at(Path(entry.path), self._folders, self._headers)
                if file is not None:
                    by_path[entry.path] = file
        stamps: dict[str, set[str | None]] = {}
        for entry in known:
            stamps.setdefault(entry.path, set()).add(entry.stamp)
        changed = [
            (file, describe(file, self._headers))
            for path, file in by_path.items()
            if stamps.get(path) != {file.stamp}
        ]
        gone = [
            entry.model_id
            for entry in known
            if entry.path not in by_path
            and not (entry.stays and entry.stamp is None)
            and not any(Path(entry.path).is_relative_to(folder) for folder in unreadable)
        ]
        return changed, gone

    def _warn(self, unreadable: dict[Path, str]) -> None:
        for folder, reason in unreadable.items():
            if self._unreadable.get(folder) != reason:
                _log.warning("model_folder_unreadable", folder=str(folder), reason=reason)
        self._unreadable = unreadable

    def _with_projectors(self, files: list[ModelFile], known: set[str]) -> list[ModelFile]:
        """Take projectors out of the list and put each beside the models that it belongs to."""
        projectors: dict[Path, list[ModelFile]] = {}
        models: list[ModelFile] = []
        folders: list[ModelFile] = []
        for file in files:
            if file.pipeline:
                folders.append(file)
            elif (str(file.path) not in known or "mmproj" in file.stem.lower()) and _is_projector(
                file, self._headers
            ):
                projectors.setdefault(file.path.parent, []).append(file)
            else:
                models.append(file)
        return [*_paired(models, projectors, self._headers), *folders]


def look(folders: Iterable[Path]) -> tuple[list[ModelFile], dict[Path, str]]:
    """All model files, and the folders that could not be read, with the reason. Blocks.

    Hidden files and folders and names with control characters are passed over; a folder or a file that several
    links lead to is seen once.
    """
    files: list[ModelFile] = []
    unreadable: dict[Path, str] = {}
    seen: set[tuple[int, int]] = set()
    left = MAX_ENTRIES
    waiting = [(Path(os.path.realpath(folder)), "", 0) for folder in folders][::-1]
    while waiting:
        path, relative, depth = waiting.pop()
        try:
            status = os.stat(path)
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            names = sorted(os.listdir(path))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            unreadable[path] = error.strerror or "can't be read"
            continue
        left -= len(names)
        if left < 0:
            reason = f"the model folders hold more than {MAX_ENTRIES} files"
            return files, unreadable | dict.fromkeys((path, *(other for other, _, _ in waiting)), reason)
        if pipelines.INDEX in names:
            files.append(_pipeline_at(path, relative.rstrip("/")))
            left -= len(files[-1].parts)
            continue
        files += _files_in(path, relative, names, seen)
        if depth < MAX_DEPTH:
            waiting += [
                (Path(os.path.realpath(path / name)), f"{relative}{name}/", depth + 1)
                for name in reversed(names)
                if not name.startswith(".") and name.isprintable() and os.path.isdir(path / name)
            ]
    return files, unreadable


def look_at(path: Path, folders: Iterable[Path], headers: Headers) -> ModelFile | None:
    """The model at this path with its other parts and its projector; None if there is no such file. Blocks."""
    path = canonical(path)
    try:
        names = sorted(os.listdir(path.parent))
        status = os.stat(path)
        folder = Path(os.path.realpath(path))
        is_pipeline = stat.S_ISDIR(status.st_mode) and pipelines.INDEX in os.listdir(folder)
    except (OSError, ValueError):
        return None
    roots = [Path(os.path.realpath(folder)) for folder in folders]
    root = next((root for root in roots if path.is_relative_to(root)), path.parent)
    if is_pipeline:
        within = folder.is_relative_to(root) and folder != root
        return _pipeline_at(folder, folder.relative_to(root).as_posix() if within else path.name)
    if not stat.S_ISREG(status.st_mode):
        return None
    relative = path.parent.relative_to(root).as_posix()
    beside = _files_in(path.parent, "" if relative == "." else f"{relative}/", names, set())
    if not any(path in file.parts for file in beside):
        stamp = _digest([(path.name, _stamp(status))])
        beside.append(ModelFile(path, path.name, path.name, (path,), status.st_size, stamp))
    projectors = [file for file in beside if path not in file.parts and _is_projector(file, headers)]
    models = [file for file in beside if file not in projectors]
    return next(file for file in _paired(models, {path.parent: projectors}, headers) if path in file.parts)


def canonical(path: Path) -> Path:
    """The path with its folders' links resolved; a link's own name stays, for it says what the file is."""
    return Path(os.path.realpath(path.parent)) / path.name


def quantisation_in_name(stem: str) -> str | None:
    """What a GGUF file's name, without its ending, says of its quantisation: `Q4_K_M`."""
    named = _QUANTISATION.search(stem)
    return named.group(1).upper()[:64] if named else None


def describe(file: ModelFile, headers: Headers) -> Facts:
    """Read a model's files. Blocks, never raises."""
    if file.pipeline:
        return describe_pipeline(file)
    version = quantisation_in_name(file.stem)
    try:
        if file.missing:
            raise DamagedModelFile(file.missing)
        found = [headers.of(part) for part in file.parts]
    except DamagedModelFile as damage:
        return Facts(size_bytes=file.size, version=version, problem=f"The file {damage}.")
    head = found[0]
    version = head.file_type or version or head.tensor_type
    parameters = sum(header.parameter_count for header in found)
    return Facts(
        size_bytes=file.size,
        version=version,
        description=head.description or _summary(head, parameters, version),
        capabilities=_capabilities(head, file),
        runtime={
            "format": "gguf",
            "kind": head.kind,
            "architecture": head.architecture,
            "parameter_count": parameters,
            "quantisation": version,
            "context_length": head.context_length,
            "kv_bytes_per_token": head.kv_bytes_per_token,
            "chat_template": head.has_chat_template,
            "pooling": head.pooling,
            "projector": str(file.projector) if file.projector else None,
            "author": head.author,
        },
        recommended_parameters=dict(head.sampling),
        licence=head.licence[:255] if head.licence else None,
        documentation=head.url,
        problem=_problem(head, sum(header.tensor_count for header in found)),
    )


def describe_pipeline(file: ModelFile) -> Facts:
    """Read a pipeline's folder. Blocks, never raises."""
    if file.missing:
        return Facts(size_bytes=file.size, problem=f"The folder {file.missing}.")
    found = pipelines.read_pipeline(file.path)
    family = found.family
    if family is None:
        return Facts(size_bytes=file.size, modality=Modality.IMAGE, problem=found.problem)
    inputs, recommended, made_for = list(family.inputs), {}, ""
    if family.modality is Modality.IMAGE:
        engine, formats = "diffusion", ["png", "jpeg", "webp"]
        facts = image_facts(file.path)
        parameters = facts.parameters()
        made_for = f", made for {facts.default_side}x{facts.default_side} pixels"
        if facts.takes_images:
            inputs.append("image")
        if facts.default_guidance is not None:
            recommended["guidance"] = facts.default_guidance
    else:
        engine, formats = "mesh", ["glb", "obj", "stl", "ply"]
        parameters = mesh_parameters(takes_text="text" in inputs, takes_images="image" in inputs)
    return Facts(
        size_bytes=found.size_bytes or file.size,
        modality=family.modality,
        version=found.precision,
        description=_pipeline_summary(found, family, made_for),
        capabilities={
            "max_context_tokens": None,
            "input_modalities": inputs,
            "output_formats": formats,
            "streaming": True,
            "tools": False,
            "json_schema": False,
            "hardware_requirements": {"memory_bytes": found.size_bytes, "gpu_required": False},
        },
        parameters=parameters,
        recommended_parameters=recommended,
        runtime={
            "engine": engine,
            "format": "diffusers",
            "pipeline": found.pipeline,
            "parameter_count": found.parameter_count,
            "variant": found.variant,
            "precision": found.precision,
            "diffusers_version": found.maker,
        },
        problem=found.problem,
    )


def _pipeline_summary(found: pipelines.Pipeline, family: Family, made_for: str) -> str:
    if not found.parameter_count:
        return f"{family.title} ({found.pipeline})."
    precision = f", {found.precision}" if found.precision else ""
    return f"{family.title}: {_count(found.parameter_count)} parameters{precision}{made_for} ({found.pipeline})."


def _capabilities(head: Header, file: ModelFile) -> dict[str, Any]:
    answers = head.kind == "text"
    return {
        "max_context_tokens": head.context_length,
        "input_modalities": ["text", "image"] if file.projector else ["text"],
        "output_formats": ["text", "json"] if answers else ["embedding" if head.kind == "embedding" else "score"],
        "streaming": answers,
        "tools": answers and head.has_chat_template,
        "json_schema": answers,
        "embeddings": not answers,
        "hardware_requirements": {"memory_bytes": file.size, "gpu_required": False},
    }


def _problem(head: Header, tensors: int) -> str | None:
    if head.kind not in ("text", "embedding", "rerank"):
        return f"The file holds no model of its own but: {head.kind}."
    if not head.has_tokenizer and head.context_length is None:
        return f"The file holds no language model (architecture {head.architecture})."
    return None if tensors else "The file holds no weights."


def _summary(head: Header, parameters: int, version: str | None) -> str:
    context = f", {head.context_length} tokens of context" if head.context_length else ""
    return f"{head.name or head.architecture}: {_count(parameters)} parameters, {version}{context}."


def _count(parameters: int) -> str:
    return f"{parameters / 1e9:.1f} billion" if parameters >= 1e9 else f"{parameters / 1e6:.0f} million"


def _pipeline_at(folder: Path, relative: str) -> ModelFile:
    """A pipeline's folder; `relative` is its path within the model folder, empty for the model folder itself."""
    found = pipelines.files_of(folder)
    return ModelFile(
        path=folder,
        stem=pipelines.hub_name(folder) or relative.rpartition("/")[2] or folder.name,
        relative=relative or folder.name,
        parts=tuple(path for _, path, _ in found),
        size=sum(status.st_size for _, _, status in found),
        stamp=_digest((name, _stamp(status)) for name, _, status in found),
        missing=f"holds more than {pipelines.MAX_FILES} files" if len(found) >= pipelines.MAX_FILES else None,
        pipeline=True,
    )


def _files_in(folder: Path, relative: str, names: list[str], seen: set[tuple[int, int]]) -> list[ModelFile]:
    single: list[ModelFile] = []
    split: dict[tuple[str, int], dict[int, tuple[Path, os.stat_result]]] = {}
    for name in names:
        if name.startswith(".") or not name.lower().endswith(_ENDING) or not name.isprintable():
            continue
        path = folder / name
        try:
            status = os.stat(path)
        except OSError:
            continue
        if not stat.S_ISREG(status.st_mode) or (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        stem = name[: -len(_ENDING)]
        part = _PART.fullmatch(stem)
        if part:
            split.setdefault((part["stem"], int(part["total"])), {})[int(part["number"])] = (path, status)
        else:
            stamp = _digest([(name, _stamp(status))])
            single.append(ModelFile(path, stem, relative + stem, (path,), status.st_size, stamp))
    for (stem, total), parts in split.items():
        ordered = [parts[number] for number in sorted(parts)]
        absent = next((number for number in range(1, total + 1) if number not in parts), None)
        single.append(
            ModelFile(
                path=ordered[0][0],
                stem=stem,
                relative=relative + stem,
                parts=tuple(path for path, _ in ordered),
                size=sum(status.st_size for _, status in ordered),
                stamp=_digest((path.name, _stamp(status)) for path, status in ordered),
                missing=None if absent is None else f"is not complete: part {absent} of {total} is missing",
            )
        )
    return single


def _why(path: Path, damage: DamagedModelFile) -> DamagedModelFile:
    """Why a file that is no sound GGUF file can't be used: if it is something else, what that is."""
    try:
        check_weights(path)
    except RefusedWeights as refused:
        return refused
    except DamagedModelFile:
        return damage
    return DamagedModelFile("holds safetensors: a folder of a diffusers pipeline has to be around it")


def _is_projector(file: ModelFile, headers: Headers) -> bool:
    try:
        return headers.of(file.path).kind == "projector"
    except DamagedModelFile:
        return False


def _paired(
    models: list[ModelFile], projectors: dict[Path, list[ModelFile]], headers: Headers
) -> Iterator[ModelFile]:
    """Give models the projectors of their folder that read images: by name, or any where all models there are one."""
    names: dict[Path, set[str]] = {}
    for model in models:
        names.setdefault(model.path.parent, set()).add(_base(model.stem))
    for model in models:
        beside = projectors.get(model.path.parent, [])
        candidates = [projector for projector in beside if headers.of(projector.path).reads_images]
        name = _base(model.stem)
        fitting = [
            projector
            for projector in candidates
            if (base := _base(projector.stem)) and (name.startswith(base) or base.startswith(name))
        ]
        if not fitting and len(names[model.path.parent]) == 1:
            fitting = candidates
        if fitting:
            best = max(fitting, key=lambda projector: len(_base(projector.stem)))
            stamp = _digest([(model.path.name, model.stamp), (best.path.name, best.stamp)])
            yield replace(model, projector=best.path, stamp=stamp)
        else:
            yield model


def _base(stem: str) -> str:
    """A model's name without its quantisation: `mmproj-Gemma-3-4b-F16` → `gemma-3-4b`."""
    words = re.split(r"[-_. ]", _QUANTISATION.sub("", stem).lower())
    return "-".join(word for word in words if word not in _NO_NAME)


def _stamp(status: os.stat_result) -> str:
    return f"{status.st_size}-{status.st_mtime_ns}"


def _digest(stamps: Iterable[tuple[str, str]]) -> str:
    return hashlib.sha256(repr((_READER, *stamps)).encode()).hexdigest()
