"""The web UI in a real browser, against real gateways.

The browser tests are TypeScript (`web/e2e`). They run once for all; each has its test here, which says
what it proves.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from scripts import node
from tests.factories.gateways import KEY, running_gateway
from tests.factories.images import image_bytes
from tests.factories.projectors import write_working_projector
from tests.fakes.openai_server import OpenAIServer, model_row

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "src" / "pluggably" / "web"
MODELS = ("echo", "paced:0.06", "words:2000:0.002")

Outcomes = dict[str, tuple[bool, str]]

pytestmark = pytest.mark.timeout(420)


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


@pytest.fixture(scope="session")
def site() -> Path:
    """The page, built from this source if it has not been."""
    node.install(ROOT / "web")
    if not (SITE / "index.html").exists():
        node.npm(ROOT / "web", "run", "--silent", "build", "--", "--logLevel", "error")
    return SITE


@pytest.fixture(scope="session")
def outcomes(site: Path, starter_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """What became of each browser test, by its name: whether it passed, and what it said if not."""
    folder = tmp_path_factory.mktemp("web")
    models, *_ = made = [folder / name for name in ("models", "local", "keyed")]
    for each in made:
        each.mkdir()
    shutil.copy(starter_model, models / "seeing.gguf")
    write_working_projector(models / "mmproj-seeing.gguf")
    picture, report = folder / "picture.png", folder / "report.json"
    picture.write_bytes(image_bytes())
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    assert browser is not None, "no browser: scripts/install_system.sh tests"
    with ExitStack() as stack:
        elsewhere = stack.enter_context(hosted_elsewhere())
        vendor = stack.enter_context(vendor_aside())
        variables = {
            "PLUGGABLY_PROVIDERS__OPENAI__API_KEY": "sk-test",
            "PLUGGABLY_PROVIDERS__OPENAI__BASE_URL": vendor.base_url,
            "PLUGGABLY_PROVIDERS__OPENAI__MODELS": json.dumps(MODELS),
        }
        local = stack.enter_context(
            running_gateway(folder / "local", models=models, local=True, **variables, PLUGGABLY_BUILTIN_MODELS="true")
        )
        # Under a sub-path, and open to a page of another origin.
        more = {"PLUGGABLY_ROOT_PATH": "/ai", "PLUGGABLY_CORS_ORIGINS": json.dumps([elsewhere])}
        keyed = stack.enter_context(running_gateway(folder / "keyed", **variables, **more))
        with keyed.client() as client:
            invite = client.post("/v1/users/invites", json={}).json()["invite_token"]
        environment = node.environment() | {
            "WEB_BROWSER": browser,
            "WEB_LOCAL": local.url,
            "WEB_KEYED": keyed.url,
            "WEB_KEY": KEY,
            "WEB_INVITE": invite,
            "WEB_ELSEWHERE": elsewhere,
            "WEB_PICTURE": str(picture),
        }
        told = ["--reporter=json", f"--outputFile={report}", "--reporter=default"]
        ended = subprocess.run(
            [*node.find().npm, "run", "--silent", "browser", "--", *told],
            cwd=ROOT / "web", env=environment, capture_output=True, text=True, check=False, timeout=400,
        )  # fmt: skip
        print(ended.stdout[-8000:], ended.stderr[-4000:])
    assert report.exists(), "the browser tests did not run"
    (suite,) = json.loads(report.read_text())["testResults"]
    found = {
        test["title"]: (test["status"] == "passed", "\n".join(test["failureMessages"]))
        for test in suite["assertionResults"]
    }
    assert found, suite["message"]
    return found


def test_the_logic_of_the_page(site: Path) -> None:
    node.npm(ROOT / "web", "run", "--silent", "test")


def passed(outcomes: Outcomes, title: str) -> None:
    has_passed, message = outcomes[title]
    assert has_passed, message


@pytest.mark.req("TEST-MAN-005", "SYS-REQ-028")
def test_an_answer_comes_into_the_chat_piece_by_piece(outcomes: Outcomes) -> None:
    passed(outcomes, "TEST-MAN-005: an answer comes into the chat piece by piece")


def test_a_real_model_answers_and_auto_is_the_first_choice(outcomes: Outcomes) -> None:
    passed(outcomes, "a real model answers, and Auto is the first choice")


def test_models_are_listed_and_filtered_by_what_they_make(outcomes: Outcomes) -> None:
    passed(outcomes, "TEST-MAN-004: models are listed and filtered by what they make")


@pytest.mark.req("TEST-MAN-MVP-003", "SYS-REQ-065", "SYS-REQ-066")
def test_sessions_stand_in_the_left_pane_and_can_be_switched(outcomes: Outcomes) -> None:
    passed(outcomes, "TEST-MAN-MVP-003: sessions stand in the left pane and can be switched")


@pytest.mark.req("TEST-MAN-MVP-004", "SYS-REQ-067")
def test_prompts_and_answers_show_when_they_were_made(outcomes: Outcomes) -> None:
    passed(outcomes, "TEST-MAN-MVP-004: prompts and answers show when they were made")


@pytest.mark.req("TEST-MAN-009", "SYS-REQ-032")
def test_what_was_said_is_still_there_and_each_session_keeps_to_itself(outcomes: Outcomes) -> None:
    passed(outcomes, "TEST-MAN-009: what was said is still there, and each session keeps to itself")


@pytest.mark.req("TEST-MAN-017", "SYS-REQ-048")
def test_an_answer_is_made_again_and_the_earlier_one_can_be_leafed_back_to(outcomes: Outcomes) -> None:
    passed(outcomes, "TEST-MAN-017: an answer is made again, and the earlier one can be leafed back to")


def test_a_prompt_is_edited_and_sent_again(outcomes: Outcomes) -> None:
    passed(outcomes, "a prompt is edited and sent again")


def test_an_answer_is_stopped_and_what_has_come_of_it_stays(outcomes: Outcomes) -> None:
    passed(outcomes, "an answer is stopped, and what has come of it stays")


def test_an_answer_that_is_under_way_is_picked_up_again_after_a_reload(outcomes: Outcomes) -> None:
    passed(outcomes, "an answer that is under way is picked up again after a reload")


def test_a_lost_connection_is_picked_up_again(outcomes: Outcomes) -> None:
    passed(outcomes, "a lost connection is picked up again")


def test_markdown_is_shown_with_code_to_copy_tables_and_formulas_nothing_in_it_runs(outcomes: Outcomes) -> None:
    passed(outcomes, "Markdown is shown with code to copy, tables and formulas; nothing in it runs")


def test_enter_sends_shift_enter_breaks_the_line_up_recalls(outcomes: Outcomes) -> None:
    passed(outcomes, "Enter sends, Shift+Enter breaks the line, Up recalls")


@pytest.mark.req("TEST-MAN-018", "SYS-REQ-070")
def test_images_are_attached_by_upload_paste_drag_and_address_and_refused_with_a_reason(outcomes: Outcomes) -> None:
    passed(
        outcomes, "TEST-MAN-018: images are attached by upload, paste, drag and address, and refused with a reason"
    )


def test_a_session_is_renamed_exported_and_closed(outcomes: Outcomes) -> None:
    passed(outcomes, "a session is renamed, exported and closed")


@pytest.mark.req("TEST-MAN-MVP-005", "SYS-REQ-068")
def test_the_connection_test_shows_a_green_check_or_what_is_wrong(outcomes: Outcomes) -> None:
    passed(outcomes, "TEST-MAN-MVP-005: the connection test shows a green check, or what is wrong")


@pytest.mark.req("TEST-MAN-008", "SYS-REQ-031")
def test_the_page_is_hosted_elsewhere_and_talks_to_the_gateway_that_its_settings_name(outcomes: Outcomes) -> None:
    passed(outcomes, "TEST-MAN-008: the page is hosted elsewhere and talks to the gateway that its settings name")


@pytest.mark.req("TEST-MAN-012", "SYS-REQ-037")
def test_registering_needs_an_invite_logging_in_and_out_works_with_a_cookie_no_script_reads(
    outcomes: Outcomes,
) -> None:
    passed(
        outcomes, "TEST-MAN-012: registering needs an invite; logging in and out works, with a cookie no script reads"
    )


def test_axe_finds_no_serious_fault_on_any_page_in_either_theme_and_at_either_size(outcomes: Outcomes) -> None:
    passed(outcomes, "axe finds no serious fault on any page, in either theme and at either size")


def test_the_keyboard_alone_begins_a_chat_chooses_a_model_and_comes_back_to_it(outcomes: Outcomes) -> None:
    passed(outcomes, "the keyboard alone begins a chat, chooses a model and comes back to it")


def test_on_a_phone_the_left_pane_comes_in_from_the_side_and_nothing_is_wider_than_the_screen(
    outcomes: Outcomes,
) -> None:
    passed(outcomes, "on a phone the left pane comes in from the side, and nothing is wider than the screen")


def test_with_the_gateway_gone_the_page_says_so_and_what_was_typed_is_not_lost(outcomes: Outcomes) -> None:
    passed(outcomes, "with the gateway gone the page says so, and what was typed is not lost")


def test_the_first_load_stays_under_250_kb_and_what_never_changes_is_kept_for_good(outcomes: Outcomes) -> None:
    passed(outcomes, "the first load stays under 250 KB, and what never changes is kept for good")


def test_a_long_answer_keeps_the_page_moving_while_it_streams(outcomes: Outcomes) -> None:
    passed(outcomes, "a long answer keeps the page moving while it streams")


def test_every_browser_test_has_its_test_here(outcomes: Outcomes) -> None:
    here = Path(__file__).read_text()
    assert [title for title in outcomes if f'"{title}"' not in here] == []
