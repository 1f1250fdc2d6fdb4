"""ls, ps, rm."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.factories.bodies import found_model, loaded, model
from tests.fakes.gateway import Answer, envelope

MODELS = [
    model(
        "smollm2.Q4_1",
        modality="text",
        provider="local",
        size_bytes=98_362_432,
        capabilities={"max_context_tokens": 8192},
        status="available",
        runtime_status="loaded",
        is_default=True,
        pinned=True,
        version="Q4_1",
        last_used_at=(datetime.now(UTC) - timedelta(hours=2, minutes=5)).isoformat(),
    ),
    model("painter\x1b[2J", modality="image", provider="acme", status="disabled", **{"from": "the future"}),
]


@pytest.fixture
def models(server):
    server.on("GET /v1/models", Answer({"models": MODELS, "next_cursor": None}))
    server.on("GET /v1/models/smollm2.Q4_1", Answer(MODELS[0]))
    server.on("DELETE /v1/models/smollm2.Q4_1", Answer(MODELS[0]))


async def test_ls_shows_each_model_in_a_line(pluggably, models):
    result = await pluggably("ls")
    header, first, second = result.out.splitlines()
    assert re.split(" {2,}", header) == [
        *("ID", "MODALITY", "PROVIDER", "SIZE", "QUANT", "CONTEXT", "LAST USED", "STATUS")
    ]
    assert re.split(" {2,}", first) == [
        *("smollm2.Q4_1", "text", "local", "98.4 MB", "Q4_1", "8192", "2 h ago", "loaded, default, pinned")
    ]
    assert second.split() == ["painter[2J", "image", "acme", "-", "-", "-", "-", "disabled"]


async def test_ls_as_json_is_what_the_server_said(pluggably, models):
    listed = (await pluggably("ls", "--json")).json()["models"]
    assert listed[0].items() >= {"id": "smollm2.Q4_1", "size_bytes": 98_362_432}.items()
    assert listed[1]["from"] == "the future"


async def test_ls_quiet_gives_ids_alone_and_filters_are_passed_on(pluggably, models, server):
    result = await pluggably("ls", "--quiet", "--modality", "text", "--status", "available", "--search", "smol")
    assert result.out.splitlines()[0] == "smollm2.Q4_1"
    assert server.requests[0].query == {"modality": "text", "status": "available", "q": "smol"}


async def test_an_empty_list_says_how_to_get_a_model_and_not_on_stdout(pluggably, server):
    server.on("GET /v1/models", Answer({"models": [], "next_cursor": None}))
    assert "pluggably pull starter" in (await pluggably("ls")).err
    assert (await pluggably("ls", "-q")).out == ""


async def test_ps_shows_what_is_in_memory(pluggably, server):
    tiny = loaded(
        "tiny",
        memory_bytes=200_000_000,
        device="cuda0\x1b[2J",
        active_requests=2,
        queue_depth=1,
        is_pinned=True,
        last_used_at=None,
    )
    server.on("GET /v1/models/loaded", Answer({"models": [tiny]}))
    header, line = (await pluggably("ps")).out.splitlines()
    assert header.split() == ["ID", "SIZE", "DEVICE", "ACTIVE", "QUEUED", "LAST", "USED", "UNTIL"]
    assert line.split() == ["tiny", "200", "MB", "cuda0[2J", "2", "1", "-", "pinned"]
    assert (await pluggably("ps", "-q")).out == "tiny\n"
    assert (await pluggably("ps", "--json")).json()["models"][0]["active_requests"] == 2


async def test_ps_shows_until_when_a_model_stays(pluggably, server):
    until = datetime.now(UTC) + timedelta(minutes=14, seconds=50)
    idle = loaded("idle", memory_bytes=None, last_used_at=None, device="cpu", until=until.isoformat())
    busy = loaded("busy", memory_bytes=None, last_used_at=None, device="mps", active_requests=1)
    queued = loaded("queued", memory_bytes=None, last_used_at=None, device=None, queue_depth=1)
    gone = loaded("gone", memory_bytes=None, last_used_at=None, device=None, until="2026-01-01T00:00:00Z")
    server.on("GET /v1/models/loaded", Answer({"models": [idle, busy, queued, gone]}))
    lines = (await pluggably("ps")).out.splitlines()[1:]
    assert [line.split("-")[-1].strip() for line in lines] == ["in 14 min", "in use", "in use", "in 0 s"]
    assert [line.split()[2] for line in lines] == ["cpu", "mps", "-", "-"]


async def test_rm_asks_first_and_removes_after_a_yes(pluggably, models, server):
    async with pluggably.terminal("rm", "smollm2.Q4_1", "--files") as terminal:
        assert "and its files (98.4 MB)" in await terminal.see("[y/N]:")
        await terminal.type("y\n")
        await terminal.see("is removed")
        assert await terminal.end() == 0
    assert server.requests[-1].method == "DELETE"
    assert server.requests[-1].query == {"files": "true"}


async def test_rm_removes_nothing_after_a_no(pluggably, models, server):
    async with pluggably.terminal("rm", "smollm2.Q4_1") as terminal:
        await terminal.see("[y/N]:")
        await terminal.type("\n")
        assert await terminal.end() == 1
    assert [request.method for request in server.requests] == ["GET"]


async def test_rm_where_nobody_can_be_asked_wants_a_yes(pluggably, models, server):
    result = await pluggably("rm", "smollm2.Q4_1")
    assert result.status == 2
    assert "--yes" in result.err
    assert (await pluggably("rm", "smollm2.Q4_1", "--yes", "-q")).out == "smollm2.Q4_1\n"


async def test_an_unknown_model_is_refused_with_what_was_perhaps_meant(pluggably, server):
    refusal = envelope("model_not_found", "No model 'smol'.", details={"suggestions": ["smollm2.Q4_1"]})
    server.on("DELETE /v1/models/smol", Answer(refusal, 404))
    result = await pluggably("rm", "smol", "--yes")
    assert result.status == 1
    assert result.err == "pluggably: No model 'smol'. Did you mean smollm2.Q4_1?\n"


async def test_a_model_of_the_other_kind_leads_to_the_other_command(pluggably, server):
    refusal = envelope("modality_mismatch", "scene-image makes image, but the request says modality 'text'.")
    server.on("POST /v1/generate", Answer(refusal, 400))
    result = await pluggably("run", "scene-image", "-p", "a red cube")
    assert result.status == 1
    assert "`pluggably make` for images" in result.err


async def test_what_the_server_suggests_already_is_not_said_twice(pluggably, server):
    told = "No model 'smol'. Did you mean 'smollm2.Q4_1'?"
    refusal = envelope("model_not_found", told, details={"suggestions": ["smollm2.Q4_1"]})
    server.on("DELETE /v1/models/smol", Answer(refusal, 404))
    assert (await pluggably("rm", "smol", "--yes")).err == f"pluggably: {told}\n"


FOUND = {
    "results": [
        found_model(
            "acme/tiny-GGUF",
            modality_hints=["text"],
            size_bytes=98_362_432,
            downloads=1234,
            licence="apache-2.0",
            gated=False,
        ),
        found_model(
            "acme/paint\x1b[2Jer",
            modality_hints=[],
            size_bytes=None,
            downloads=None,
            licence=None,
            gated=True,
            **{"from": "the future"},
        ),
    ],
    "next_cursor": "more",
}


@pytest.mark.req("SYS-REQ-063")
async def test_search_shows_what_one_chooses_by(pluggably, server):
    server.on("GET /v1/models/search", Answer(FOUND))
    result = await pluggably("search", "tiny llama", "--modality", "text", "--limit", "2")
    header, first, second = result.out.splitlines()
    assert header.split() == ["ID", "MAKES", "SIZE", "DOWNLOADS", "LICENCE"]
    assert first.split() == ["acme/tiny-GGUF", "text", "98.4", "MB", "1234", "apache-2.0"]
    assert second.split() == ["acme/paint[2Jer", "-", "-", "-", "-", "gated"]
    assert "--limit" in result.err
    assert server.requests[0].query == {"query": "tiny llama", "modality": "text", "limit": "2"}


async def test_search_as_json_is_what_the_server_said_and_quiet_gives_ids_alone(pluggably, server):
    server.on("GET /v1/models/search", Answer(FOUND))
    found = (await pluggably("search", "tiny", "--json")).json()
    assert (found["next_cursor"], found["results"][1]["from"]) == ("more", "the future")
    assert (await pluggably("search", "-q")).out.splitlines()[0] == "acme/tiny-GGUF"
    assert server.requests[1].query == {"limit": "20"}


async def test_a_search_without_results_says_so_and_not_on_stdout(pluggably, server):
    server.on("GET /v1/models/search", Answer({"results": [], "next_cursor": None}))
    result = await pluggably("search", "nothing")
    assert (result.status, "no model" in result.err) == (0, True)


async def test_a_hub_that_is_away_fails_in_one_line(pluggably, server):
    server.on("GET /v1/models/search", Answer(envelope("provider_unavailable", "The hub is away."), 503))
    result = await pluggably("search", "tiny")
    assert (result.status, result.out, "The hub is away." in result.err) == (1, "", True)


@pytest.mark.req("SYS-REQ-063")
async def test_search_lists_the_files_of_a_repository(pluggably, server):
    files = [
        {"name": "sub/tiny.Q4_K_M.gguf", "size_bytes": 98_362_432, "quantisation": "Q4_K_M", "fits": True},
        {"name": "big.gguf", "size_bytes": 10**12, "quantisation": None, "fits": False},
        {"name": "README.md", "size_bytes": None, "quantisation": None, "fits": None},
    ]
    server.on("GET /v1/models/search/acme%2Ftiny-GGUF/files", Answer({"files": files}))
    header, first, second, third = (
        await pluggably("search", "acme/tiny-GGUF", "--files", "--revision", "v1")
    ).out.splitlines()
    assert header.split() == ["NAME", "SIZE", "QUANTISATION", "FITS"]
    assert first.split() == ["sub/tiny.Q4_K_M.gguf", "98.4", "MB", "Q4_K_M", "yes"]
    assert second.split() == ["big.gguf", "1.0", "TB", "-", "no"]
    assert third.split() == ["README.md", "-", "-", "-"]
    assert server.requests[0].query == {"revision": "v1"}
    assert (await pluggably("search", "acme/tiny-GGUF", "--files", "-q")).out.splitlines()[2] == "README.md"
    assert (await pluggably("search", "--files")).status == 2
