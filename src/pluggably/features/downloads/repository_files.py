"""Which files of a repository are fetched: never a pickle, never a program, and of several quantisations one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from pluggably.errors import UnsupportedFeature, ValidationFailed
from pluggably.features.models.discovery import quantisation_in_name
from pluggably.features.models.pipelines import INDEX

PREFERRED = ("Q4_K_M", "Q4_K_S", "Q4_0", "Q5_K_M", "IQ4_XS", "Q6_K", "Q8_0")
"""Quantisations that are taken, the first one that there is, where nobody chooses."""
_PART = re.compile(r"-\d{5}-of-\d{5}$")
_WEIGHTS = (".gguf", ".safetensors")
_TEXTS = (".json", ".txt", ".model", ".jinja", ".tiktoken")
_PICKLES = (".bin", ".ckpt", ".pt", ".pth", ".pkl", ".msgpack", ".h5", ".npz", ".npy", ".onnx")


def choose(names: Sequence[str], quantisation: str | None, patterns: Sequence[str] | None) -> tuple[list[str], str]:
    """The files to fetch and the one that leads to the model (empty: they are a pipeline).

    Raises `ValidationFailed` for a choice that there is not, `UnsupportedFeature` where nothing can be used here.
    """
    if patterns:
        chosen = _matching(names, patterns)
    elif INDEX in names:
        chosen = [name for name in names if _belongs_to_pipeline(name)]
    else:
        chosen = _quantised(names, quantisation)
    models = [name for name in chosen if _is_gguf(name) and not _is_projector(name)]
    if INDEX in chosen:
        if not any(name.endswith(".safetensors") for name in chosen):
            raise _refused(names)
        return chosen, ""
    if not models:
        raise _refused(names)
    return chosen, models[0]


def stem_of(name: str) -> str:
    """A GGUF file's name without folders, ending and part number."""
    return _PART.sub("", name.rpartition("/")[2].removesuffix(".gguf").removesuffix(".GGUF"))


def _matching(names: Sequence[str], patterns: Sequence[str]) -> list[str]:
    chosen: list[str] = []
    for pattern in patterns:
        found = [name for name in names if name == pattern or fnmatchcase(name, pattern)]
        if not found:
            raise ValidationFailed.of("options.files", f"no file of the repository is called {pattern[:100]!r}")
        for name in found:
            if name.lower().endswith(_PICKLES) and name == pattern:
                raise ValidationFailed.of(
                    "options.files",
                    f"{name[:100]!r} may run code when it is loaded; only GGUF and safetensors may not",
                )
        chosen += [name for name in found if _is_harmless(name) and name not in chosen]
    return chosen


def _quantised(names: Sequence[str], wanted: str | None) -> list[str]:
    models = [name for name in names if _is_gguf(name) and not _is_projector(name)]
    by_quantisation: dict[str, list[str]] = {}
    for name in models:
        by_quantisation.setdefault(quantisation_in_name(stem_of(name)) or "", []).append(name)
    if wanted is not None:
        chosen = by_quantisation.get(wanted.upper(), [])
        if not chosen:
            there = ", ".join(sorted(filter(None, by_quantisation))) or "none"
            raise ValidationFailed.of("source.id", f"the repository has no {wanted[:64]!r}; it has: {there}")
    elif len(by_quantisation) > 1:
        first = next((name for name in PREFERRED if name in by_quantisation), min(by_quantisation))
        chosen = by_quantisation[first]
    else:
        chosen = models
    if wanted is not None or len(by_quantisation) > 1:  # of several models of one quantisation, one
        stem = min(stem_of(name) for name in chosen)
        chosen = [name for name in chosen if stem_of(name) == stem]
    projectors = [name for name in names if _is_gguf(name) and _is_projector(name)]
    if chosen and projectors:
        half = [name for name in projectors if quantisation_in_name(stem_of(name)) == "F16"]
        chosen = [*chosen, (half or projectors)[0]]
    return chosen


def _belongs_to_pipeline(name: str) -> bool:
    """What lies in the folder of a component; checkpoints beside the index are for other programs."""
    return name == INDEX or (_is_harmless(name) and "/" in name and not _is_gguf(name))


def _is_gguf(name: str) -> bool:
    return name.lower().endswith(".gguf")


def _is_projector(name: str) -> bool:
    return "mmproj" in name.lower()


def _is_harmless(name: str) -> bool:
    return name.lower().endswith((*_WEIGHTS, *_TEXTS))


def _refused(names: Iterable[str]) -> UnsupportedFeature:
    names = list(names)
    if any(name.lower().endswith(_PICKLES) for name in names) and not any(map(_is_gguf, names)):
        reason = "its weights are in a format that may run code when it is loaded, or that nothing here can run"
    elif any(name.endswith(".safetensors") for name in names):
        reason = "its safetensors files are no diffusers pipeline"
    else:
        reason = "it holds no weights"
    return UnsupportedFeature(
        f"Nothing in this repository can run here: {reason}. Look for a version of this model in GGUF, or for a "
        "diffusers pipeline with safetensors.",
        param="source.id",
    )
