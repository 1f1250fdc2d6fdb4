"""The page calls the gateway through the TypeScript client, and in no other way."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.factories.browsers import ROOT

SOURCE = ROOT / "web" / "src"
CLIENT = ROOT / "clients" / "typescript" / "src" / "index.ts"
# A name of the browser's own ways out, unless it is a part of a longer name or of what another object has.
_WAY_OUT = re.compile(
    r"(?<![\w.])(?:(?:window|globalThis|self|navigator)\s*\.\s*)?"
    r"(fetch\s*[(;,)]|XMLHttpRequest\b|WebSocket\b|WebTransport\b|EventSource\b|sendBeacon\b)"
)
_COMMENT = re.compile(r"/\*.*?\*/|(?<!:)//[^\n]*", re.DOTALL)


def ways_out(source: str) -> list[str]:
    """What a script calls the network with by itself."""
    return _WAY_OUT.findall(_COMMENT.sub("", source))


def scripts() -> list[Path]:
    return [path for path in SOURCE.rglob("*.ts*") if ".test." not in path.name]


@pytest.mark.req("TEST-MAN-CR002-001", "SYS-REQ-062")
def test_no_file_of_the_page_calls_the_network_by_itself() -> None:
    found = {str(path.relative_to(SOURCE)): ways_out(path.read_text()) for path in scripts()}
    assert len(found) > 20
    assert {path: calls for path, calls in found.items() if calls} == {}


@pytest.mark.req("TEST-MAN-CR002-001", "SYS-REQ-062")
def test_the_page_is_built_with_the_client_of_this_repository() -> None:
    importing = [path for path in scripts() if 'from "@pluggably/client"' in path.read_text()]
    assert len(importing) > 5
    paths = json.loads((ROOT / "web" / "tsconfig.json").read_text())["compilerOptions"]["paths"]
    assert (ROOT / "web" / paths["@pluggably/client"][0]).resolve() == CLIENT
    assert (
        '"@pluggably/client": at("../clients/typescript/src/index.ts")' in (ROOT / "web/vite.config.ts").read_text()
    )


@pytest.mark.parametrize(
    "source",
    [
        "const reply = await fetch('/v1/models');",
        "globalThis.fetch (url)",
        "window.fetch(url)",
        "const ask = fetch;",
        "new XMLHttpRequest()",
        "new WebSocket(address)",
        "const Source = EventSource;",
        "navigator.sendBeacon('/v1', '')",
    ],
)
def test_each_way_out_is_noticed(source: str) -> None:
    assert len(ways_out(source)) == 1


def test_what_only_looks_like_a_way_out_is_let_be() -> None:
    innocent = (
        "query.refetch(); prefetch(x); queries.fetchQuery(me); // fetch(this)\n/* new WebSocket() */ load.fetch(x)"
    )
    assert ways_out(innocent) == []
