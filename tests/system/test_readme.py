"""What the README and the reference show works, as it stands there."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories.examples import ROOT, Example, differences, event_names, examples, run
from tests.factories.gateways import Gateway, running_gateway
from tests.factories.images import image_bytes
from tests.fakes.hub import Repo, fake_hub

README = ROOT / "README.md"
REFERENCE = ROOT / "docs" / "api_endpoints.md"
TAKES_A_KEY = "pluggably key"


def calls(page: Path) -> list[Example]:
    """The examples that talk to a server."""
    return [example for example in examples(page) if "curl " in example.code or example.language == "python"]


@pytest.fixture(scope="module")
def local_gateway(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway in local mode, as `make run` starts it; its hub is one on loopback."""
    repo = Repo(
        "bartowski/SmolLM2-135M-Instruct-GGUF",
        {"README.md": b"# SmolLM2", "SmolLM2-135M-Instruct-Q4_K_M.gguf": b"GGUF"},
        card={"license": "apache-2.0"},
        gguf={"total": 134515008, "totalFileSize": 105454432, "architecture": "llama", "context_length": 8192},
    )
    with (
        fake_hub(repo, Repo("someone/smollm2-tuned")) as hub,
        running_gateway(
            tmp_path_factory.mktemp("local"),
            models=model_folder,
            local=True,
            PLUGGABLY_BUILTIN_MODELS="true",
            PLUGGABLY_HUB__ENDPOINT=hub.url,
            # An answer without `max_tokens` may fill it, which takes minutes on a busy machine.
            PLUGGABLY_RUNTIME__CONTEXT_TOKENS="512",
        ) as gateway,
    ):
        yield gateway


@pytest.mark.req("SYS-REQ-001", "SYS-REQ-017")
@pytest.mark.parametrize("example", [call for call in calls(README) if TAKES_A_KEY not in call.code], ids=str)
def test_the_first_calls_of_the_readme_bring_text(example: Example, local_gateway: Gateway, tmp_path: Path) -> None:
    printed = run(example, local_gateway.url, tmp_path)
    if example.language == "python":
        assert printed.strip()
    elif '"stream": true' in example.code:
        assert event_names(printed) == ["selected", "delta", "output"]
    elif '"modality": "3d"' in example.code:
        assert json.loads(printed)["output"]["mesh"].startswith("data:model/gltf-binary;base64,")
    else:
        assert json.loads(printed)["output"]["text"].strip()


@pytest.mark.req("SYS-REQ-014")
def test_the_readmes_way_to_send_a_key_opens_a_gateway_that_made_its_own(model_folder: Path, tmp_path: Path) -> None:
    (example,) = [call for call in calls(README) if TAKES_A_KEY in call.code]
    with running_gateway(tmp_path, models=model_folder, key=None) as gateway:
        printed = run(example, gateway.url, tmp_path, PLUGGABLY_DATA_DIR=str(gateway.data_dir))
    assert json.loads(printed)["data"][0]["object"] == "model"


@pytest.mark.req("TEST-MAN-CR001-001", "SYS-REQ-061")
def test_every_example_of_the_reference_is_answered_as_it_shows(
    local_gateway: Gateway, model_folder: Path, tmp_path: Path
) -> None:
    # One after the other: later examples use the model that earlier ones registered.
    (tmp_path / "table.png").write_bytes(image_bytes())
    forgotten = model_folder / "other-Q4_0.gguf.part"
    forgotten.write_bytes(b"GGUF")
    os.utime(forgotten, (0, 0))
    for example in calls(REFERENCE):
        printed = run(example, local_gateway.url, tmp_path)
        if example.answer_language == "json":
            assert not differences(json.loads(example.answer), json.loads(printed)), str(example)
        elif "event: " in example.answer:
            assert event_names(printed) == event_names(example.answer)
            assert printed.endswith("data: [DONE]\n\n")
        else:
            assert example.answer.partition("{")[0] in printed, str(example)
