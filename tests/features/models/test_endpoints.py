"""The models' routes through the whole gateway."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import jsonschema_rs
import pytest
from fastapi import FastAPI
from sqlalchemy import event, select

from pluggably.app import create_app
from pluggably.settings import Settings
from pluggably.tables.models import ModelTable
from tests.factories.models import KEY, write_gguf

INFO_FIELDS = {
    *("id", "name", "version", "modality", "provider", "description", "capabilities", "source", "size_bytes"),
    *(
        "local_path",
        "licence",
        "documentation",
        "recommended_parameters",
        "parameters",
        "object",
        "created",
        "owned_by",
    ),
    *("status", "status_reason", "job_id", "runtime_status", "is_default", "pinned", "availability"),
    *("pricing", "created_at", "last_used_at"),
}


async def listed(client: httpx.AsyncClient, **params: Any) -> list[str]:
    answer = await client.get("/v1/models", params=params)
    assert answer.status_code == 200, answer.text
    return [model["id"] for model in answer.json()["models"]]


async def appeared(client: httpx.AsyncClient, *model_ids: str) -> None:
    """Wait until discovery has found the files."""
    async with asyncio.timeout(10):
        while not set(model_ids) <= set(await listed(client)):
            await asyncio.sleep(0.05)


def refused_fields(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [field["field"] for field in answer.json()["error"]["details"]["fields"]]


@pytest.mark.req("SYS-REQ-015", "TEST-SYS-002", "SYS-REQ-018", "TEST-SYS-010")
async def test_a_start_lists_the_model_files_with_what_they_can_do(
    app: FastAPI, folder: Path, starter_model: Path
) -> None:
    (folder / starter_model.name).symlink_to(starter_model)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://gateway", headers={"x-api-key": KEY}
        ) as client,
    ):
        (model,) = (await client.get("/v1/models", params={"provider": "local"})).json()["models"]
    assert set(model) == INFO_FIELDS
    assert model["id"] == model["name"] == "SmolLM2-135M-Instruct.Q4_1"
    assert (model["version"], model["size_bytes"], model["status"]) == ("Q4_1", 98_362_432, "available")
    assert model["local_path"] == str(folder / starter_model.name)
    assert model["capabilities"] == {
        "max_context_tokens": 4096,
        "input_modalities": ["text"],
        "output_formats": ["text", "json"],
        "streaming": True,
        "tools": True,
        "json_schema": True,
        "embeddings": False,
        "hardware_requirements": {"memory_bytes": 98_362_432, "gpu_required": False},
    }
    assert (model["runtime_status"], model["availability"]["access"]) == ("unloaded", "available")


@pytest.mark.req("SYS-REQ-015", "TEST-SYS-002")
async def test_the_list_is_narrowed_by_modality_provider_status_and_text(
    client: httpx.AsyncClient, folder: Path
) -> None:
    write_gguf(folder / "good.gguf")
    (folder / "bad.gguf").write_bytes(b"bad")
    await client.post("/v1/models", json={"id": "acme:painter", "modality": "image", "description": "Paints CATS"})
    await appeared(client, "good", "bad")
    assert set(await listed(client)) == {"good", "bad", "acme:painter", "acme:m1", "acme:m2"}
    assert await listed(client, modality="image") == ["acme:painter"]
    assert set(await listed(client, provider="local")) == {"good", "bad"}
    assert await listed(client, provider="local", status="failed") == ["bad"]
    assert await listed(client, q="cats") == ["acme:painter"]
    assert await listed(client, provider="nobody") == []
    assert refused_fields(await client.get("/v1/models", params={"modality": "smell"})) == ["modality"]
    assert refused_fields(await client.get("/v1/models", params={"status": "fine"})) == ["status"]


@pytest.mark.req("SYS-REQ-015", "TEST-SYS-002")
async def test_pages_give_every_model_once_newest_first(client: httpx.AsyncClient) -> None:
    for number in range(7):
        await client.post("/v1/models", json={"id": f"acme:p{number}"})
    everything = await listed(client)
    assert everything[:7] == [f"acme:p{number}" for number in range(6, -1, -1)]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        params: dict[str, Any] = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/v1/models", params=params)).json()
        assert len(page["models"]) <= 2
        seen += [model["id"] for model in page["models"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == everything
    for params in ({"limit": 0}, {"limit": 201}, {"limit": "x"}):
        assert refused_fields(await client.get("/v1/models", params=params)) == ["limit"]
    assert refused_fields(await client.get("/v1/models", params={"cursor": "rubbish"})) == ["cursor"]


async def test_the_list_holds_openai_s_short_shape_too(client: httpx.AsyncClient) -> None:
    body = (await client.get("/v1/models")).json()
    assert (body["object"], body["next_cursor"]) == ("list", None)
    assert {"id": "acme:m1", "object": "model", "created": 0, "owned_by": "acme"} in body["data"]
    assert [model["id"] for model in body["data"]] == [model["id"] for model in body["models"]]


async def test_anthropic_s_clients_get_anthropic_s_shape(client: httpx.AsyncClient) -> None:
    headers = {"anthropic-version": "2023-06-01"}
    await client.post("/v1/models", json={"id": "acme:new"})
    first = (await client.get("/v1/models", params={"limit": 2}, headers=headers)).json()
    assert [model["id"] for model in first["data"]] == ["acme:new", "acme:m1"]
    assert (first["has_more"], first["first_id"], first["last_id"]) == (True, "acme:new", "acme:m1")
    rest = (await client.get("/v1/models", params={"after_id": "acme:m1"}, headers=headers)).json()
    assert ([model["id"] for model in rest["data"]], rest["has_more"]) == (["acme:m2"], False)
    back = (await client.get("/v1/models", params={"before_id": "acme:m2", "limit": 1}, headers=headers)).json()
    assert ([model["id"] for model in back["data"]], back["has_more"]) == (["acme:m1"], True)
    one = (await client.get("/v1/models/acme:new", headers=headers)).json()
    assert (one["type"], one["display_name"]) == ("model", "new")
    assert one["created_at"].endswith("Z")


async def test_ids_with_slashes_and_colons_work_raw_and_encoded(client: httpx.AsyncClient) -> None:
    model_id = "org/repo:Q4_K_M é?#"
    assert (await client.post("/v1/models", json={"id": model_id})).status_code == 201
    encoded = quote(model_id, safe="")
    raw = quote(model_id, safe="/:")
    for path in (encoded, raw):
        assert (await client.get(f"/v1/models/{path}")).json()["id"] == model_id
        assert (await client.get(f"/v1/models/{path}/status")).json()["model_id"] == model_id
    assert (await client.post(f"/v1/models/{encoded}/default")).json()["is_default"]
    assert (await client.patch(f"/v1/models/{raw}", json={"name": "n"})).json()["name"] == "n"
    assert (await client.delete(f"/v1/models/{encoded}")).json()["id"] == model_id
    assert (await client.get(f"/v1/models/{raw}")).status_code == 404


async def test_registering_shows_the_model_and_a_second_time_is_a_conflict(client: httpx.AsyncClient) -> None:
    body = {"id": "acme:big", "version": "2", "licence": "mit", "capabilities": {"tools": True}, "pricing": {"a": 1}}
    answer = await client.post("/v1/models", json=body)
    assert answer.status_code == 201
    model = answer.json()
    assert set(model) == INFO_FIELDS
    assert (model["provider"], model["version"], model["licence"]) == ("acme", "2", "mit")
    assert (model["runtime_status"], model["availability"]) == (
        None,
        {"access": "available", "credits_status": "unknown"},
    )
    assert (await client.get("/v1/models/acme:big")).json() == model
    again = await client.post("/v1/models", json=body)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "conflict")
    assert (await client.post("/v1/models", json={"id": "openai:x"})).json()["availability"]["access"] == "locked"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "id"),
        ({"id": ""}, "id"),
        ({"id": "a\u0000b"}, "id"),
        ({"id": "x" * 256}, "id"),
        ({"id": 5}, "id"),
        ({"id": "acme:m", "colour": "red"}, "colour"),
        ({"id": "acme:m", "size_bytes": 5}, "size_bytes"),
        ({"id": "acme:m", "status": "failed"}, "status"),
        ({"id": "acme:m", "modality": "smell"}, "modality"),
        ({"id": "acme:m", "capabilities": {"smell": True}}, "capabilities.smell"),
        ({"id": "acme:m", "pricing": {"a": "x" * 70_000}}, "pricing"),
        ({"id": "acme:m", "pricing": {"a": "\u0000"}}, "pricing"),
        ({"id": "acme:m", "parameters": {"type": "array"}}, "parameters"),
        ({"id": "m", "local_path": "../../../etc/passwd"}, "local_path"),
    ],
)
async def test_bodies_that_make_no_model_are_refused_by_field(
    client: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    assert refused_fields(await client.post("/v1/models", json=body)) == [field]


@pytest.mark.parametrize(
    "body", ['{"id": "acme:m", "pricing": {"a": NaN}}', '{"id": "acme:m", "pricing": {"a": "\\ud800"}}']
)
async def test_what_no_database_can_hold_is_refused(client: httpx.AsyncClient, body: str) -> None:
    answer = await client.post("/v1/models", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422), answer.text


async def test_null_equals_absent_and_a_change_may_be_empty(client: httpx.AsyncClient) -> None:
    before = (await client.post("/v1/models", json={"id": "acme:m", "description": "d", "version": None})).json()
    assert (await client.patch("/v1/models/acme:m")).json() == before
    assert (await client.patch("/v1/models/acme:m", json={"description": None})).json() == before
    assert refused_fields(await client.patch("/v1/models/acme:m", json={"id": "other"})) == ["id"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/models/none"),
        ("PATCH", "/v1/models/none"),
        ("DELETE", "/v1/models/none"),
        ("POST", "/v1/models/none/default"),
        ("POST", "/v1/models/none/load"),
        ("POST", "/v1/models/none/unload"),
        ("GET", "/v1/models/none/status"),
        ("GET", "/v1/schema?model=none"),
    ],
)
async def test_an_unknown_model_is_404_with_close_names(client: httpx.AsyncClient, method: str, path: str) -> None:
    await client.post("/v1/models", json={"id": "acme:nonesuch"})
    answer = await client.request(method, path)
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert (error["code"], error["param"]) == ("model_not_found", "model")
    assert error["details"]["suggestions"] == ["acme:nonesuch"]


async def test_every_route_wants_a_key(client: httpx.AsyncClient) -> None:
    del client.headers["x-api-key"]
    for method, path in (
        ("GET", "/v1/models"),
        ("POST", "/v1/models"),
        ("GET", "/v1/models/loaded"),
        ("GET", "/v1/models/a"),
        ("PATCH", "/v1/models/a"),
        ("DELETE", "/v1/models/a"),
        ("POST", "/v1/models/a/default"),
        ("POST", "/v1/models/a/load"),
        ("POST", "/v1/models/a/unload"),
        ("GET", "/v1/models/a/status"),
        ("GET", "/v1/schema"),
    ):
        assert (await client.request(method, path)).status_code == 401, (method, path)


async def test_a_model_of_a_provider_has_nothing_to_load(client: httpx.AsyncClient) -> None:
    for method, path in (("GET", "status"), ("POST", "load"), ("POST", "unload")):
        answer = await client.request(method, f"/v1/models/acme:m1/{path}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unsupported_feature")


async def test_a_model_whose_file_failed_is_not_loaded(client: httpx.AsyncClient, folder: Path) -> None:
    (folder / "bad.gguf").write_bytes(b"bad")
    await appeared(client, "bad")
    answer = await client.post("/v1/models/bad/load", json={"wait": True})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "model_unavailable")
    assert "neither GGUF nor safetensors" in answer.json()["error"]["message"]


async def test_a_real_model_is_loaded_listed_and_unloaded(
    client: httpx.AsyncClient, folder: Path, starter_model: Path
) -> None:
    model_id = "SmolLM2-135M-Instruct.Q4_1"
    (folder / f"{model_id}.gguf").symlink_to(starter_model)
    await appeared(client, model_id)
    path = f"/v1/models/{model_id}"
    answer = await client.post(f"{path}/load", json={"wait": True, "pin": True})
    assert (answer.status_code, answer.json()["status"]) == (200, "loaded")
    status = (await client.get(f"{path}/status")).json()
    assert (status["runtime_status"], status["pinned"], status["queue_depth"]) == ("loaded", True, 0)
    assert status["memory_bytes"] > 50_000_000
    (loaded,) = (await client.get("/v1/models/loaded")).json()["models"]
    assert (loaded["model_id"], loaded["is_pinned"], loaded["is_busy"]) == (model_id, True, False)
    assert (await client.get(path)).json()["runtime_status"] == "loaded"
    answer = await client.post(f"{path}/unload")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "model_pinned")
    answer = await client.delete(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "model_pinned")
    answer = await client.post(f"{path}/unload", json={"force": True})
    assert (answer.status_code, answer.json()["status"]) == (200, "unloaded")
    assert (await client.get("/v1/models/loaded")).json() == {"models": []}


async def test_deleting_takes_the_file_only_where_that_is_asked_for(client: httpx.AsyncClient, folder: Path) -> None:
    kept, deleted = write_gguf(folder / "kept.gguf"), write_gguf(folder / "deleted.gguf")
    await appeared(client, "kept", "deleted")
    assert (await client.delete("/v1/models/kept")).json()["id"] == "kept"
    assert (await client.delete("/v1/models/deleted", params={"files": True})).json()["id"] == "deleted"
    assert (kept.exists(), deleted.exists()) == (True, False)
    await asyncio.sleep(0.5)
    assert await listed(client, provider="local") == []


@pytest.mark.req("SYS-REQ-019", "TEST-SYS-011")
async def test_the_schema_documents_every_parameter_and_how_to_choose_a_model(client: httpx.AsyncClient) -> None:
    body = (await client.get("/v1/schema")).json()
    assert {"temperature", "max_tokens", "format", "stream"} <= set(body["parameters"])
    for schema in body["parameters"].values():
        assert schema["description"]
        assert schema["examples"]
    guide = body["generate"]
    assert guide["request"]["parameters"]["properties"] == body["parameters"]
    assert "auto" in guide["guidance"]["model_selection"]
    assert guide["examples"]


@pytest.mark.req("SYS-REQ-019", "TEST-SYS-011")
async def test_the_schema_and_the_openapi_document_agree_on_the_request(client: httpx.AsyncClient) -> None:
    fields = (await client.get("/v1/schema")).json()["generate"]["request"]
    documented = (await client.get("/openapi.json")).json()["components"]["schemas"]["GenerateRequest"]
    assert set(fields) == set(documented["properties"])
    for name, schema in fields.items():
        jsonschema_rs.Draft202012Validator(schema, offline=True)
        if name not in ("parameters", "input"):
            assert schema.get("description") == documented["properties"][name].get("description")
    whole = {
        "type": "object",
        "properties": fields,
        "required": documented["required"],
        "additionalProperties": False,
    }
    for example in (await client.get("/v1/schema")).json()["generate"]["examples"]:
        jsonschema_rs.validate(whole, example)


@pytest.mark.req("SYS-REQ-034", "TEST-INT-006")
async def test_a_model_s_schema_is_the_one_that_the_registry_stores(
    client: httpx.AsyncClient, app: FastAPI, folder: Path
) -> None:
    own = {"type": "object", "properties": {"mood": {"enum": ["calm", "wild"], "default": "calm"}}}
    await client.post("/v1/models", json={"id": "acme:moody", "parameters": own})
    write_gguf(folder / "m.gguf")
    await appeared(client, "m")
    async with app.state.database.reading() as db:
        stored = {row.id: row.parameters for row in await db.scalars(select(ModelTable))}
    assert stored["acme:moody"] == own
    for model_id in ("acme:moody", "m"):
        answer = (await client.get("/v1/schema", params={"model": model_id})).json()
        assert answer == {"model_id": model_id, "modality": "text", "parameters": stored[model_id]}
    await client.patch("/v1/models/m", json={"parameters": own})
    assert (await client.get("/v1/schema", params={"model": "m"})).json()["parameters"] == own


@pytest.mark.req("SYS-REQ-033", "TEST-INT-005")
async def test_a_gateway_that_is_started_again_knows_its_models(settings: Settings, folder: Path) -> None:
    async def run(*, first: bool) -> list[dict[str, Any]]:
        app = create_app(settings)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app), base_url="http://gateway", headers={"x-api-key": KEY}
            ) as client,
        ):
            if first:
                await client.post("/v1/models", json={"id": "acme:big", "description": "d", "pricing": {"in": 0.5}})
                await client.post("/v1/models/found/default")
            models: list[dict[str, Any]] = (await client.get("/v1/models")).json()["models"]
            return models

    write_gguf(folder / "found.gguf")
    before = await run(first=True)
    assert {model["id"] for model in before} == {"found", "acme:big", "acme:m1", "acme:m2"}
    assert await run(first=False) == before


async def test_reading_models_costs_no_query(client: httpx.AsyncClient, app: FastAPI, folder: Path) -> None:
    write_gguf(folder / "m.gguf")
    await appeared(client, "m")
    statements: list[str] = []
    engine = app.state.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    for path in ("/v1/models", "/v1/models/m", "/v1/models/m/status", "/v1/schema", "/v1/schema?model=m"):
        assert (await client.get(path)).status_code == 200
    assert statements == []
    await client.patch("/v1/models/m", json={"name": "n"})
    assert 0 < len(statements) < 8
