"""Limits over HTTP: set, seen, told in headers, kept by every generating route."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY

from pluggably.errors import LimitReached, PermissionDenied, TokenNotFound
from pluggably.features.audit.log import Actor
from pluggably.features.limits.schemas import LimitsChange
from pluggably.features.limits.service import Hold, Limiter
from pluggably.features.users.authentication import LOCAL_CALLER, OPERATOR_CALLER, Caller
from pluggably.kit.edge import RequestFacts
from tests.factories.apps import AUTHORISED, client_of, providers, running_app, served
from tests.factories.catalogues import entry
from tests.factories.limits import caller, save_token, save_user
from tests.fakes.openai_server import PIECES, USAGE, OpenAIServer

MINE = "/v1/users/operator/limits"
PROMPT = "x" * 15  # five tokens by their length and four of its message: what the vendor counts, too
CHAT: dict[str, Any] = {"model": "acme:priced", "messages": [{"role": "user", "content": PROMPT}], "max_tokens": 5}
GENERATE: dict[str, Any] = {
    "model": "acme:priced",
    "input": {"prompt": PROMPT},
    "parameters": {"max_tokens": 5},
}
ADMIN = Actor("operator", "operator_key")
TOKENS = USAGE["total_tokens"]
PRICES = {"input_per_million_usd": 1_000_000, "output_per_million_usd": 1_000_000}
"""A dollar for a token: easy to count."""


@pytest.fixture
async def app(tmp_path: Path, upstream: OpenAIServer) -> AsyncIterator[FastAPI]:
    async with running_app(tmp_path, providers=providers(upstream.base_url, models=["m"])) as app:
        async with client_of(app, headers=AUTHORISED) as client:
            for name, pricing in (("acme:priced", PRICES), ("acme:paced:0.2", PRICES)):
                made = await client.post(
                    "/v1/models", json={"id": name, "provider": "acme", "modality": "text", "pricing": pricing}
                )
                assert made.status_code == 201, made.text
        yield app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, headers=AUTHORISED) as client:
        yield client


async def limit(client: httpx.AsyncClient, **limits: Any) -> dict[str, Any]:
    answer = await client.put(MINE, json=limits)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def rejected(kind: str) -> float:
    return REGISTRY.get_sample_value("pluggably_limit_rejections_total", {"limit": kind}) or 0


async def test_without_limits_nothing_is_said_and_nothing_is_kept(client: httpx.AsyncClient, app: FastAPI) -> None:
    answer = await client.post("/v1/generate", json=GENERATE)
    assert answer.status_code == 200
    assert not [name for name in answer.headers if "ratelimit" in name]
    assert not app.state.limits.in_force
    mine = (await client.get("/v1/users/me/limits")).json()
    assert mine["limits"]["tokens_per_day"]["limit"] is None
    assert mine["own"] == {
        "requests_per_minute": None,
        "tokens_per_minute": None,
        "tokens_per_day": None,
        "tokens_per_month": None,
        "cost_usd_per_day": None,
        "cost_usd_per_month": None,
        "use_defaults": True,
    }
    assert (mine["user_id"], mine["token_id"], mine["token"]) == ("operator", None, None)


async def test_what_was_used_is_counted_and_shown(client: httpx.AsyncClient) -> None:
    set_ = await limit(client, requests_per_minute=60, tokens_per_day=1000, cost_usd_per_month=100.5)
    assert set_["own"]["cost_usd_per_month"] == 100.5
    assert set_["limits"]["tokens_per_day"]["remaining"] == 1000
    assert (await client.post("/v1/generate", json=GENERATE)).status_code == 200
    limits = (await client.get("/v1/users/me/limits")).json()["limits"]
    seen_by_admins = (await client.get(MINE)).json()["limits"]
    assert [{**state, "resets_at": None} for state in limits.values()] == [
        {**state, "resets_at": None} for state in seen_by_admins.values()
    ]
    # A day ends at midnight of UTC and not a moment before.
    ends = [datetime.fromisoformat(limits[kind]["resets_at"]) for kind in ("tokens_per_day", "cost_usd_per_month")]
    assert {(end.hour, end.minute, end.tzinfo) for end in ends} == {(0, 0, UTC)}
    assert ends[1].day == 1
    used = {kind: (state["used"], state["reserved"], state["remaining"]) for kind, state in limits.items()}
    assert used == {
        "requests_per_minute": (1, 0, 59),
        "tokens_per_minute": (TOKENS, 0, None),
        "tokens_per_day": (TOKENS, 0, 1000 - TOKENS),
        "tokens_per_month": (TOKENS, 0, None),
        "cost_usd_per_day": (TOKENS, 0, None),
        "cost_usd_per_month": (TOKENS, 0, 100.5 - TOKENS),
    }


@pytest.mark.parametrize(("path", "body"), [("/v1/generate", GENERATE), ("/v1/chat/completions", CHAT)])
@pytest.mark.parametrize("stream", [False, True])
async def test_every_answer_of_a_limited_caller_tells_the_limits(
    client: httpx.AsyncClient, path: str, body: dict[str, Any], stream: bool
) -> None:
    await limit(client, requests_per_minute=2, tokens_per_minute=100, cost_usd_per_day=50)
    answer = await client.post(path, json={**body, "stream": stream})
    assert answer.status_code == 200
    assert answer.headers["ratelimit-policy"] == (
        '"requests-per-minute";q=2;w=60, "tokens-per-minute";q=100;qu="tokens";w=60, '
        '"cost-usd-per-day";q=50000000;qu="micro-usd";w=86400'
    )
    left = [item.split(";")[:2] for item in answer.headers["ratelimit"].split(", ")]
    assert left == [
        ['"requests-per-minute"', "r=1"],
        ['"tokens-per-minute"', f"r={100 - TOKENS}"],
        ['"cost-usd-per-day"', f"r={(50 - TOKENS) * 10**6}"],
    ]
    vendor = {name: value for name, value in answer.headers.items() if name.startswith("x-ratelimit-")}
    if path == "/v1/generate":
        assert vendor == {}
    else:
        for name in ("reset-requests", "reset-tokens"):
            assert 59 <= int(vendor.pop(f"x-ratelimit-{name}").removesuffix("s")) <= 61
        assert vendor == {
            "x-ratelimit-limit-requests": "2",
            "x-ratelimit-remaining-requests": "1",
            "x-ratelimit-limit-tokens": "100",
            "x-ratelimit-remaining-tokens": str(100 - TOKENS),
        }


@pytest.mark.parametrize(
    ("limits", "body", "kind", "in_message"),
    [
        ({"requests_per_minute": 1}, {}, "requests_per_minute", "is reached. Try again in"),
        ({"tokens_per_minute": TOKENS}, {}, "tokens_per_minute", "is reached. Try again in"),
        ({"tokens_per_day": TOKENS + 1}, {}, "tokens_per_day", "is free again at 20"),
        ({"tokens_per_month": TOKENS + 1}, {}, "tokens_per_month", "is free again at 20"),
        ({"cost_usd_per_day": TOKENS + 0.5}, {}, "cost_usd_per_day", "14.5 US dollars per day"),
        ({"cost_usd_per_month": TOKENS}, {}, "cost_usd_per_month", "14 US dollars per month"),
    ],
)
async def test_beyond_a_limit_the_answer_names_it_and_when_it_is_free(
    client: httpx.AsyncClient,
    upstream: OpenAIServer,
    limits: dict[str, Any],
    body: dict[str, Any],
    kind: str,
    in_message: str,
) -> None:
    await limit(client, **limits)
    before, asked = rejected(kind), len(upstream.requests)
    assert (await client.post("/v1/chat/completions", json={**CHAT, **body})).status_code == 200
    answer = await client.post("/v1/chat/completions", json={**CHAT, **body})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["type"]) == (429, "rate_limited", "rate_limit_error")
    assert in_message in error["message"]
    assert error["details"]["limit"] == kind
    assert error["details"]["of"] == "user"
    assert int(answer.headers["retry-after"]) >= 1
    assert error["retry_after"] == pytest.approx(int(answer.headers["retry-after"]), abs=1)
    assert ("x-should-retry" in answer.headers) == (int(answer.headers["retry-after"]) > 61)
    assert "r=" in answer.headers["ratelimit"]
    assert rejected(kind) == before + 1
    assert len(upstream.requests) == asked + 1, "no vendor was asked"


async def test_a_request_that_can_never_fit_is_told_what_to_change(client: httpx.AsyncClient) -> None:
    await limit(client, tokens_per_minute=100)
    answer = await client.post("/v1/chat/completions", json={**CHAT, "max_tokens": 500})
    error = answer.json()["error"]
    assert answer.status_code == 429
    assert "is less than this request may use (509" in error["message"]
    assert "max_tokens" in error["message"]
    assert answer.headers["x-should-retry"] == "false"
    assert (await client.post("/v1/chat/completions", json=CHAT)).status_code == 200


async def test_a_request_of_open_length_is_served_with_what_is_left(client: httpx.AsyncClient) -> None:
    await limit(client, tokens_per_minute=50, cost_usd_per_day=50)
    body = {name: value for name, value in CHAT.items() if name != "max_tokens"}
    for left in (50, 50 - TOKENS, 50 - 2 * TOKENS):
        state = (await client.get(MINE)).json()["limits"]["tokens_per_minute"]
        assert state["remaining"] == left
        assert (await client.post("/v1/chat/completions", json=body)).status_code == 200
    refused = await client.post("/v1/chat/completions", json=body)
    assert refused.status_code == 429, "nine for the prompt are more than eight"


async def test_a_failure_costs_what_was_used_which_is_nothing(client: httpx.AsyncClient) -> None:
    await limit(client, tokens_per_day=TOKENS, requests_per_minute=10)
    failed = await client.post("/v1/chat/completions", json={**CHAT, "model": "acme:error:500"})
    assert failed.status_code >= 500
    assert failed.headers["ratelimit"].startswith('"requests-per-minute";r=9')
    assert (await client.post("/v1/chat/completions", json=CHAT)).status_code == 200
    limits = (await client.get(MINE)).json()["limits"]
    assert (limits["tokens_per_day"]["used"], limits["tokens_per_day"]["reserved"]) == (TOKENS, 0)
    assert limits["requests_per_minute"]["used"] == 2


async def test_what_a_client_that_went_away_has_used_is_counted_and_the_rest_given_back(app: FastAPI) -> None:
    async with served(app) as url, httpx.AsyncClient(base_url=url, headers=AUTHORISED) as client:
        await limit(client, tokens_per_day=1000)
        body = {**CHAT, "model": "acme:paced:0.2", "max_tokens": 900, "stream": True}
        async with client.stream("POST", "/v1/chat/completions", json=body) as answer:
            async for line in answer.aiter_lines():
                if PIECES[0] in line:
                    break
            held = (await client.get(MINE)).json()["limits"]["tokens_per_day"]
            assert held["reserved"] == 909
        async with asyncio.timeout(10):
            while (state := (await client.get(MINE)).json()["limits"]["tokens_per_day"])["reserved"]:
                await asyncio.sleep(0.02)
    assert 4 < state["used"] <= TOKENS, "its prompt, and the pieces that came"


async def test_a_request_in_the_background_is_limited_too_and_told_at_once(client: httpx.AsyncClient) -> None:
    await limit(client, tokens_per_day=TOKENS)
    begun = await client.post("/v1/generate", json={**GENERATE, "background": True})
    assert begun.status_code == 202
    assert "ratelimit" in begun.headers
    refused = await client.post("/v1/generate", json={**GENERATE, "background": True})
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limited")


async def test_embeddings_are_limited_by_what_goes_in(client: httpx.AsyncClient) -> None:
    await limit(client, tokens_per_minute=5)
    long = await client.post("/v1/embeddings", json={"model": "acme:m", "input": [[1, 2, 3], [4, 5, 6]]})
    assert long.status_code == 429
    assert long.json()["error"]["details"]["needed"] == 6


async def test_limits_that_are_lifted_are_gone_at_once(client: httpx.AsyncClient, app: FastAPI) -> None:
    await limit(client, requests_per_minute=0)
    refused = await client.post("/v1/generate", json=GENERATE)
    assert (refused.status_code, refused.headers["x-should-retry"]) == (429, "false")
    await limit(client)
    assert not app.state.limits.in_force
    assert (await client.post("/v1/generate", json=GENERATE)).status_code == 200


async def test_limits_live_through_a_restart(tmp_path: Path, upstream: OpenAIServer) -> None:
    body = {**GENERATE, "model": "acme:m"}
    for start in range(2):
        async with (
            running_app(tmp_path, providers=providers(upstream.base_url, models=["m"])) as app,
            client_of(app, headers=AUTHORISED) as client,
        ):
            if not start:
                await limit(client, tokens_per_day=TOKENS)
                assert (await client.post("/v1/generate", json=body)).status_code == 200
            assert (await client.post("/v1/generate", json=body)).status_code == 429


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"requests_per_minute": -1}, "requests_per_minute"),
        ({"tokens_per_day": 1.5}, "tokens_per_day"),
        ({"cost_usd_per_day": -0.01}, "cost_usd_per_day"),
        ({"cost_usd_per_month": 1e7}, "cost_usd_per_month"),
        ({"requests_per_hour": 1}, "requests_per_hour"),
    ],
)
async def test_limits_that_make_no_sense_are_refused(
    client: httpx.AsyncClient, body: dict[str, Any], param: str
) -> None:
    answer = await client.put(MINE, json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (422, param)


async def test_nobody_has_limits_who_is_not_there(client: httpx.AsyncClient) -> None:
    for name, code in (("usr_nobody", "not_found"), ("tokens/tok_nobody", "token_not_found")):
        path = f"/v1/users/{name}/limits"
        assert (await client.get(path)).json()["error"]["code"] == code
        assert (await client.put(path, json={})).json()["error"]["code"] == code


async def test_who_changed_which_limit_is_in_the_audit_log(client: httpx.AsyncClient) -> None:
    await limit(client, requests_per_minute=7)
    deed = (await client.get("/v1/audit")).json()["audit"][0]
    assert (deed["action"], deed["target_type"], deed["target_id"]) == ("limits.changed", "user", "operator")
    assert deed["details"] == {"requests_per_minute": 7, "use_defaults": True}


async def reserve(limiter: Limiter, who: Caller) -> Hold:
    """A reservation as a generation makes it, of a request that counts no tokens."""
    hold, facts = Hold(), RequestFacts("req_x", False, 0.0)
    await limiter.reserve(hold, who, facts, "/v1/generate", entry("m"), None)
    return hold


async def test_the_defaults_hold_for_users_and_not_for_operators(tmp_path: Path) -> None:
    async with running_app(tmp_path, limits={"requests_per_minute": 1}) as app:
        limiter: Limiter = app.state.limits
        for who in (OPERATOR_CALLER, LOCAL_CALLER):
            for _ in range(3):
                await reserve(limiter, who)
        await reserve(limiter, caller("usr_ann"))
        with pytest.raises(LimitReached):
            await reserve(limiter, caller("usr_ann"))
        await reserve(limiter, caller("usr_bob"))

        await save_user(app.state.database)
        read = await limiter.set_for_user(ADMIN, OPERATOR_CALLER, "usr_ann", LimitsChange(requests_per_minute=2))
        assert read.limits["requests_per_minute"].remaining == 1  # type: ignore[index]
        await limiter.set_for_user(ADMIN, OPERATOR_CALLER, "usr_ann", LimitsChange(tokens_per_day=5))
        with pytest.raises(LimitReached):
            await reserve(limiter, caller("usr_ann"))
        await limiter.set_for_user(
            ADMIN, OPERATOR_CALLER, "usr_ann", LimitsChange(tokens_per_day=5, use_defaults=False)
        )
        for _ in range(3):
            await reserve(limiter, caller("usr_ann"))


async def test_a_token_counts_for_itself_its_maker_and_its_user(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app:
        limiter: Limiter = app.state.limits
        await save_user(app.state.database)
        await save_token(app.state.database, "tok_first")
        await save_token(app.state.database, "tok_second", made_with="tok_first")
        ann, first, second = caller(), caller(token_id="tok_first"), caller(token_id="tok_second")
        await limiter.set_for_token(ADMIN, ann, "tok_first", LimitsChange(requests_per_minute=2))
        await reserve(limiter, ann)
        await reserve(limiter, first)
        await reserve(limiter, second)
        with pytest.raises(LimitReached, match="This token's limit of 2 requests per minute"):
            await reserve(limiter, second)
        await reserve(limiter, ann)
        mine = await limiter.of_caller(first)
        assert mine.token is not None
        assert mine.token.limits["requests_per_minute"].used == 2  # type: ignore[index]
        for who in (first, second):
            with pytest.raises(PermissionDenied):
                await limiter.set_for_token(ADMIN, who, "tok_first", LimitsChange())
        with pytest.raises(TokenNotFound):
            await limiter.of_token(caller("usr_bob"), "tok_first")


@pytest.mark.req("SYS-REQ-039")
async def test_a_token_with_limits_changes_none_not_even_as_an_admins(
    client: httpx.AsyncClient, app: FastAPI
) -> None:
    made = (await client.post("/v1/users/tokens", json={"name": "limited"})).json()
    await limit(client, requests_per_minute=5)
    of_token = f"/v1/users/tokens/{made['info']['id']}/limits"
    assert (await client.put(of_token, json={"requests_per_minute": 5})).status_code == 200
    async with client_of(app, headers={"x-api-key": made["token"]}) as limited:
        child = (await limited.post("/v1/users/tokens", json={"name": "child"})).json()["token"]
        for path in (MINE, of_token):
            for token in (made["token"], child):
                answer = await limited.put(path, json={}, headers={"x-api-key": token})
                assert (answer.status_code, answer.json()["error"]["code"]) == (403, "permission_denied")
    assert (await client.get(MINE)).json()["own"]["requests_per_minute"] == 5


async def test_messages_in_anthropics_format_tell_its_headers_and_counting_tokens_uses_none(
    client: httpx.AsyncClient,
) -> None:
    await limit(client, requests_per_minute=2, tokens_per_minute=20)
    body = {"model": "acme:priced", "max_tokens": 5, "messages": [{"role": "user", "content": PROMPT}]}
    answer = await client.post("/v1/messages", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["anthropic-ratelimit-requests-remaining"] == "1"
    assert answer.headers["anthropic-ratelimit-tokens-remaining"] == str(20 - TOKENS)
    assert answer.headers["anthropic-ratelimit-tokens-reset"].endswith("Z")
    refused = await client.post("/v1/messages", json=body)
    assert (refused.status_code, refused.json()["type"]) == (429, "error")
    assert refused.json()["error"]["type"] == "rate_limit_error"
    counted = {name: value for name, value in body.items() if name != "max_tokens"}
    await client.post("/v1/messages/count_tokens", json=counted)
    state = (await client.get(MINE)).json()["limits"]
    assert state["requests_per_minute"]["used"] == 2
    assert state["tokens_per_minute"]["used"] == TOKENS


async def test_an_answer_that_was_kept_counts_as_a_request_and_uses_nothing(
    tmp_path: Path, upstream: OpenAIServer
) -> None:
    body = {**CHAT, "model": "acme:m", "temperature": 0}
    async with (
        running_app(tmp_path, providers=providers(upstream.base_url, models=["m"]), cache={"enabled": True}) as app,
        client_of(app, headers=AUTHORISED) as client,
    ):
        await limit(client, requests_per_minute=2, tokens_per_day=TOKENS)
        for kept in (False, True):
            answer = await client.post("/v1/chat/completions", json=body)
            assert (answer.status_code, answer.headers["x-pluggably-cache"] == "hit") == (200, kept)
            assert '"tokens-per-day";r=0' in answer.headers["ratelimit"]
        assert (await client.post("/v1/chat/completions", json=body)).status_code == 429


async def test_a_dearer_stand_in_must_fit_too(client: httpx.AsyncClient, upstream: OpenAIServer) -> None:
    await limit(client, cost_usd_per_day=10)
    body = {**GENERATE, "model": "acme:error:500", "fallback": ["acme:priced"]}
    refused = await client.post("/v1/generate", json=body)
    assert refused.status_code == 429
    assert refused.json()["error"]["details"]["limit"] == "cost_usd_per_day"
    state = (await client.get(MINE)).json()["limits"]
    assert (state["cost_usd_per_day"]["used"], state["cost_usd_per_day"]["reserved"]) == (0, 0)
    assert state["requests_per_minute"]["used"] == 1, "it is one request"
    await limit(client, cost_usd_per_day=20)
    assert (await client.post("/v1/generate", json=body)).json()["model"] == "acme:priced"
