"""The web UI's files, as the gateway serves them."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from pluggably.features.website.files import Website

BROWSER = {"accept": "text/html,application/xhtml+xml"}


async def beyond(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("beyond", 404)(scope, receive, send)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder as a build leaves it."""
    (tmp_path / "assets").mkdir()
    page = '<base href="/" /><meta name="pluggably-server" content="" />'
    (tmp_path / "index.html").write_text(page)
    (tmp_path / "assets" / "index-abc.js").write_text("plain")
    (tmp_path / "assets" / "index-abc.js.br").write_text("brotli")
    (tmp_path / "assets" / "index-abc.js.gz").write_text("gzip")
    (tmp_path / "sw.js").write_text("worker")
    return tmp_path


def client(folder: Path, **options: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(Website(beyond, folder=folder, **options))  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://gateway")


async def test_a_browser_gets_the_page_at_every_address_that_is_none_of_the_api(built: Path) -> None:
    async with client(built) as browser:
        for path in ("/", "/chat/ses_1", "/settings"):
            answer = await browser.get(path, headers=BROWSER)
            assert answer.status_code == 200
            assert answer.headers["cache-control"] == "no-cache"
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert "unsafe" not in answer.headers["content-security-policy"]


async def test_what_is_of_the_api_or_of_no_browser_is_left_to_others(built: Path) -> None:
    async with client(built) as browser:
        for path, headers in (("/v1/nothing", BROWSER), ("/assets/gone.js", BROWSER), ("/", {"accept": "*/*"})):
            assert (await browser.get(path, headers=headers)).text == "beyond"
        assert (await browser.post("/", headers=BROWSER)).text == "beyond"


async def test_the_page_is_told_under_which_path_it_is_served(built: Path) -> None:
    async with client(built, root_path="/ai") as browser:
        page = (await browser.get("/", headers=BROWSER)).text
    assert '<base href="/ai/" />' in page
    assert 'content="/ai/"' in page


@pytest.mark.parametrize(
    ("accepted", "text", "encoding"),
    [
        ("gzip, br", "brotli", "br"),
        ("gzip", "gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip", "gzip"),
        ("identity", "plain", None),
    ],
)
async def test_an_asset_is_sent_compressed_and_kept_for_good(
    built: Path, accepted: str, text: str, encoding: str | None
) -> None:
    headers = {"accept-encoding": accepted}
    async with client(built) as browser, browser.stream("GET", "/assets/index-abc.js", headers=headers) as answer:
        sent = b"".join([piece async for piece in answer.aiter_raw()])
    assert sent.decode() == text
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/javascript")


async def test_a_file_whose_name_stays_is_asked_for_again(built: Path) -> None:
    async with client(built) as browser:
        assert (await browser.get("/sw.js")).headers["cache-control"] == "no-cache"


async def test_no_path_leads_out_of_the_folder(built: Path) -> None:
    (built.parent / "secret.json").write_text("{}")
    async with client(built) as browser:
        for path in ("/../secret.json", "/%2e%2e/secret.json", "/assets/../../secret.json"):
            assert (await browser.get(path)).text == "beyond"


async def test_without_a_build_the_page_says_how_to_make_one(tmp_path: Path) -> None:
    async with client(tmp_path / "none") as browser:
        answer = await browser.get("/", headers=BROWSER)
    assert answer.status_code == 200
    assert "make install" in answer.text
