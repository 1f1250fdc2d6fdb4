"""Search of the hub and the files of its repositories, through the whole gateway and `huggingface_hub` itself."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.factories.apps import AUTHORISED, client_of, running_app
from tests.factories.hub import TINY
from tests.fakes.hub import FakeHub, Fault, Repo


async def found(client: httpx.AsyncClient, **params: Any) -> dict[str, Any]:
    answer = await client.get("/v1/models/search", params=params)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def ids(body: dict[str, Any]) -> list[str]:
    return [model["id"] for model in body["results"]]


@pytest.mark.req("SYS-REQ-063", "TEST-SYS-MVP-004")
async def test_a_search_tells_of_each_model_what_one_chooses_by(client: httpx.AsyncClient) -> None:
    body = await found(client, source="huggingface", query="tiny llama")
    assert ids(body) == [TINY, "acme/tiny-llama"]
    assert body["next_cursor"] is None
    tiny, original = body["results"]
    assert tiny == {
        "id": TINY,
        "name": "tiny-llama-GGUF",
        "tags": ["gguf", "conversational", "text-generation", "license:apache-2.0"],
        "modality_hints": ["text"],
        "downloads": 900,
        "likes": 7,
        "last_modified": "2026-10-01T00:00:00Z",
        "size_bytes": tiny["size_bytes"],
        "gated": False,
        "licence": "apache-2.0",
    }
    assert tiny["size_bytes"] > 100
    assert original["size_bytes"] == 204


@pytest.mark.req("SYS-REQ-063", "TEST-SYS-MVP-004")
async def test_pages_follow_the_hubs_own_links_and_hold_every_model_once(
    client: httpx.AsyncClient, hub: FakeHub
) -> None:
    for number in range(7):
        hub.add(Repo(f"many/m{number}", downloads=10 - number))
    seen, cursor, pages = [], None, 0
    while pages == 0 or cursor is not None:
        body = await found(client, query="many", limit=3, **({"cursor": cursor} if cursor else {}))
        seen += ids(body)
        cursor, pages = body["next_cursor"], pages + 1
    assert seen == [f"many/m{number}" for number in range(7)]
    assert pages == 3


async def test_a_modality_goes_through_all_tasks_that_make_it(client: httpx.AsyncClient, hub: FakeHub) -> None:
    hub.add(Repo("acme/carver", pipeline_tag="text-to-3d", downloads=1))
    assert ids(await found(client, modality="3d")) == ["acme/carver", "acme/sculptor"]
    first = await found(client, modality="3d", limit=1)
    second = await found(client, modality="3d", limit=1, cursor=first["next_cursor"])
    assert (ids(first), ids(second)) == (["acme/carver"], ["acme/sculptor"])
    (painter,) = (await found(client, modality="image"))["results"]
    assert (painter["id"], painter["modality_hints"], painter["gated"]) == ("acme/painter", ["image"], True)


async def test_a_model_without_a_task_is_known_by_its_files(client: httpx.AsyncClient) -> None:
    (model,) = (await found(client, query="other/llama"))["results"]
    assert (model["modality_hints"], model["size_bytes"], model["licence"]) == (["text"], None, None)


async def test_a_model_of_which_the_hub_tells_nonsense_is_left_out_and_the_others_come(
    client: httpx.AsyncClient, hub: FakeHub
) -> None:
    hub.add(Repo("odd/one", gguf=["no object"]))  # type: ignore[arg-type]
    hub.add(Repo("odd/two", safetensors={"total": 1}))
    hub.add(Repo("odd/three", card={"license": 7}, likes=True, tags=[["no word"]]))  # type: ignore[list-item]
    hub.add(Repo("odd/four", tags=["half a \ud800 character"]))
    (model,) = (await found(client, query="odd/"))["results"]
    assert (model["id"], model["tags"][0]) == ("odd/four", "half a ? character")


@pytest.mark.parametrize(
    "params",
    [
        {"cursor": "nonsense"},
        {"cursor": "WzksICJhIl0"},
        {"limit": 0},
        {"limit": 101},
        {"modality": "smell"},
        {"source": "elsewhere"},
        {"query": "x" * 256},
    ],
)
async def test_what_is_no_search_is_told_so(client: httpx.AsyncClient, params: dict[str, Any]) -> None:
    answer = await client.get("/v1/models/search", params=params)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["param"] == next(iter(params))


async def test_a_cursor_that_the_hub_refuses_is_an_error_of_the_request(client: httpx.AsyncClient) -> None:
    forged = "WzAsICJjdXJzb3I9JTIxJTIxJTIxIl0"  # [0, "cursor=%21%21%21"]
    answer = await client.get("/v1/models/search", params={"query": "llama", "cursor": forged})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "validation_error")


async def test_results_are_kept_for_a_while_and_asked_for_once_by_many_at_a_time(
    client: httpx.AsyncClient, hub: FakeHub
) -> None:
    hub.misbehave(Fault(on="search", delay_s=0.3))
    answers = await asyncio.gather(*(found(client, query="llama") for _ in range(20)))
    assert all(answer == answers[0] for answer in answers)
    await found(client, query="  llama ")
    assert len(hub.requests("search")) == 1
    await found(client, query="llama", limit=1)
    assert len(hub.requests("search")) == 2


@pytest.mark.req("SYS-REQ-063")
@pytest.mark.parametrize(
    ("fault", "status", "code", "retry_after"),
    [
        (Fault(hang=True), 503, "provider_unavailable", 15),
        (Fault(delay_s=60), 503, "provider_unavailable", 15),
        (Fault(bytes_per_s=20), 503, "provider_unavailable", 15),
        (Fault(cut_after=10), 503, "provider_unavailable", 15),
        (Fault(cut_after=10, then="stall"), 503, "provider_unavailable", 15),
        (Fault(html=True), 503, "provider_unavailable", 15),
        (Fault(status=500), 503, "provider_unavailable", 15),
        (Fault(status=503, retry_after=77), 503, "provider_unavailable", 77),
        (Fault(status=429, retry_after=33), 429, "provider_rate_limited", 33),
        (Fault(status=418), 502, "provider_error", None),
    ],
    ids=lambda value: repr(value).replace("None, ", "") if isinstance(value, Fault) else str(value),
)
async def test_a_hub_that_fails_is_told_in_a_bounded_time_and_asked_anew_next_time(
    client: httpx.AsyncClient, hub: FakeHub, fault: Fault, status: int, code: str, retry_after: int | None
) -> None:
    await found(client)  # what is imported once is imported
    hub.misbehave(fault)
    began = time.monotonic()
    answer = await client.get("/v1/models/search", params={"query": "llama"})
    assert time.monotonic() - began < 8
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
    assert answer.json()["error"]["retry_after"] == retry_after
    hub.behave()
    assert ids(await found(client, query="llama"))


async def test_a_hub_that_is_away_is_told_as_such(tmp_path: Path) -> None:
    settings = {"hub": {"endpoint": "http://127.0.0.1:9", "timeout_s": 5}}
    async with running_app(tmp_path, **settings) as app, client_of(app, headers=AUTHORISED) as client:
        answer = await client.get("/v1/models/search")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "provider_unavailable")
        assert int(answer.headers["retry-after"]) > 0
        assert (await client.get("/health")).status_code == 200


async def test_nothing_else_waits_while_the_hub_does_not_answer(client: httpx.AsyncClient, hub: FakeHub) -> None:
    await found(client)
    hub.misbehave(Fault(hang=True, times=None))
    stuck = [
        asyncio.create_task(client.get("/v1/models/search", params={"query": str(number)})) for number in range(12)
    ]
    await asyncio.sleep(0.2)
    began = time.monotonic()
    assert (await client.get("/v1/models")).status_code == 200
    assert time.monotonic() - began < 1
    answers = await asyncio.gather(*stuck)
    assert {answer.status_code for answer in answers} == {503}
    assert len(hub.requests("search")) <= 1 + 4 + 4


async def test_the_operators_token_opens_what_it_may_see_and_is_refused_where_it_is_none(
    tmp_path: Path, hub: FakeHub
) -> None:
    for token, expected in (("hf_operator", 200), ("hf_expired", 502)):
        settings = {"hub": {"endpoint": hub.url}, "providers": {"huggingface": {"api_key": token}}}
        async with running_app(tmp_path / token, **settings) as app, client_of(app, headers=AUTHORISED) as client:
            answer = await client.get("/v1/models/search", params={"query": "secret"})
            assert answer.status_code == expected, answer.text
            assert hub.requests("search")[-1].token == token
    assert answer.json()["error"]["code"] == "provider_auth_error"
    assert "hf_expired" not in answer.text


async def test_a_users_own_key_is_asked_with_and_its_answers_are_theirs_alone(tmp_path: Path, hub: FakeHub) -> None:
    settings = {"hub": {"endpoint": hub.url}, "providers": {"huggingface": {"api_key": "hf_operator"}}}
    async with (
        running_app(tmp_path, invite_only=False, **settings) as app,
        client_of(app, headers=AUTHORISED) as operator,
        client_of(app) as user,
    ):
        assert ids(await found(operator, query="secret")) == ["acme/secret-llama"]
        account = {"email": "u@example.org", "password": "a long enough password"}
        assert (await user.post("/v1/users/register", json=account)).status_code == 201
        token = (await user.post("/v1/users/login", json=account)).json()["token"]
        user.headers["authorization"] = f"Bearer {token}"
        key = {"provider": "huggingface", "credential_type": "api_key", "api_key": "hf_user"}
        stored = await user.post("/v1/users/provider-keys", json=key)
        assert stored.status_code == 201, stored.text
        assert ids(await found(user, query="secret")) == []
        assert hub.requests("search")[-1].token == "hf_user"


@pytest.mark.req("SYS-REQ-063")
@pytest.mark.parametrize("repo", [TINY, quote(TINY, safe="")])
async def test_the_files_of_a_repository_come_with_size_quantisation_and_whether_they_fit(
    client: httpx.AsyncClient, hub: FakeHub, repo: str
) -> None:
    answer = await client.get(f"/v1/models/search/{repo}/files")
    assert answer.status_code == 200, answer.text
    files = {file["name"]: file for file in answer.json()["files"]}
    assert list(files) == sorted(hub.repos[TINY].files)
    assert files["tiny-llama.Q8_0.gguf"] == {
        "name": "tiny-llama.Q8_0.gguf",
        "size_bytes": hub.repos[TINY].size("tiny-llama.Q8_0.gguf"),
        "quantisation": "Q8_0",
        "fits": True,
    }
    assert files["split/big-Q2_K-00002-of-00002.gguf"]["quantisation"] == "Q2_K"
    assert files["README.md"]["quantisation"] is None


async def test_a_file_fits_only_within_the_limit_and_a_split_model_only_as_a_whole(
    tmp_path: Path, hub: FakeHub
) -> None:
    one = hub.repos[TINY].size("tiny-llama.Q4_K_M.gguf")
    settings = {"hub": {"endpoint": hub.url}, "storage": {"max_model_gb": (one + 500) / 1e9}}
    async with running_app(tmp_path, **settings) as app, client_of(app, headers=AUTHORISED) as client:
        answer = await client.get(f"/v1/models/search/{TINY}/files")
    fits = {file["name"]: file["fits"] for file in answer.json()["files"]}
    assert fits == {
        "README.md": True,
        "split/big-Q2_K-00001-of-00002.gguf": False,
        "split/big-Q2_K-00002-of-00002.gguf": False,
        "tiny-llama.Q4_K_M.gguf": True,
        "tiny-llama.Q8_0.gguf": False,
    }


async def test_a_repository_or_a_revision_that_is_not_there_is_not_found(client: httpx.AsyncClient) -> None:
    for path in ("acme/nothing/files", f"{TINY}/files?revision=old", "acme/secret-llama/files"):
        answer = await client.get(f"/v1/models/search/{path}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found"), answer.text
    assert (await client.get(f"/v1/models/search/{TINY}/files?revision=main")).status_code == 200


@pytest.mark.parametrize("repo", ["%2e%2e/%2e%2e", "a/b/c", "a/..%2f..", "acme/x%3Fy", "acme/x%00", "acme--x/y"])
async def test_a_name_that_is_none_reaches_no_hub(client: httpx.AsyncClient, hub: FakeHub, repo: str) -> None:
    answer = await client.get(f"/v1/models/search/{repo}/files")
    assert answer.status_code in (404, 422), answer.text
    assert hub.asked == []
