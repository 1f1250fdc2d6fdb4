"""Users' own provider keys over HTTP, against a real vendor server and a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from pluggably.kit.database import Database
from tests.factories.apps import AUTHORISED, client_of, providers, running_app
from tests.factories.people import person
from tests.fakes.openai_server import OpenAIServer, model_row

PATH = "/v1/users/provider-keys"
OPERATORS = "sk-CANARY-provider"
ANNS = "sk-CANARY-ann-0123456789abcd"
BOBS = "sk-CANARY-bob-0123456789wxyz"
LOOPBACK = ["127.0.0.0/8"]


def api_key(key: str, provider: str = "acme") -> dict[str, Any]:
    return {"provider": provider, "credential_type": "api_key", "api_key": key}


def endpoint_key(url: str, key: str = ANNS) -> dict[str, Any]:
    return {"provider": "openai_compatible", "credential_type": "endpoint_key", "api_key": key, "endpoint": url}


@asynccontextmanager
async def two_users(
    data_dir: Path, **settings: Any
) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient, httpx.AsyncClient]]:
    """Ann, Bob and the operator."""
    async with running_app(data_dir, **settings) as app:
        ann, bob = [client_of(app, headers=(await person(app, name)).headers) for name in ("ann", "bob")]
        operator = client_of(app, headers=AUTHORISED)
        async with ann, bob, operator:
            yield ann, bob, operator


async def ask(client: httpx.AsyncClient, model: str = "acme:gpt-test", **more: Any) -> httpx.Response:
    return await client.post("/v1/generate", json={"model": model, "input": {"prompt": "Hi"}, **more})


async def listed(client: httpx.AsyncClient, provider: str, count: int) -> list[dict[str, Any]]:
    """The models of a provider that the client sees, as soon as there are so many that are available."""
    async with asyncio.timeout(10):
        while True:
            models = (await client.get("/v1/models", params={"provider": provider})).json()["models"]
            found = [model for model in models if model["availability"]["access"] == "available"]
            if len(found) == count:
                return found
            await asyncio.sleep(0.02)


@pytest.mark.req("SYS-REQ-035", "SYS-REQ-064", "TEST-MAN-010", "TEST-MAN-MVP-002")
async def test_a_key_is_stored_shown_masked_and_deleted(upstream: OpenAIServer, tmp_path: Path) -> None:
    async with two_users(tmp_path, providers=providers(upstream.base_url)) as (ann, _, _):
        made = await ann.post(PATH, json=api_key(ANNS))
        assert made.status_code == 201
        assert set(made.json()) == {"id", "provider", "credential_type", "masked_key", "created_at"}
        assert made.json()["masked_key"] == "sk-…abcd"
        assert (await ann.get(PATH)).json() == {"provider_keys": [made.json()], "next_cursor": None}
        gone = await ann.delete(f"{PATH}/acme")
        assert (gone.status_code, gone.json()) == (200, made.json())
        assert (await ann.get(PATH)).json()["provider_keys"] == []
        again = await ann.delete(f"{PATH}/acme")
        assert (again.status_code, again.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.req("SYS-REQ-064", "TEST-MAN-MVP-002")
async def test_the_fields_that_a_provider_lists_are_those_that_it_takes(tmp_path: Path) -> None:
    async with two_users(tmp_path) as (ann, _, _):
        found = {item["name"]: item for item in (await ann.get("/v1/providers")).json()["providers"]}
        types = {
            name: {way["properties"]["credential_type"]["const"] for way in item["credential_types"].get("anyOf", ())}
            for name, item in found.items()
        }
        assert types["openai"] == {"api_key"}
        assert types["azure"] == types["openai_compatible"] == {"endpoint_key"}
        assert types["google"] == {"api_key", "oauth_token", "service_account"}
        assert types["local"] == set()
        saved = [
            api_key(ANNS, "openai"),
            {**endpoint_key("https://res.openai.azure.com"), "provider": "azure"},
            {"provider": "anthropic", "credential_type": "oauth_token", "oauth_token": ANNS},
        ]
        for body in saved:
            made = await ann.post(PATH, json=body)
            assert (made.status_code, made.json()["credential_type"]) == (201, body["credential_type"])
        assert {item["provider"] for item in (await ann.get(PATH)).json()["provider_keys"]} == {
            "openai",
            "azure",
            "anthropic",
        }


@pytest.mark.req("SYS-REQ-064")
@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (api_key(ANNS, "nobody"), 404, "No provider 'nobody'"),
        (api_key(ANNS, "local"), 404, "No provider 'local'"),
        (endpoint_key("https://x.example") | {"provider": "openai"}, 422, "it takes api_key"),
        (api_key(ANNS, "openai_compatible"), 422, "it takes endpoint_key"),
        ({"provider": "openai", "credential_type": "oauth_token", "oauth_token": ANNS}, 422, "it takes api_key"),
        ({"provider": "openai", "credential_type": "password", "api_key": ANNS}, 422, "credential_type"),
        ({"provider": "openai", "credential_type": "api_key"}, 422, "api_key"),
        (api_key(ANNS, "openai") | {"endpoint": "https://x.example"}, 422, "endpoint"),
        (api_key(f"{ANNS}\r\nx-more: 1", "openai"), 422, "api_key"),
        (api_key("", "openai"), 422, "api_key: is empty"),
        (api_key(ANNS * 1000, "openai"), 422, "api_key"),
        (api_key(ANNS, "openai") | {"password": ANNS}, 422, "password"),
        ({"provider": "google", "credential_type": "service_account", "service_account_json": ANNS}, 422, "no JSON"),
        (
            {"provider": "google", "credential_type": "service_account", "service_account_json": {"key": ANNS}},
            422,
            "no key of a service account",
        ),
        (endpoint_key("http://169.254.169.254/latest"), 422, "no public address"),
        (endpoint_key("https://[::1]/v1"), 422, "no public address"),
        (endpoint_key("http://example.com/v1"), 422, "https"),
        (endpoint_key("file:///etc/passwd"), 422, "only http"),
        (endpoint_key("https://me:pass@example.com"), 422, "user name"),
        (endpoint_key("https://example.com/v1?key=x"), 422, "no query"),
        (endpoint_key("https://example.com:22/v1"), 422, "port 22"),
    ],
)
async def test_what_a_provider_does_not_take_is_refused_and_not_repeated(
    body: dict[str, Any], status: int, says: str, tmp_path: Path
) -> None:
    async with two_users(tmp_path) as (ann, _, _):
        refused = await ann.post(PATH, json=body)
        assert (refused.status_code, "CANARY" in refused.text) == (status, False)
        assert says in refused.json()["error"]["message"]
        assert (await ann.get(PATH)).json()["provider_keys"] == []


@pytest.mark.req("SYS-REQ-035", "SYS-NFR-012")
async def test_nobody_sees_or_touches_another_users_key(upstream: OpenAIServer, tmp_path: Path) -> None:
    async with two_users(tmp_path, providers=providers(upstream.base_url)) as (ann, bob, operator):
        made = (await ann.post(PATH, json=api_key(ANNS))).json()
        for other in (bob, operator):
            assert (await other.get(PATH)).json()["provider_keys"] == []
            assert (await other.delete(f"{PATH}/acme")).status_code == 404
            assert (await other.post(f"{PATH}/acme/check")).status_code == 404
        await bob.post(PATH, json=api_key(BOBS))
        assert [item["masked_key"] for item in (await bob.get(PATH)).json()["provider_keys"]] == ["sk-…wxyz"]
        await bob.delete(f"{PATH}/acme")
        assert (await ann.get(PATH)).json()["provider_keys"] == [made]


@pytest.mark.req("SYS-REQ-035")
async def test_a_users_key_goes_before_the_operators_at_once_and_for_that_user_alone(
    upstream: OpenAIServer, tmp_path: Path
) -> None:
    async with two_users(tmp_path, providers=providers(upstream.base_url)) as (ann, bob, operator):
        await ann.post(PATH, json=api_key(ANNS))
        await bob.post(PATH, json=api_key(BOBS))
        for client in (ann, bob, operator):
            assert (await ask(client)).status_code == 200
        replaced = ANNS[::-1]
        await ann.post(PATH, json=api_key(replaced))
        body = {"model": "acme:gpt-test", "messages": [{"role": "user", "content": "Hi"}]}
        assert (await ann.post("/v1/chat/completions", json=body)).status_code == 200
        await ann.delete(f"{PATH}/acme")
        assert (await ask(ann)).status_code == 200
        used = [chat.headers["authorization"].removeprefix("Bearer ") for chat in upstream.chats]
        assert used == [ANNS, BOBS, OPERATORS, replaced, OPERATORS]


@pytest.mark.req("SYS-REQ-035", "SYS-REQ-071")
async def test_a_provider_that_only_one_user_has_a_key_for_is_there_for_that_user_alone(tmp_path: Path) -> None:
    async with OpenAIServer() as own, two_users(tmp_path, allow_private_urls=LOOPBACK) as (ann, bob, operator):
        assert (await ann.post(PATH, json=endpoint_key(own.base_url))).status_code == 201
        models = await listed(ann, "openai_compatible", 2)
        assert {model["id"] for model in models} == {"openai_compatible:gpt-test", "openai_compatible:gpt-other"}
        answer = await ask(ann, "gpt-other")
        assert answer.json()["selection"]["selected_model"] == "openai_compatible:gpt-other"
        assert own.chats[0].headers["authorization"] == f"Bearer {ANNS}"
        assert (await ann.get("/v1/models/openai_compatible:gpt-test")).status_code == 200
        assert (await ann.get("/v1/schema", params={"model": "openai_compatible:gpt-test"})).status_code == 200
        assert {
            item["name"] for item in (await ann.get("/v1/providers")).json()["providers"] if item["configured"]
        } == {
            "local",
            "openai_compatible",
        }
        for other in (bob, operator):
            for model in ("gpt-other", "openai_compatible:gpt-other"):
                assert (await ask(other, model)).status_code == 404
            assert (await other.get("/v1/models/openai_compatible:gpt-test")).status_code == 404
            assert (await other.get("/v1/schema", params={"model": "openai_compatible:gpt-test"})).status_code == 404
            assert "gpt-other" not in (await other.get("/v1/models?access=all")).text
        await ann.delete(f"{PATH}/openai_compatible")
        assert (await ask(ann, "openai_compatible:gpt-other")).status_code == 404
        assert len(own.chats) == 1


@pytest.mark.req("SYS-REQ-071", "SYS-NFR-021")
async def test_a_users_own_key_shows_the_models_that_it_unlocks(upstream: OpenAIServer, tmp_path: Path) -> None:
    async with two_users(tmp_path, providers=providers(upstream.base_url)) as (ann, bob, _):
        await listed(ann, "acme", 2)
        upstream.models = {"object": "list", "data": [model_row("gpt-secret"), model_row("gpt-test"), model_row("x")]}
        await ann.post(PATH, json=api_key(ANNS))
        assert {model["id"] for model in await listed(ann, "acme", 3)} == {
            "acme:gpt-secret",
            "acme:gpt-test",
            "acme:x",
        }
        assert {model["id"] for model in await listed(bob, "acme", 2)} == {"acme:gpt-test", "acme:gpt-other"}
        assert (await ask(bob, "gpt-secret")).status_code == 404
        assert (await ask(ann, "gpt-secret")).status_code == 200
        await asyncio.gather(*(ann.get("/v1/models") for _ in range(20)))
        asked = [request for request in upstream.requests if request.headers["authorization"] == f"Bearer {ANNS}"]
        assert len([request for request in asked if request.path.endswith("/models")]) == 1


async def test_while_a_list_is_not_known_the_models_are_of_unknown_access(
    upstream: OpenAIServer, tmp_path: Path
) -> None:
    async with two_users(tmp_path, providers=providers(upstream.base_url)) as (ann, bob, _):
        await listed(ann, "acme", 2)
        upstream.models = {"object": "list", "data": "nonsense"}
        await ann.post(PATH, json=api_key(ANNS))
        async with asyncio.timeout(10):
            while len([request for request in upstream.requests if request.path.endswith("/models")]) < 2:
                await asyncio.sleep(0.02)
        for client, access in ((ann, "unknown"), (bob, "available")):
            models = (await client.get("/v1/models", params={"provider": "acme"})).json()["models"]
            assert {model["availability"]["access"] for model in models} == {access}
        assert (await ask(ann)).status_code == 200, "the provider has the last word"


@pytest.mark.req("SYS-REQ-035")
async def test_one_users_bad_key_leaves_the_others_alone(upstream: OpenAIServer, tmp_path: Path) -> None:
    async with two_users(tmp_path, providers=providers(upstream.base_url)) as (ann, bob, operator):
        await ann.post(PATH, json=api_key(ANNS))
        for model in ("acme:error:401", "acme:error:402", *["acme:error:500"] * 4):
            assert (await ask(ann, model, fallback="wait")).status_code >= 400
        for client in (bob, operator):
            answer = await ask(client)
            assert (answer.status_code, answer.json()["selection"]["attempts"]) == (200, [])
        credits = {
            item["name"]: item["credits_status"] for item in (await bob.get("/v1/providers")).json()["providers"]
        }
        assert credits["acme"]["status"] == "unknown"
        await ann.post(PATH, json=api_key(BOBS))
        answer = await ask(ann)
        assert (answer.status_code, answer.json()["selection"]["attempts"]) == (200, []), "a new key begins anew"


@pytest.mark.req("SYS-REQ-064")
async def test_a_key_is_checked_live(upstream: OpenAIServer, tmp_path: Path) -> None:
    async with two_users(tmp_path, providers=providers(upstream.base_url)) as (ann, _, _):
        await ann.post(PATH, json=api_key(ANNS))
        assert (await ann.post(f"{PATH}/acme/check")).json() == {
            "provider": "acme",
            "valid": True,
            "message": "acme takes this key.",
            "models": 2,
        }
        assert upstream.requests[-1].headers["authorization"] == f"Bearer {ANNS}"
        assert (await ann.post(f"{PATH}/openai/check")).status_code == 404
        answers = [await ann.post(f"{PATH}/acme/check") for _ in range(8)]
        assert answers[-1].status_code == 429
        assert answers[-1].json()["error"]["code"] == "rate_limited"
        assert int(answers[-1].headers["retry-after"]) > 0


async def test_a_check_tells_a_refused_key_from_a_provider_that_is_down(tmp_path: Path) -> None:
    async with two_users(tmp_path, allow_private_urls=LOOPBACK) as (ann, _, _):
        refusing = await asyncio.start_server(_refuse, "127.0.0.1", 0)
        port = refusing.sockets[0].getsockname()[1]
        await ann.post(PATH, json=endpoint_key(f"http://127.0.0.1:{port}/v1"))
        checked = await ann.post(f"{PATH}/openai_compatible/check")
        assert (checked.status_code, checked.json()["valid"], checked.json()["models"]) == (200, False, None)
        assert "CANARY" not in checked.text
        refusing.close()
        await refusing.wait_closed()
        down = await ann.post(f"{PATH}/openai_compatible/check")
        assert (down.status_code, down.json()["error"]["code"]) == (503, "provider_unavailable")


@pytest.mark.req("SYS-REQ-064")
async def test_an_endpoint_whose_name_leads_inside_is_not_called(tmp_path: Path) -> None:
    async with OpenAIServer() as inside, two_users(tmp_path) as (ann, _, _):
        port = inside.root.rpartition(":")[2]
        assert (await ann.post(PATH, json=endpoint_key(f"https://localhost:{port}/v1"))).status_code == 201
        checked = await ann.post(f"{PATH}/openai_compatible/check")
        asked = await ask(ann, "openai_compatible:gpt-test", fallback="wait")
        for answer in (checked, asked):
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "blocked_url")
            assert "CANARY" not in answer.text
        assert inside.connections == 0


async def _refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    sent = next(line for line in head.decode().split("\r\n") if line.lower().startswith("authorization"))
    body = b'{"error": {"message": "no such key: ' + sent.encode() + b'", "code": "invalid_api_key"}}'
    length = str(len(body)).encode()
    writer.write(b"HTTP/1.1 401 No\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ")
    writer.write(length + b"\r\n\r\n" + body)
    await writer.drain()
    writer.close()


async def test_a_provider_without_a_list_says_that_it_cannot_be_checked(tmp_path: Path) -> None:
    async with two_users(tmp_path) as (ann, _, _):
        await ann.post(PATH, json=api_key(ANNS, "meshy"))
        checked = (await ann.post(f"{PATH}/meshy/check")).json()
        assert (checked["valid"], checked["models"]) == (None, None)


@pytest.mark.req("SYS-NFR-001", "SYS-NFR-012", "SYS-NFR-022")
async def test_what_is_kept_and_said_holds_no_secret(
    upstream: OpenAIServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    said = []
    async with two_users(tmp_path, providers=providers(upstream.base_url), log_level="debug") as (ann, _, operator):
        said.append((await ann.post(PATH, json=api_key(ANNS))).text)
        await listed(ann, "acme", 2)
        for model in ("acme:error:401", "acme:error:400-key", "acme:gpt-test"):
            said += [(await ask(ann, model, stream=stream)).text for stream in (False, True)]
        said += [(await ann.post(f"{PATH}/acme/check")).text, (await ann.get(PATH)).text]
        said += [(await operator.get(path)).text for path in ("/metrics", "/v1/models", "/v1/providers")]
        said.append((await ann.delete(f"{PATH}/acme")).text)
        said.append((await ann.post(PATH, json=api_key(BOBS))).text)
    said += capfd.readouterr()
    kept = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert any(path.suffix == ".db" for path in kept)
    for secret in (ANNS, BOBS):
        assert all(secret not in text for text in said)
        assert [path for path, content in kept.items() if secret.encode() in content] == []


@pytest.mark.req("SYS-REQ-035")
async def test_the_audit_log_tells_who_stored_and_deleted_which_key(tmp_path: Path) -> None:
    async with two_users(tmp_path) as (ann, _, operator):
        made = (await ann.post(PATH, json=api_key(ANNS, "openai"))).json()
        await ann.delete(f"{PATH}/openai")
        log = (await operator.get("/v1/audit", params={"target_id": made["id"]})).json()["audit"]
        assert [entry["action"] for entry in log] == ["provider_key.removed", "provider_key.stored"]
        assert {entry["actor_id"] for entry in log} == {(await ann.get("/v1/users/me")).json()["id"]}
        assert log[0]["details"] == {"provider": "openai", "credential_type": "api_key"}


@pytest.mark.req("SYS-REQ-035")
async def test_keys_are_listed_in_pages(tmp_path: Path) -> None:
    async with two_users(tmp_path) as (ann, _, _):
        for name in ("openai", "groq", "xai"):
            await ann.post(PATH, json=api_key(ANNS, name))
        first = (await ann.get(PATH, params={"limit": 2})).json()
        rest = (await ann.get(PATH, params={"limit": 2, "cursor": first["next_cursor"]})).json()
        assert [item["provider"] for item in first["provider_keys"] + rest["provider_keys"]] == [
            "xai",
            "groq",
            "openai",
        ]
        assert rest["next_cursor"] is None
        assert (await ann.get(PATH, params={"cursor": "x"})).status_code == 422


async def test_a_key_that_cannot_be_decrypted_is_a_clear_error_and_no_reason_to_spend_the_operators(
    upstream: OpenAIServer, tmp_path: Path
) -> None:
    given = {"providers": providers(upstream.base_url)}
    async with two_users(tmp_path, encryption_keys=["the first key"], **given) as (ann, bob, _):
        await ann.post(PATH, json=api_key(ANNS))
    async with running_app(tmp_path, encryption_keys=["another key"], **given) as app:
        ann, bob = client_of(app, headers=ann.headers), client_of(app, headers=bob.headers)
        answer = await ask(ann, fallback="wait")
        assert (answer.status_code, answer.json()["error"]["code"]) == (502, "provider_auth_error")
        assert "Store it again" in answer.json()["error"]["message"]
        assert upstream.chats == []
        assert (await ann.post(f"{PATH}/acme/check")).json()["valid"] is False
        assert (await ann.get(PATH)).json()["provider_keys"][0]["masked_key"] == "sk-…abcd"
        assert (await ask(bob)).status_code == 200
        await ann.post(PATH, json=api_key(ANNS))
        assert (await ask(ann)).status_code == 200


async def test_no_request_of_a_known_user_waits_for_the_database(upstream: OpenAIServer, tmp_path: Path) -> None:
    async with running_app(tmp_path, providers=providers(upstream.base_url)) as app:
        someone = await person(app, "ann")
        async with client_of(app, headers=someone.headers) as ann:
            await ann.post(PATH, json=api_key(ANNS))
            assert (await ask(ann)).status_code == 200
            database: Database = app.state.database
            async with database.transaction():  # SQLite's only writer, and no reader has to wait for it
                accounts = app.state.provider_accounts
                assert accounts.is_ready(someone.id)
                assert (await ask(ann)).status_code == 200


@pytest.mark.req("SYS-REQ-035", "SYS-REQ-075")
async def test_a_proxy_in_a_vendors_place_is_asked_without_a_key_until_a_user_has_one(
    upstream: OpenAIServer, tmp_path: Path
) -> None:
    accounts = {"openai": {"base_url": upstream.base_url}}
    async with two_users(tmp_path, providers=accounts) as (ann, bob, operator):
        told = (await operator.get("/v1/providers")).json()["providers"]
        assert next(item for item in told if item["name"] == "openai")["configured"]
        assert await listed(bob, "openai", 2)
        assert (await ask(bob, "openai:gpt-test")).status_code == 200
        assert "authorization" not in upstream.chats[-1].headers
        assert (await ann.post(PATH, json=api_key(ANNS, "openai"))).status_code == 201
        assert (await ann.post(f"{PATH}/openai/check")).json()["valid"]
        assert (await ask(ann, "openai:gpt-test")).status_code == 200
        assert upstream.chats[-1].headers["authorization"] == f"Bearer {ANNS}"
        assert (await ask(bob, "openai:gpt-test")).status_code == 200
        assert "authorization" not in upstream.chats[-1].headers
