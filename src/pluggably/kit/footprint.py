"""Keeps a process that runs for long small, and its start short."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import BaseModel


@contextmanager
def without(package: str) -> Iterator[None]:
    """Let what is imported meanwhile find this package not installed.

    For libraries that load an optional package because it is there, not because it is used. Source: "The module
    cache" in Python's reference, https://docs.python.org/3/reference/import.html#the-module-cache
    """
    if package in sys.modules:
        yield
        return
    sys.modules[package] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[package]


@contextmanager
def schemas_built_later() -> Iterator[None]:
    """Let models that are defined meanwhile build their validators at their first use, if there ever is one.

    For libraries that define models which few programs use. Source: `defer_build`,
    https://docs.pydantic.dev/latest/api/config/#pydantic.config.ConfigDict.defer_build
    """
    BaseModel.model_config["defer_build"] = True
    try:
        yield
    finally:
        del BaseModel.model_config["defer_build"]


def begin() -> None:
    """Stop looking for garbage, until `settle`: while modules are loaded there is none, and looking takes 0.3 s."""
    gc.disable()


def settle() -> None:
    """Once everything is there that lives as long as the process: look for garbage again, but no longer among these
    objects, and give the system back what the start needed for a moment."""
    gc.collect()
    gc.freeze()
    gc.enable()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it
    if trim is not None:
        trim(0)
