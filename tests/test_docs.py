"""The documentation and the code say the same."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from fastapi.routing import APIRoute

from pluggably.app import create_app
from pluggably.settings import CONFIG_VARIABLE, Settings, known_settings, load, variable

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "api_endpoints.md"
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("clients/*/README.md")],
)
_LINK = re.compile(r"(?<!`)\[[^\]\n]+\]\(([^)\s]+)\)")


@pytest.fixture(scope="module")
def routes() -> set[str]:
    """`METHOD /path` of everything that the server answers."""
    app = create_app(Settings(data_dir=Path("nowhere"), local_only=True))
    found = set()
    for route in app.routes:
        path = re.sub(r":\w+}", "}", str(getattr(route, "path", route)))
        # Starlette adds HEAD to the pages of the documentation.
        found |= {
            f"{method} {path}"
            for method in getattr(route, "methods", ())
            if method != "HEAD" or isinstance(route, APIRoute)
        }
    return found


@pytest.mark.req("TEST-MAN-CR001-001", "SYS-REQ-061")
def test_the_reference_lists_every_endpoint_and_no_other(routes: set[str]) -> None:
    listed = set(re.findall(r"^\| `([A-Z]+ /\S*)` \|", REFERENCE.read_text(encoding="utf-8"), re.MULTILINE))
    assert listed == routes


@pytest.mark.req("TEST-MAN-CR001-001", "SYS-REQ-061")
def test_the_reference_describes_every_endpoint_once_and_no_other(routes: set[str]) -> None:
    described = re.findall(r"^### ([A-Z]+ /\S*)$", REFERENCE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(described) == len(set(described))
    assert set(described) == routes


@pytest.mark.req("TEST-MAN-CR001-001", "SYS-REQ-061")
def test_every_schema_that_the_reference_names_stands_in_the_openapi_document() -> None:
    schemas = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))["components"]["schemas"]
    rows = re.findall(r"^\| `[A-Z]+ /.*$", REFERENCE.read_text(encoding="utf-8"), re.MULTILINE)
    named = set(re.findall(r"`([A-Z][a-z]\w+)`", "\n".join(rows)))
    assert len(named) > 10
    assert named <= set(schemas)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    missing = []
    for link in _LINK.findall(page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = unquote(link).partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            missing.append(link)
    assert missing == []


def test_the_settings_of_the_deployment_guide_are_understood(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    files = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert len(files) == 2
    for number, content in enumerate(files):
        path = tmp_path / f"{number}.toml"
        path.write_text(content, encoding="utf-8")
        assert load({}, path).warnings == []
    named = {name.removesuffix("_FILE") for name in re.findall(r"PLUGGABLY_[A-Z_]+", text)}
    assert named <= {variable(path) for path in known_settings()} | {CONFIG_VARIABLE}


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
