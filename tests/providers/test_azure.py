"""Azure OpenAI: one format, two forms of its address."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pluggably.contract.provider import ListsModels, RelaysChat
from pluggably.contract.text import TextRequest
from pluggably.errors import ModelNotFound
from pluggably.providers.azure import AzureChat
from pluggably.providers.directory import AccountSettings, load_providers
from tests.factories.apps import AUTHORISED, client_of, running_app
from tests.fakes.vendors import KEY, TEXT, AzureServer

pytestmark = pytest.mark.req("SYS-REQ-002")

ASKED = TextRequest([{"role": "user", "content": "Hi"}], {"max_tokens": 5}, stream=False)
RESOURCE = "https://mine.openai.azure.com"


@pytest.mark.parametrize("base_url", [RESOURCE, f"{RESOURCE}/openai/v1"])
def test_the_undated_form_is_the_usual_one(base_url: str) -> None:
    azure = load_providers({"azure": AccountSettings(api_key=KEY, base_url=base_url)}).get("azure")
    assert azure is not None
    assert azure.account.address.base_url == f"{RESOURCE}/openai/v1"
    assert azure.account.headers == {"api-key": KEY}
    call = AzureChat().prepare(ASKED, "my-deployment")
    assert call.path == "/chat/completions"
    assert json.loads(call.body or b"") == {
        "model": "my-deployment",
        "messages": ASKED.messages,
        "max_completion_tokens": 5,
    }


def test_a_version_makes_it_the_dated_form() -> None:
    settings = AccountSettings(api_key=KEY, base_url=f"{RESOURCE}/openai/v1", api_version="2024-10-21")
    azure = load_providers({"azure": settings}).get("azure")
    assert azure is not None
    assert azure.account.address.base_url == RESOURCE
    assert AzureChat("2024-10-21").prepare(ASKED, "my-deployment").path == (
        "/openai/deployments/my-deployment/chat/completions?api-version=2024-10-21"
    )
    with pytest.raises(ModelNotFound):
        AzureChat("2024-10-21").prepare(ASKED, "../../keys")


@pytest.mark.parametrize(
    ("name", "settings", "variable"),
    [
        ("azure", AccountSettings(api_key=KEY), "PLUGGABLY_PROVIDERS__AZURE__BASE_URL"),
        ("openai", AccountSettings(api_key=KEY, api_version="1"), "PLUGGABLY_PROVIDERS__OPENAI__API_VERSION"),
    ],
)
def test_what_is_wrong_is_named_by_its_variable(name: str, settings: AccountSettings, variable: str) -> None:
    with pytest.raises(ValueError, match=variable) as caught:
        load_providers({name: settings})
    assert KEY not in str(caught.value)


def test_deployments_are_not_listed_but_streams_are_passed_on() -> None:
    assert not isinstance(AzureChat(), ListsModels)
    assert isinstance(AzureChat(), RelaysChat)


@pytest.mark.parametrize("api_version", [None, "2024-10-21"])
async def test_both_forms_answer_through_a_gateway(tmp_path: Path, api_version: str | None) -> None:
    async with AzureServer() as server:
        account = {"base_url": server.base_url, "api_key": KEY, "api_version": api_version, "models": "plain"}
        async with running_app(tmp_path, providers={"azure": account}) as app, client_of(app) as client:
            body = {"model": "azure:plain", "input": {"prompt": "Hi"}}
            reply = await client.post("/v1/generate", json=body, headers=AUTHORISED)
            assert reply.json()["output"]["text"] == TEXT
            listed = await client.get("/v1/models", headers=AUTHORISED)
            assert [row["id"] for row in listed.json()["models"]] == ["azure:plain"]
        assert server.asked[-1].query == ({"api-version": api_version} if api_version else {})
