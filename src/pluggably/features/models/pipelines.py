"""Reads what the gateway needs of a diffusers pipeline, a folder with a `model_index.json`, whoever made it.

Only JSON and the headers of safetensors files are read, within bounds. Source of the format:
https://huggingface.co/docs/diffusers/using-diffusers/loading and
https://huggingface.co/docs/diffusers/using-diffusers/other-formats
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pluggably.features.models.model_file import DamagedModelFile
from pluggably.features.models.pipeline_families import FAMILIES, LIBRARIES, Family
from pluggably.features.models.safetensors import read_bounded, read_weights

INDEX = "model_index.json"
MAX_JSON_BYTES = 256 * 1024
MAX_FILES = 2000
"""Files of one pipeline that are looked at."""
MAX_DEPTH = 3
MAX_COMPONENTS = 64

_HUB_CACHE = re.compile(r"models--((?!-)[A-Za-z0-9_][\w.-]*?)(?:--([A-Za-z0-9_][\w.-]*))?")
_CLASS = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_NO_WEIGHTS = re.compile("Scheduler|Tokenizer|Processor|FeatureExtractor")
"""What classes of components without weights are called; some go on: `TokenizersBackend`, `…ImageProcessorPil`."""
_WEIGHTS = re.compile(
    r"(?:diffusion_pytorch_model|model)(?:\.(?P<variant>[A-Za-z0-9_]+))?"
    r"(?:-(?P<part>\d{5})-of-(?P<total>\d{5}))?(?:\.(?P<late>[A-Za-z0-9_]+))?\.safetensors"
)
_PICKLE_ENDINGS = (".bin", ".ckpt", ".pt", ".pth", ".pkl", ".msgpack")
_PRECISIONS = {
    "F64": "fp64",
    "F32": "fp32",
    "F16": "fp16",
    "BF16": "bf16",
    "F8_E4M3": "fp8",
    "F8_E5M2": "fp8",
    "I8": "int8",
    "U8": "uint8",
}


class UnusablePipeline(Exception):
    """The folder can't be used; the message is the reason and what to do, without paths of this machine."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What a folder holds; `problem` is why it can't be used, and then the rest says as much as could be read."""

    pipeline: str | None = None
    """The class that the folder names, such as `StableDiffusionPipeline`."""
    family: Family | None = None
    variant: str | None = None
    """Which of several sets of weights is used: the middle of `model.fp16.safetensors`; None: the plain one."""
    precision: str | None = None
    """The type of most numbers: `fp32`, `fp16`, `bf16`, …"""
    parameter_count: int = 0
    size_bytes: int = 0
    """Of the weights that would be loaded."""
    maker: str | None = None
    """The version of diffusers that wrote the folder."""
    problem: str | None = None


@dataclass(slots=True)
class _Weights:
    """Weight files of one component, by variant."""

    files: dict[str | None, list[Path]] = field(default_factory=dict)
    pickles: set[str] = field(default_factory=set)
    incomplete: dict[str | None, str] = field(default_factory=dict)


def files_of(folder: Path) -> list[tuple[str, Path, os.stat_result]]:
    """The files of a pipeline, links followed: path within the folder, path, and status. Blocks, never raises.

    At most `MAX_FILES`, `MAX_DEPTH` folders deep; hidden ones and what is no regular file are passed over.
    """
    return sorted(_walk(folder, "", 1), key=lambda found: found[0])


def hub_name(folder: Path) -> str | None:
    """`org/name` for a snapshot in Hugging Face's cache (`models--org--name/snapshots/REVISION`), else None.

    Revisions other than the one that `refs/main` names get their first characters behind an `@`. Blocks.
    """
    repository = folder.parent.parent
    found = _HUB_CACHE.fullmatch(repository.name)
    if folder.parent.name != "snapshots" or found is None:
        return None
    name = "/".join(part for part in found.groups() if part)
    try:
        _, main = read_bounded(repository / "refs" / "main", 128)
    except DamagedModelFile:
        return name
    return name if main.strip() == os.fsencode(folder.name) else f"{name}@{folder.name[:8]}"


def read_pipeline(folder: Path) -> Pipeline:
    """Read a folder. Blocks, never raises."""
    name: str | None = None
    try:
        index = _json(folder / INDEX)
        name = _class_name(index)
        family = FAMILIES.get(name)
        if family is None:
            raise UnusablePipeline(f"There is no runtime here for pipelines of the class {name}.")
        components = _components(index)
        weights = {part: _weights_of(folder / part) for part, kind in components.items() if _has_weights(kind)}
        if not weights:
            raise UnusablePipeline("The pipeline holds no weights.")
        variant, chosen = _choose(weights)
        parameters, size, by_type = 0, 0, Counter[str]()
        for path in chosen:
            try:
                read = read_weights(path)
            except DamagedModelFile as damage:
                raise UnusablePipeline(f"{path.relative_to(folder).as_posix()} {damage}.") from damage
            parameters += read.parameter_count
            size += read.size_bytes
            by_type += read.by_type
        if not parameters:
            raise UnusablePipeline("The pipeline holds no weights.")
        maker = index.get("_diffusers_version")
        return Pipeline(
            pipeline=name,
            family=family,
            variant=variant,
            precision=_PRECISIONS.get(by_type.most_common(1)[0][0]),
            parameter_count=parameters,
            size_bytes=size,
            maker=maker[:32] if isinstance(maker, str) and maker.isprintable() else None,
        )
    except UnusablePipeline as problem:
        return Pipeline(pipeline=name, family=FAMILIES.get(name or ""), problem=str(problem))


def _walk(folder: Path, relative: str, depth: int) -> Iterator[tuple[str, Path, os.stat_result]]:
    left = MAX_FILES
    waiting = [(folder, relative, depth)]
    while waiting:
        path, relative, depth = waiting.pop()
        try:
            names = sorted(os.listdir(path))
        except OSError:
            continue
        for name in names:
            if name.startswith(".") or not name.isprintable():
                continue
            try:
                status = os.stat(path / name)
            except OSError:
                continue
            if stat.S_ISDIR(status.st_mode):
                if depth < MAX_DEPTH:
                    waiting.append((path / name, f"{relative}{name}/", depth + 1))
            elif stat.S_ISREG(status.st_mode):
                left -= 1
                if left < 0:
                    return
                yield f"{relative}{name}", path / name, status


def _json(path: Path) -> dict[str, Any]:
    """A JSON object of at most `MAX_JSON_BYTES`. Raises `UnusablePipeline`."""
    try:
        size, content = read_bounded(path, MAX_JSON_BYTES)
    except DamagedModelFile as damage:
        raise UnusablePipeline(f"{path.name} {damage}.") from damage
    if size > MAX_JSON_BYTES:
        raise UnusablePipeline(f"{path.name} is larger than {MAX_JSON_BYTES} bytes.")
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UnusablePipeline(f"{path.name} is no JSON.") from error
    if not isinstance(value, dict):
        raise UnusablePipeline(f"{path.name} is no JSON object.")
    return value


def _class_name(index: Mapping[str, Any]) -> str:
    name = index.get("_class_name")
    if isinstance(name, list):
        raise UnusablePipeline("The pipeline brings code of its own, which is never run here.")
    if not isinstance(name, str) or not _CLASS.fullmatch(name):
        raise UnusablePipeline(f"{INDEX} names no pipeline: it is no folder of diffusers.")
    return name


def _components(index: Mapping[str, Any]) -> dict[str, str]:
    """The class of each component, by the name of its folder. Raises `UnusablePipeline`."""
    found: dict[str, str] = {}
    for name, value in index.items():
        if name.startswith("_") or not isinstance(value, list) or value == [None, None]:
            continue
        if len(value) != 2 or not all(isinstance(word, str) and _CLASS.fullmatch(word) for word in value):
            raise UnusablePipeline(f"{INDEX} is damaged: it describes components otherwise than diffusers does.")
        if not _CLASS.fullmatch(name) or len(found) >= MAX_COMPONENTS:
            raise UnusablePipeline(f"{INDEX} is damaged: it names components that can't be.")
        library, kind = value
        if library not in LIBRARIES:
            raise UnusablePipeline(
                f"The component {name} needs code of its own ({library}), which is never run here: "
                "get a version of this model whose components are those of diffusers and transformers."
            )
        found[name] = kind
    return found


def _has_weights(kind: str) -> bool:
    return _NO_WEIGHTS.search(kind) is None


def _weights_of(component: Path) -> _Weights:
    """The weight files of a component, by the names that diffusers and transformers give them."""
    found = _Weights()
    parts: dict[tuple[str | None, int], dict[int, Path]] = {}
    try:
        names = sorted(os.listdir(component))[:MAX_FILES]
    except OSError:
        names = []
    for name in names:
        if name.lower().endswith(_PICKLE_ENDINGS):
            found.pickles.add(os.path.splitext(name)[1].lower())
        match = _WEIGHTS.fullmatch(name)
        if match is None:
            continue
        variant = match["variant"] or match["late"]
        if match["part"] is None:
            found.files.setdefault(variant, []).insert(0, component / name)
        else:
            parts.setdefault((variant, int(match["total"])), {})[int(match["part"])] = component / name
    for (variant, total), there in parts.items():
        absent = next((number for number in range(1, total + 1) if number not in there), None)
        if variant in found.files:
            continue  # whole in one file as well
        if absent is not None:
            found.incomplete[variant] = f"part {absent} of {total} is missing"
        else:
            found.files[variant] = list(there.values())
    return found


def _choose(weights: Mapping[str, _Weights]) -> tuple[str | None, list[Path]]:
    """One set of weights for the whole pipeline: the plain one, else a variant in which nothing is missing.

    A component that lacks the variant is taken plain, as diffusers does. Raises `UnusablePipeline`.
    """
    variants = sorted({variant for found in weights.values() for variant in found.files if variant is not None})
    # Half precision takes half the room, so it goes before what other variants there may be.
    variants.sort(key=lambda variant: variant not in ("fp16", "bf16"))
    for variant in (None, *variants):
        sets = [found.files.get(variant) or found.files.get(None) for found in weights.values()]
        if all(sets):
            return variant, [path for files in sets if files for path in files]
    for name, found in weights.items():
        if found.files:
            continue
        if found.incomplete:
            raise UnusablePipeline(
                f"The weights of {name} are not complete: {next(iter(found.incomplete.values()))}."
            )
        if found.pickles:
            endings = ", ".join(sorted(found.pickles))
            raise UnusablePipeline(
                f"The weights of {name} are pickles ({endings}), which can run code when they are loaded: "
                "get the safetensors version of this model."
            )
        raise UnusablePipeline(f"The weights of {name} are missing.")
    raise UnusablePipeline("Its components have weights of different variants, none of which is complete.")
