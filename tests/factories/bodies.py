"""Answers of the gateway as it gives them, out of the clients' vectors, for the fake one to give."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).resolve().parents[2] / "clients" / "vectors"


def model(id: str, **changes: Any) -> dict[str, Any]:
    """A model of the catalogue."""
    return {**_said("get_model"), "id": id, "version": None, **changes}


def loaded(model_id: str, **changes: Any) -> dict[str, Any]:
    """A model in memory."""
    return {**_said("loaded_models")["models"][0], "until": None, "model_id": model_id, **changes}


def job(**changes: Any) -> dict[str, Any]:
    """A job that has completed."""
    return {**_said("get_job"), **changes}


def user(id: str, **changes: Any) -> dict[str, Any]:
    """A user as admins see it."""
    return {**_said("list_users")["users"][0], "id": id, **changes}


def found_model(id: str, **changes: Any) -> dict[str, Any]:
    """A model of a hub."""
    return {**_said("search_models")["results"][0], "id": id, **changes}


def artifact(id: str, **changes: Any) -> dict[str, Any]:
    """A mesh that the server keeps."""
    return {**_said("list_artifacts")["artifacts"][0], "id": id, **changes}


def _said(operation: str) -> dict[str, Any]:
    return deepcopy(_first(operation))


@cache
def _first(operation: str) -> dict[str, Any]:
    exchanges = json.loads((VECTORS / f"{operation}.json").read_text())["exchanges"]
    answer: dict[str, Any] = next(item["response"] for item in exchanges if item["status"] < 300)
    return answer
