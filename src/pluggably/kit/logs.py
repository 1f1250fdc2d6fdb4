"""Structured logs: JSON lines unless on a terminal, each with the request's id. Secrets are never logged."""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar
from typing import Any, Literal

import structlog
import structlog.tracebacks
from pydantic_core import to_json
from structlog.processors import add_log_level

from pluggably.kit.clock import iso, utc_now

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)

# Tracebacks without local variables: those hold keys and prompts.
_TRACEBACKS = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))


def configure_logs(level: str, style: Literal["auto", "json", "console"]) -> None:
    """Set up structlog and the standard library's logging, both to stderr."""
    threshold = logging.getLevelNamesMapping()[level.upper()]
    console = style == "console" or (style == "auto" and sys.stderr.isatty())
    shared: list[Any] = [_add_context]
    last: list[Any]
    factory: Any
    if console:
        last = [_console()]
        factory = structlog.PrintLoggerFactory(sys.stderr)
    else:
        last = [_TRACEBACKS, _as_json]
        factory = structlog.BytesLoggerFactory(sys.stderr.buffer)
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    render = _console() if console else _as_text
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _TRACEBACKS,
                render,
            ]
            if not console
            else [structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(threshold, logging.INFO))
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def _console() -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)


def _add_context(logger: Any, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """The request's id, the level and the time. One processor for all three: it runs for every request."""
    request_id = REQUEST_ID.get()
    if request_id is not None:
        event.setdefault("request_id", request_id)
    event["time"] = iso(utc_now())
    return add_log_level(logger, method, event)


def _as_json(_logger: Any, _method: str, event: structlog.typing.EventDict) -> bytes:
    return to_json(event, fallback=str)


def _as_text(_logger: Any, _method: str, event: structlog.typing.EventDict) -> str:
    return to_json(event, fallback=str).decode()
