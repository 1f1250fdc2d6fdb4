"""The optional engines: which Python modules they need, and what to install where one is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine's modules by name, and the extra of this package that brings them."""

    modules: tuple[str, ...]
    extra: str


_DIFFUSERS = ("accelerate", "diffusers", "numpy", "safetensors", "torch", "transformers")

ENGINES: Mapping[str, Engine] = {
    "scene": Engine(("numpy", "trimesh"), "scene"),
    "diffusion": Engine(_DIFFUSERS, "image"),
    "mesh": Engine((*_DIFFUSERS, "trimesh"), "mesh"),
}
"""By the name of their module in `runtimes`, as `runtime["engine"]` of an entry has it."""


@cache
def missing(engine: Engine) -> str | None:
    """What to install where the engine lacks a module; None where all are there.

    Nothing is imported: engines run in processes of their own. Asked once per process, so a restart sees what was
    installed since.
    """
    absent = next((name for name in engine.modules if find_spec(name) is None), None)
    if absent is None:
        return None
    return f"its engine is not installed ({absent} is missing): pip install 'pluggably[{engine.extra}]'"
