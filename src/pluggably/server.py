"""The server's process: its socket, its signals, how it starts and how it ends."""

from __future__ import annotations

import signal
import socket
import sys
from contextlib import suppress

import structlog
import uvicorn
from fastapi import FastAPI

from pluggably.app import create_app
from pluggably.kit import footprint, migrations
from pluggably.kit.logs import configure_logs
from pluggably.kit.open_files import raise_open_files
from pluggably.kit.protocol import ClientProtocol
from pluggably.settings import ConfigurationError, Loaded, Settings

log = structlog.get_logger(__name__)


class _Server(uvicorn.Server):
    """Says where it listens as soon as it does."""

    def __init__(self, config: uvicorn.Config, announcement: str) -> None:
        super().__init__(config)
        self._announcement = announcement

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        footprint.settle()
        if self.started:
            sys.stdout.write(self._announcement)
            sys.stdout.flush()


def serve(loaded: Loaded) -> int:
    """Run the gateway until it is told to stop; the exit status.

    SIGTERM and SIGINT let running requests finish within `shutdown_grace_s` seconds; a second SIGINT ends at once.
    Raises `ConfigurationError` where it can't listen.
    """
    settings = loaded.settings
    configure_logs(settings.log_level, settings.log_format)
    for warning in loaded.warnings:
        log.warning("configuration", message=warning)
    app = create_app(settings)
    listener = _listen(settings)
    log.info("open_files", limit=raise_open_files())
    migrations.upgrade_apart(settings.database)
    host, port = listener.getsockname()[:2]
    scheme = "https" if settings.tls_cert else "http"
    shown = f"[{host}]" if ":" in host else host
    announcement = f"Pluggably {app.version} listens on {scheme}://{shown}:{port}{settings.root_path}\n"
    if app.state.new_operator_key is not None:
        announcement += _key_announcement(app, settings)
    config = uvicorn.Config(
        app,
        http=ClientProtocol,
        loop="auto",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=max(1, round(settings.shutdown_grace_s)),
        ssl_certfile=str(settings.tls_cert) if settings.tls_cert else None,
        ssl_keyfile=str(settings.tls_key) if settings.tls_key else None,
    )
    server = _Server(config, announcement)
    # The server raises the signal that ended it once more when it is done: what was asked for is no failure.
    signal.signal(signal.SIGTERM, lambda _signal, _frame: None)
    with listener, suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
    return 0 if server.started else 1


def _listen(settings: Settings) -> socket.socket:
    """Take the port before anything is built on it. Raises `ConfigurationError`."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # With its protocol named, or asyncio would not switch Nagle's delay off.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"PLUGGABLY_HOST, PLUGGABLY_PORT: can't listen on {settings.host}:{settings.port}: {error.strerror}. "
            "Is another gateway running? Choose another port with `--port`."
        ) from error
    return listener


def _key_announcement(app: FastAPI, settings: Settings) -> str:
    """The operator's key, printed once: at the start that made it."""
    return (
        f"\n  Operator key: {app.state.new_operator_key}\n"
        f"  It is kept in {settings.data_dir} and shown by `pluggably key`.\n\n"
    )
