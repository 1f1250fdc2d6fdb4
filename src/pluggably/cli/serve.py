"""`pluggably serve`: the gateway itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pluggably.cli._state import ConfigFile, DataDir, state_of


def serve(
    ctx: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on. Default: 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one. Default: 8080.")] = None,
    local: Annotated[bool, typer.Option("--local", help="No keys; answer this machine only.")] = False,
    model_dir: Annotated[
        list[Path] | None, typer.Option(help="A folder scanned for models; may be given several times.")
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate chain (PEM).")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Private key (PEM) of the certificate.")] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
    log_format: Annotated[str | None, typer.Option(help="auto, json or console.")] = None,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Start the gateway.

    \b
    pluggably serve --local     for this machine, without keys
    pluggably serve             makes an operator key and prints it once
    pluggably serve --host 0.0.0.0 --tls-cert chain.pem --tls-key key.pem

    Options go before the environment (PLUGGABLY_…), that before pluggably.toml.

    `pluggably config` shows what is in force.
    """
    from pluggably.kit import footprint

    footprint.begin()
    loaded = state_of(ctx).load(
        host=host,
        port=port,
        local_only=local or None,
        model_dirs=model_dir or None,
        tls_cert=tls_cert,
        tls_key=tls_key,
        log_level=log_level,
        log_format=log_format,
    )
    with footprint.without("rich"):  # structlog would load it for tracebacks of a kind that nobody asked for
        import structlog  # noqa: F401
    with footprint.schemas_built_later():  # FastAPI's models of OpenAPI documents: most servers write none
        import fastapi  # noqa: F401
    from pluggably.server import serve as run_server

    raise typer.Exit(run_server(loaded))
