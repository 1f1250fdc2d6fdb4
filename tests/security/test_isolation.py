"""What belongs to a user is seen by that user alone: every route with an id in its path, tried as somebody else."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from fastapi import FastAPI
from fastapi.routing import APIRoute

from pluggably.app import create_app
from pluggably.settings import Settings
from tests.factories.apps import AUTHORISED, client_of, providers, running_app
from tests.factories.owned import ADMINS_ONLY, BODIES, OWNED, SHARED
from tests.factories.people import Person, api_token, bearer, person
from tests.fakes.openai_server import OpenAIServer

pytestmark = [pytest.mark.req("SYS-NFR-014", "SYS-REQ-036", "SYS-REQ-039"), pytest.mark.asyncio(loop_scope="module")]

_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


def routes_with_ids() -> list[tuple[str, str, str]]:
    """Method, path and the first path parameter of every route that has one."""
    app = create_app(Settings(data_dir=Path("nowhere"), local_only=True))
    found = []
    for route in app.routes:
        path = str(getattr(route, "path", ""))
        named = _PARAMETER.search(path)
        if named is not None:
            assert isinstance(route, APIRoute), path
            found += [(method, path, named[1]) for method in sorted(route.methods)]
    return found


ROUTES = routes_with_ids()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:
    async with (
        OpenAIServer() as upstream,
        running_app(tmp_path_factory.mktemp("isolation"), providers=providers(upstream.base_url)) as app,
    ):
        yield app


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ann(app: FastAPI) -> Person:
    """Whose things they are."""
    return await person(app, "ann")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def strangers(app: FastAPI) -> dict[str, dict[str, str]]:
    """Everybody else, by what they come in with."""
    ben, cleo = await person(app, "ben"), await person(app, "cleo", admin=True)
    return {
        "another user": ben.headers,
        "another user's token": bearer((await api_token(app, ben))["token"]),
        "another user's cookie": {
            "Cookie": f"pluggably_session={ben.token}",
            "Origin": "http://localhost:8080",
        },
        "an admin": cleo.headers,
        "the operator": AUTHORISED,
    }


async def test_every_kind_of_id_is_known_to_this_sweep() -> None:
    kinds = {parameter for _, _, parameter in ROUTES}
    assert kinds == set(OWNED) | SHARED | ADMINS_ONLY, "say in tests/factories/owned.py whose these ids are"


@pytest.mark.parametrize(("method", "path", "parameter"), [route for route in ROUTES if route[2] in OWNED], ids=str)
async def test_somebody_elses_id_is_404(
    app: FastAPI, ann: Person, strangers: dict[str, dict[str, str]], method: str, path: str, parameter: str
) -> None:
    if not hasattr(ann, parameter):
        setattr(ann, parameter, await OWNED[parameter](app, ann))
    url = _PARAMETER.sub(str(getattr(ann, parameter)), path, count=1)
    body = None if method in ("GET", "HEAD", "DELETE") else BODIES.get(path, {})
    for who, headers in strangers.items():
        async with client_of(app, headers=headers) as client:
            answer = await client.request(method, url, json=body)
            assert answer.status_code == 404, (who, answer.status_code, answer.text)
            unknown = await client.request(method, _PARAMETER.sub("nobodys", path, count=1), json=body)
            assert unknown.status_code == 404
            if method != "HEAD":
                codes = [found.json()["error"]["code"] for found in (answer, unknown)]
                assert codes[0] == codes[1], "it must look like an id that nobody has"
                assert codes[0].endswith("not_found")
    async with client_of(app, headers=ann.headers) as client:
        answer = await client.request(method, url, json=body)
        assert answer.is_success, "the factory's id is one of its owner's"
        if method == "DELETE":
            delattr(ann, parameter)


@pytest.mark.parametrize(
    ("method", "path", "parameter"),
    [route for route in ROUTES if route[2] in ADMINS_ONLY or (route[2] in SHARED and route[0] != "GET")],
    ids=str,
)
async def test_what_is_for_admins_is_403_for_everybody_else(
    app: FastAPI, ann: Person, strangers: dict[str, dict[str, str]], method: str, path: str, parameter: str
) -> None:
    url = _PARAMETER.sub(ann.id, path)
    for who in ("another user", "another user's token", "another user's cookie"):
        async with client_of(app, headers=strangers[who]) as client:
            answer = await client.request(method, url, json={"role": "admin"})
            assert answer.status_code == 403, (who, answer.text)


async def test_lists_hold_ones_own_things_alone(
    app: FastAPI, ann: Person, strangers: dict[str, dict[str, str]]
) -> None:
    made = {
        parameter: await make(app, ann)
        for parameter, make in OWNED.items()
        if parameter not in ("request_id", "provider")
    }
    lists = ("/v1/users/tokens", "/v1/requests", "/v1/artifacts", "/v1/users/me", "/v1/usage", "/v1/sessions")
    for path in lists:
        async with client_of(app, headers=ann.headers) as client:
            assert (await client.get(path)).status_code == 200
        for who, headers in strangers.items():
            async with client_of(app, headers=headers) as client:
                answer = await client.get(path)
                assert answer.status_code == 200
                assert not [item for item in (*made.values(), ann.id) if item in answer.text], (who, path)
