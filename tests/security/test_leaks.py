"""No secret and no prompt leaves the gateway by a log, a metric or an error: a real process, canaries everywhere."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from tests.factories.gateways import Gateway, running_gateway
from tests.fakes.openai_server import ERRORS, OpenAIServer

OPERATOR_KEY = "pgk_CANARY_operator"
PROVIDER_KEY = "sk-CANARY-provider"
WRONG_KEY = "pgk_CANARY_wrong"
PROMPT = "CANARY prompt of a person"
SYSTEM = "CANARY system prompt"

pytestmark = pytest.mark.req("SYS-NFR-001")


@pytest.fixture(scope="module")
def vendor() -> Iterator[OpenAIServer]:
    """A vendor on loopback, in a thread with a loop of its own."""
    ready: Future[tuple[OpenAIServer, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        stop = asyncio.Event()
        async with OpenAIServer() as server:
            ready.set_result((server, asyncio.get_running_loop(), stop))
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    server, loop, stop = ready.result(10)
    yield server
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)


def settings(vendor: OpenAIServer) -> dict[str, str]:
    return {
        "PLUGGABLY_PROVIDERS__ACME__BASE_URL": vendor.base_url,
        "PLUGGABLY_PROVIDERS__ACME__API_KEY": PROVIDER_KEY,
        "PLUGGABLY_PROVIDERS__ACME__MODELS": "gpt-test",
        "PLUGGABLY_LOG_LEVEL": "debug",
        "PLUGGABLY_ROUTING__LONGEST_WAIT_S": "0.05",  # it tries again, soon
    }


def use(gateway: Gateway) -> list[str]:
    """Call everything, rightly and wrongly; the answers to what was wrong."""
    wrong = []
    models = ["gpt-test", "drop", "garbage:json", "garbage:http", "stream-error:400", "cut-off", "CANARY-model"]
    with gateway.client() as client:
        for model in [*models, *(f"error:{name}" for name in ERRORS)]:
            for stream in (False, True):
                body = {"model": f"acme:{model}", "stream": stream, "parameters": {"temperature": 0.1}}
                messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": PROMPT}]
                answers = [
                    client.post("/v1/generate", json={**body, "input": {"prompt": PROMPT}, "system_prompt": SYSTEM}),
                    client.post(
                        "/v1/chat/completions", json={"model": body["model"], "stream": stream, "messages": messages}
                    ),
                ]
                wrong += [answer.text for answer in answers if model != "CANARY-model"]
        for content in ('{"input": {"prompt": ["CANARY"]}}', '{"input": "CANARY', '["CANARY"]', '{"CANARY": 1}'):
            client.post("/v1/generate", content=content, headers={"content-type": "application/json"})
            client.post("/v1/models", content=content, headers={"content-type": "application/json"})
        for headers in ({"x-api-key": WRONG_KEY}, {"x-api-key": "", "authorization": f"Basic {WRONG_KEY}"}):
            wrong.append(client.get("/v1/models", headers=headers).text)
        client.get("/v1/models?q=CANARY&cursor=CANARY")
        client.request("CANARY", "/v1/models")
        wrong += [client.get(path).text for path in ("/metrics", "/health", "/ready", "/v1/version", "/v1/features")]
        wrong.append(client.get("/openapi.json").text)
    return wrong


def test_secrets_and_prompts_stay_inside(vendor: OpenAIServer, tmp_path: Path) -> None:
    with running_gateway(tmp_path, key=OPERATOR_KEY, **settings(vendor)) as gateway:
        answers = use(gateway)
        assert gateway.stop() == 0
        logs = gateway.logs()
    for answer in answers:
        for secret in (OPERATOR_KEY, PROVIDER_KEY, WRONG_KEY, PROMPT, SYSTEM):
            assert secret not in answer
    lines = [json.loads(line) for line in logs.splitlines()]
    assert len([line for line in lines if line["event"] == "request"]) > 50
    assert all(line["level"] != "error" for line in lines), [line for line in lines if line["level"] == "error"]
    for line in lines:
        line.pop("model", None)  # which model was asked for is for the operator to know
    assert "CANARY" not in json.dumps(lines)
    assert "CANARY" not in gateway.printed
    assert all(line["request_id"] for line in lines if line["event"] == "request")
    sent = {request.headers.get("authorization") for request in vendor.requests}
    assert sent == {f"Bearer {PROVIDER_KEY}"}
    assert not any(OPERATOR_KEY in str(request.headers) for request in vendor.requests)


def test_prompts_are_logged_where_the_operator_wants_them_and_keys_are_not(
    vendor: OpenAIServer, tmp_path: Path
) -> None:
    with running_gateway(
        tmp_path, key=OPERATOR_KEY, **{**settings(vendor), "PLUGGABLY_LOG_PROMPTS": "true"}
    ) as gateway:
        gateway.generate(PROMPT, model="acme:gpt-test").raise_for_status()
        with gateway.client() as client:
            messages = [{"role": "user", "content": PROMPT}]
            client.post("/v1/chat/completions", json={"model": "acme:gpt-test", "messages": messages})
        assert gateway.stop() == 0
        logs = gateway.logs()
    asked = [json.loads(line) for line in logs.splitlines() if '"prompt"' in line]
    assert [line["prompt"] for line in asked] == [{"prompt": PROMPT}, messages]
    assert OPERATOR_KEY not in logs
    assert PROVIDER_KEY not in logs


def test_the_key_of_the_first_start_is_printed_once_and_never_logged(tmp_path: Path) -> None:
    with running_gateway(tmp_path, key=None) as gateway:
        key = (gateway.data_dir / "operator.key").read_text().strip()
        gateway.headers["x-api-key"] = key
        with gateway.client() as client:
            assert client.get("/v1/models").status_code == 200
        assert gateway.stop() == 0
        assert gateway.process.stdout is not None
        printed = gateway.printed + gateway.process.stdout.read()
        assert printed.count(key) == 1
        assert key not in gateway.logs()
    with running_gateway(tmp_path, key=None) as gateway:
        assert gateway.stop() == 0
        assert gateway.process.stdout is not None
        assert key not in gateway.printed + gateway.process.stdout.read() + gateway.logs()
