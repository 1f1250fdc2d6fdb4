"""What a provider's model makes, by its name, by the request, by what the provider makes at all."""

from __future__ import annotations

from typing import Any

import pytest

from pluggably.contract.modality import Modality
from pluggably.contract.provider import Provider, RemoteModel
from pluggably.errors import ModalityMismatch
from pluggably.providers.catalogue import BUILT_IN
from pluggably.providers.directory import AccountSettings, load_providers
from pluggably.routing.catalogue import Catalogue
from pluggably.routing.remote_models import modality_of, remote_entry, shipped_models
from pluggably.routing.selection import Selector, Wish

ANY: dict[str, Any] = {"type": "object"}
PROVIDERS = {provider.name: provider for provider in BUILT_IN}
TEXT, IMAGE, MESH = Modality.TEXT, Modality.IMAGE, Modality.MESH
pytestmark = pytest.mark.req("TEST-UNIT-002", "SYS-REQ-069")


@pytest.mark.parametrize(
    ("provider", "name", "wanted", "modality"),
    [
        ("openai", "gpt-image-1", None, IMAGE),
        ("openai", "gpt-9", None, TEXT),
        ("openai", "gpt-9", IMAGE, IMAGE),
        ("openai", "gpt-image-1", TEXT, IMAGE),
        ("openai", "gpt-9", MESH, TEXT),
        ("xai", "grok-imagine-image-pro", None, IMAGE),
        ("xai", "grok-imagine-video", None, TEXT),
        ("google", "gemini-3-pro-image-preview", None, IMAGE),
        ("google", "gemini-3-pro", None, TEXT),
        ("huggingface", "org/anything", None, TEXT),
        ("huggingface", "org/anything", IMAGE, IMAGE),
        ("stability", "stable-fast-3d", None, MESH),
        ("stability", "sd4-large", None, IMAGE),
        ("fal", "someone/new", None, IMAGE),
        ("fal", "someone/new", MESH, MESH),
        ("fal", "fal-ai/trellis", None, MESH),
        ("replicate", "firtoz/trellis:0123", None, MESH),
        ("meshy", "meshy-9", None, MESH),
        ("tripo", "v9", IMAGE, MESH),
        ("groq", "llama", IMAGE, TEXT),
    ],
)
def test_what_a_model_makes(provider: str, name: str, wanted: Modality | None, modality: Modality) -> None:
    assert modality_of(PROVIDERS[provider], name, wanted) is modality


def test_an_entry_for_images_has_the_adapter_s_parameters() -> None:
    entry = remote_entry(PROVIDERS["openai"], RemoteModel("gpt-image-1", created=5), ANY, origin="listed")
    assert (entry.id, entry.modality, entry.takes_images) == ("openai:gpt-image-1", IMAGE, True)
    assert "quality" in entry.parameters["properties"]
    assert entry.created_at is not None


def test_an_adapter_that_knows_nothing_of_its_models_takes_any_parameter() -> None:
    class Plain:
        """Makes images of some kind."""

    plain = Provider("plain", "https://plain.example", {IMAGE: Plain()})  # type: ignore[dict-item]
    entry = remote_entry(plain, RemoteModel("any"), ANY, origin="unlisted")
    assert (entry.modality, entry.parameters, entry.takes_images) == (IMAGE, {"type": "object"}, False)


def test_shipped_models_are_those_of_every_adapter() -> None:
    assert [model.name for model in shipped_models(PROVIDERS["stability"])][-1] == "stable-fast-3d"
    assert shipped_models(PROVIDERS["groq"]) == []


def test_the_request_s_modality_decides_for_a_model_that_nobody_lists() -> None:
    accounts = {"fal": AccountSettings(api_key="k"), "groq": AccountSettings(api_key="k")}
    selector = Selector(Catalogue(), load_providers(accounts), {}, {"type": "object", "properties": {}})
    assert selector.select(Wish(model="fal:a/b")).entry.modality is IMAGE
    assert selector.select(Wish(model="fal:a/b", modality=MESH)).entry.modality is MESH
    assert selector.select(Wish(model="a/b", provider="fal", modality=MESH)).entry.modality is MESH
    with pytest.raises(ModalityMismatch):
        selector.select(Wish(model="groq:llama", modality=IMAGE))
