"""What may be said besides the prompt, and how patient a client is."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

import httpx


class TurnOptions(TypedDict, total=False):
    """What generating in a session takes beside the prompt; what is left out is the server's choice.

    `images` and `mesh` are data URLs, addresses or `artifact:ID`; `parameters` as the model's schema has them;
    `request_id` (8 to 64 of `A-Za-z0-9_-`) names the request.
    """

    messages: list[dict[str, Any]]
    images: list[str]
    mesh: str
    model: str
    provider: str
    modality: Literal["text", "image", "3d"]
    parameters: dict[str, Any]
    system_prompt: str
    state_tokens: dict[str, Any]
    keep: bool
    selection_mode: Literal["auto", "free_only", "commercial_only", "model"]
    fallback: str | list[str]
    request_id: str


class GenerateOptions(TurnOptions, total=False):
    """What `generate` takes beside the prompt: the same, and a session to do it in."""

    session_id: str


@dataclass(frozen=True)
class Timeouts:
    """Seconds. `generate` is for an answer that comes in one piece, `idle` for the silence within a stream."""

    connect: float = 5
    read: float = 30
    generate: float = 1800
    idle: float = 60

    def of(self, read: float) -> httpx.Timeout:
        """The time-outs of a request that may take `read` seconds."""
        return httpx.Timeout(read, connect=self.connect)


@dataclass(frozen=True)
class Retries:
    """How often a call is made again that the server surely has not begun, or that may be made twice.

    `attempts` come after the first one, `pause_s` lies before the first of them and doubles; the server's own
    `Retry-After` counts instead where it is not longer than `longest_s`.
    """

    attempts: int = 2
    pause_s: float = 0.25
    longest_s: float = 30

    def pause(self, attempt: int, asked_s: float | None = None) -> float | None:
        """The seconds to wait after this attempt (0 is the first); None: it was the last one."""
        if attempt >= self.attempts or (asked_s is not None and asked_s > self.longest_s):
            return None
        jitter = random.uniform(1, 1.25)  # noqa: S311 - so that many clients do not come back at once
        return float(jitter * (self.pause_s * 2**attempt if asked_s is None else asked_s))
