"""What an operation of the API is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar, cast

Reply = TypeVar("Reply")


@dataclass(frozen=True, slots=True)
class Operation(Generic[Reply]):
    """`name` is the document's `operationId`; `path` may hold `{names}`; `reply` is what the answer is:
    models by their names, so that they are loaded when they are needed; or a type; or None for no body."""

    name: str
    method: str
    path: str
    reply: Any

    def answering(self, *names: str) -> Operation[Any]:
        """The same operation where it is asked in a way that has another answer: these models, or no body."""
        return cast("Operation[Any]", replace(self, reply=names or None))
