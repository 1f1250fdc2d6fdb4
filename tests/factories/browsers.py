"""The web UI in a real browser, against real gateways.

The browser tests are TypeScript (`web/e2e`). Those of a file run once for all; each has its test in `tests/web`,
which says what it proves.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from scripts import node
from tests.factories.gateways import KEY, running_gateway
from tests.factories.images import image_bytes
from tests.factories.projectors import write_working_projector
from tests.fakes.openai_server import OpenAIServer, model_row

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "src" / "pluggably" / "web"
MODELS = ("echo", "paced:0.06", "words:2000:0.002")
FAILING = {"groq": "error:503", "deepseek": "error:402"}
"""Models that fail, by the provider that has each: of other accounts than the models above."""


@dataclass(frozen=True)
class Outcomes:
    """What became of each browser test of a file, by its title: whether it passed, and what it said if not."""

    found: dict[str, tuple[bool, str]]

    def passed(self, title: str) -> None:
        """Fail with what the browser test said if it has not passed."""
        has_passed, message = self.found[title]
        assert has_passed, message

    def not_in(self, tests: Path) -> list[str]:
        """The browser tests that no test of this file stands for."""
        text = tests.read_text()
        return [title for title in self.found if f'"{title}"' not in text]


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def hosted_elsewhere() -> Iterator[str]:
    """The built page on a plain web server; its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(SITE)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def vendor_aside() -> Iterator[OpenAIServer]:
    """A vendor whose models answer at a known pace, run by a thread."""
    ready: Future[tuple[OpenAIServer, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        stop = asyncio.Event()
        async with OpenAIServer(models={"object": "list", "data": [model_row(name) for name in MODELS]}) as server:
            ready.set_result((server, asyncio.get_running_loop(), stop))
            await stop.wait()

    thread = Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    server, loop, stop = ready.result(10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


def build() -> Path:
    """The folder of the page, built from this source if it has not been."""
    node.install(ROOT / "web")
    if not (SITE / "index.html").exists():
        node.npm(ROOT / "web", "run", "--silent", "build", "--", "--logLevel", "error")
    return SITE


@contextmanager
def gateways(folder: Path, starter_model: Path) -> Iterator[dict[str, str]]:
    """A gateway in local mode and one with accounts; the variables that tell the browser tests of them."""
    models, *_ = made = [folder / name for name in ("models", "local", "keyed")]
    for each in made:
        each.mkdir()
    shutil.copy(starter_model, models / "seeing.gguf")
    write_working_projector(models / "mmproj-seeing.gguf")
    picture = folder / "picture.png"
    picture.write_bytes(image_bytes())
    with ExitStack() as stack:
        elsewhere = stack.enter_context(hosted_elsewhere())
        vendor = stack.enter_context(vendor_aside())
        variables = {
            "PLUGGABLY_PROVIDERS__OPENAI__API_KEY": "sk-test",
            "PLUGGABLY_PROVIDERS__OPENAI__BASE_URL": vendor.base_url,
            "PLUGGABLY_PROVIDERS__OPENAI__MODELS": json.dumps(MODELS),
        }
        more = {
            "PLUGGABLY_RUNTIME__FALLBACKS": json.dumps({"groq:error:503": ["openai:echo"]}),
            "PLUGGABLY_RUNTIME__PARALLEL": "1",
            "PLUGGABLY_BUILTIN_MODELS": "true",
        }
        for name, model in FAILING.items():
            start = f"PLUGGABLY_PROVIDERS__{name.upper()}__"
            more |= {f"{start}API_KEY": "sk-test", f"{start}BASE_URL": vendor.base_url}
            more[f"{start}MODELS"] = json.dumps([model])
        local = stack.enter_context(running_gateway(folder / "local", models=models, local=True, **variables, **more))
        # Under a sub-path, and open to a page of another origin.
        more = {
            "PLUGGABLY_ROOT_PATH": "/ai",
            "PLUGGABLY_CORS_ORIGINS": json.dumps([elsewhere]),
            "PLUGGABLY_BUILTIN_MODELS": "true",
        }
        more["PLUGGABLY_ALLOW_PRIVATE_URLS"] = "127.0.0.0/8"  # so that a user may name the vendor as their own
        keyed = stack.enter_context(running_gateway(folder / "keyed", **variables, **more))
        with keyed.client() as client:
            invite = client.post("/v1/users/invites", json={}).json()["invite_token"]
        yield {
            "WEB_LOCAL": local.url,
            "WEB_KEYED": keyed.url,
            "WEB_KEY": KEY,
            "WEB_INVITE": invite,
            "WEB_ELSEWHERE": elsewhere,
            "WEB_VENDOR": vendor.base_url,
            "WEB_PICTURE": str(picture),
        }


def run(file: str, variables: dict[str, str], report: Path) -> Outcomes:
    """Run the browser tests of a file of `web/e2e`; what the gateways are is told by `variables`."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    assert browser is not None, "no browser: scripts/install_system.sh tests"
    told = ["--reporter=json", f"--outputFile={report}", "--reporter=default"]
    ended = subprocess.run(
        [*node.find().npm, "run", "--silent", "browser", "--", f"e2e/{file}", *told],
        cwd=ROOT / "web", env=node.environment() | {"WEB_BROWSER": browser, **variables},
        capture_output=True, text=True, check=False, timeout=400,
    )  # fmt: skip
    print(ended.stdout[-8000:], ended.stderr[-4000:])
    assert report.exists(), "the browser tests did not run"
    (suite,) = json.loads(report.read_text())["testResults"]
    found = {
        test["title"]: (test["status"] == "passed", "\n".join(test["failureMessages"]))
        for test in suite["assertionResults"]
    }
    assert found, suite["message"]
    return Outcomes(found)
