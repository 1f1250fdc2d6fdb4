"""The choice of a model: every rule of the wire contract's section on generating."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pluggably.contract.modality import Modality
from pluggably.errors import (
    ModalityMismatch,
    ModelNotFound,
    ModelUnavailable,
    PluggablyError,
    ProviderNotFound,
    ValidationFailed,
)
from pluggably.routing.selection import Selection, Wish
from tests.factories.catalogues import entry, selector_of

TINY = entry("tiny")
BIG = entry("big")
SEEING = entry("seeing", images=True)
PAINTER = entry("painter", modality=Modality.IMAGE)
RETOUCHER = entry("retoucher", modality=Modality.IMAGE, images=True)
SCULPTOR = entry("sculptor", modality=Modality.MESH)
EMBEDDER = entry("embedder", capabilities={"embeddings": True})
BROKEN = entry("broken", status="failed", status_reason="the file is truncated.")
FREE = entry("acme:free", "acme")
SHARED_FREE = entry("acme:shared", "acme")
SHARED_PAID = entry("openai:shared", "openai")
PAID = entry("openai:gpt-test", "openai", images=True)
EVERYTHING = (
    TINY, BIG, SEEING, PAINTER, RETOUCHER, SCULPTOR, EMBEDDER, BROKEN, FREE, SHARED_FREE, SHARED_PAID, PAID,
)  # fmt: skip

pytestmark = pytest.mark.req("TEST-UNIT-002", "SYS-REQ-005", "SYS-REQ-011")


def choose(**wish: Any) -> Selection:
    return selector_of(*EVERYTHING).select(Wish(**wish))


@pytest.mark.parametrize(
    ("wish", "param", "words"),
    [
        ({"mode": "commercial_only", "provider": "local"}, "selection_mode", "'commercial_only' excludes them"),
        ({"mode": "free_only", "provider": "openai"}, "selection_mode", "'free_only' excludes them"),
        ({"modality": Modality.IMAGE, "provider": "openai"}, "model", "No image model of openai is available."),
    ],
)
def test_where_nothing_is_left_the_message_says_what_excludes_it(
    wish: dict[str, Any], param: str, words: str
) -> None:
    with pytest.raises(ModelNotFound) as caught:
        choose(**wish)
    assert caught.value.param == param
    assert words in caught.value.message
    assert "GGUF" not in caught.value.message


# an explicit model
@pytest.mark.parametrize(
    ("wish", "chosen", "reason"),
    [
        ({"model": "big"}, BIG, "model_id"),
        ({"model": "acme:free"}, FREE, "model_id"),
        ({"model": "free"}, FREE, "model_name"),
        ({"model": "gpt-test"}, PAID, "model_name"),
        ({"model": "local:big"}, BIG, "provider_and_model"),
        ({"model": "big", "provider": "local"}, BIG, "model_id"),
        ({"model": "shared", "provider": "openai"}, SHARED_PAID, "provider_and_model"),
        ({"model": "shared", "provider": "acme"}, SHARED_FREE, "provider_and_model"),
        ({"model": "openai:shared", "provider": "openai"}, SHARED_PAID, "model_id"),
        ({"model": "painter"}, PAINTER, "model_id"),
        ({"model": "painter", "modality": Modality.IMAGE}, PAINTER, "model_id"),
    ],
)
def test_an_explicit_model_is_found(wish: dict[str, Any], chosen: Any, reason: str) -> None:
    selection = choose(**wish)
    assert (selection.entry, selection.reason, selection.requested) == (chosen, reason, wish["model"])


@pytest.mark.req("SYS-REQ-CR003-001")
def test_the_answer_names_who_was_chosen_and_who_was_asked_for() -> None:
    assert choose(model="big").describe() == {
        "selected_model": "big",
        "selected_provider": "local",
        "requested": "big",
        "reason": "model_id",
        "fallback_used": False,
        "fallback_reason": None,
        "attempts": [],
    }
    assert choose().describe()["requested"] == "auto"


def test_a_catalogue_id_goes_before_provider_and_name() -> None:
    odd = entry("acme:free")  # a local model whose id looks like another's
    assert selector_of(odd, entry("acme:other", "acme")).select(Wish(model="acme:free")).entry == odd


def test_names_differ_by_case() -> None:
    with pytest.raises(ModelNotFound) as caught:
        choose(model="BIG")
    assert caught.value.details == {"suggestions": ["big"]}


def test_an_unknown_model_is_404_with_suggestions() -> None:
    with pytest.raises(ModelNotFound) as caught:
        choose(model="tinny")
    error = caught.value.envelope(None)["error"]
    assert (caught.value.status, error["code"], error["param"]) == (404, "model_not_found", "model")
    assert "tiny" in error["details"]["suggestions"]


@settings(deadline=None)
@given(model=st.text(min_size=1, max_size=255), provider=st.none() | st.text(min_size=1, max_size=255))
def test_no_name_is_ever_guessed(model: str, provider: str | None) -> None:
    refused: PluggablyError | None = None
    try:
        chosen = choose(model=model, provider=provider).entry
    except PluggablyError as error:
        refused = error
    if refused is None:
        assert model in (chosen.id, chosen.name, f"{chosen.provider}:{chosen.name}", "auto")
    else:
        assert refused.status in (404, 422)
        assert len(str(refused)) < 2000


def test_a_bare_name_that_several_providers_have_is_422_with_the_candidates() -> None:
    with pytest.raises(ValidationFailed, match="acme:shared, openai:shared") as caught:
        choose(model="shared")
    assert (caught.value.status, caught.value.param) == (422, "model")


def test_a_model_whose_file_failed_is_503_with_the_reason() -> None:
    for wish in ({"model": "broken"}, {"model": "broken", "provider": "local"}):
        with pytest.raises(ModelUnavailable, match="the file is truncated") as caught:
            choose(**wish)
        assert (caught.value.status, caught.value.code) == (503, "model_unavailable")
        assert caught.value.retry_after
        assert not caught.value.message.endswith("..")


@pytest.mark.parametrize("status", ["downloading", "failed", "disabled", "evicted"])
def test_auto_never_chooses_a_model_that_is_not_available(status: str) -> None:
    selector = selector_of(entry("only", status=status), defaults={Modality.TEXT: "only"})
    with pytest.raises(ModelNotFound):
        selector.select(Wish())


# providers
@pytest.mark.parametrize("wish", [{"provider": "nobody"}, {"provider": "nobody", "model": "big"}])
def test_an_unknown_provider_is_404(wish: dict[str, str]) -> None:
    with pytest.raises(ProviderNotFound) as caught:
        choose(**wish)
    assert (caught.value.status, caught.value.code, caught.value.param) == (404, "provider_not_found", "provider")


@pytest.mark.parametrize(
    ("wish", "variables"),
    [
        ({"provider": "mistral"}, "PLUGGABLY_PROVIDERS__MISTRAL__API_KEY"),
        ({"model": "mistral:large"}, "PLUGGABLY_PROVIDERS__MISTRAL__API_KEY"),
        ({"provider": "openai_compatible"}, "PLUGGABLY_PROVIDERS__OPENAI_COMPATIBLE__BASE_URL"),
        ({"provider": "azure"}, "PLUGGABLY_PROVIDERS__AZURE__BASE_URL and PLUGGABLY_PROVIDERS__AZURE__API_KEY"),
    ],
)
def test_a_provider_without_account_is_404_and_says_what_to_set(wish: dict[str, str], variables: str) -> None:
    with pytest.raises(ProviderNotFound, match=f"not configured: set {variables}\\."):
        choose(**wish)


@pytest.mark.parametrize(
    ("name", "pricing"),
    [("good", {"input_per_million_usd": 3}), ("moved", None), ("goo", None), ("fine-tuned", None)],
)
def test_a_name_whose_dated_versions_alone_are_listed_costs_what_they_cost(
    name: str, pricing: dict[str, Any] | None
) -> None:
    same, other = {"input_per_million_usd": 3}, {"input_per_million_usd": 5}
    listed = {"good-20260131": same, "good-2026-07-01": same, "good-large-20260131": other}
    listed |= {"moved-20260131": same, "moved-20260701": other}
    selector = selector_of(*(entry(f"openai:{name}", "openai", pricing=price) for name, price in listed.items()))
    chosen = selector.select(Wish(model=f"openai:{name}")).entry
    assert (chosen.name, chosen.pricing) == (name, pricing)


def test_a_provider_alone_chooses_among_its_own_models() -> None:
    assert choose(provider="openai").entry.provider == "openai"
    assert choose(provider="acme").entry.provider == "acme"
    assert choose(provider="local").entry.provider == "local"


def test_a_providers_model_that_it_does_not_list_is_asked_for_all_the_same() -> None:
    for wish in ({"model": "openai:ft:mine"}, {"model": "ft:mine", "provider": "openai"}):
        chosen = choose(**wish).entry
        assert (chosen.id, chosen.name, chosen.provider) == ("openai:ft:mine", "ft:mine", "openai")


def test_such_a_model_has_no_name_of_its_own_in_the_metrics() -> None:
    assert choose(model="openai:my-secret-model").entry.label == "openai:other"
    assert PAID.label == "openai:gpt-test"


def test_this_machine_serves_only_models_that_it_has() -> None:
    for wish in ({"model": "local:nothing"}, {"model": "nothing", "provider": "local"}):
        with pytest.raises(ModelNotFound):
            choose(**wish)


@pytest.mark.parametrize("wish", [{"model": "openai:", "provider": "acme"}, {"model": "big", "provider": "openai"}])
def test_a_model_of_another_provider_is_not_taken_for_it(wish: dict[str, str]) -> None:
    assert choose(**wish).entry.provider == wish["provider"]


# modality
@pytest.mark.req("SYS-REQ-069")
@pytest.mark.parametrize(
    ("model", "modality"),
    [("big", Modality.IMAGE), ("painter", Modality.TEXT), ("painter", Modality.MESH), ("gpt-test", Modality.IMAGE)],
)
def test_a_model_and_another_modality_contradict_each_other(model: str, modality: Modality) -> None:
    with pytest.raises(ModalityMismatch) as caught:
        choose(model=model, modality=modality)
    assert (caught.value.status, caught.value.code) == (400, "modality_mismatch")


@pytest.mark.req("SYS-REQ-069")
@pytest.mark.parametrize("modality", Modality)
def test_auto_follows_the_modality(modality: Modality) -> None:
    for model in (None, "auto"):
        assert choose(model=model, modality=modality).entry.modality == modality


def test_without_a_modality_auto_makes_text() -> None:
    assert choose().entry.modality is Modality.TEXT


def test_auto_never_chooses_a_model_for_embeddings() -> None:
    with pytest.raises(ModelNotFound):
        selector_of(EMBEDDER).select(Wish())
    assert selector_of(EMBEDDER, TINY).select(Wish()).entry == TINY


def test_nothing_to_choose_from_says_how_to_get_something() -> None:
    with pytest.raises(ModelNotFound, match="pluggably pull starter"):
        selector_of().select(Wish())


# auto
@pytest.mark.req("SYS-REQ-CR003-001")
def test_auto_takes_the_callers_preference_then_the_configured_default_then_the_registrys_then_the_first() -> None:
    flagged = entry("flagged", is_default=True)
    models = (PAID, TINY, flagged, BIG)
    configured = selector_of(*models, defaults={Modality.TEXT: "big"})
    preferring = configured.select(Wish(preferred={"text": "openai:gpt-test"}))
    assert (preferring.entry, preferring.reason) == (PAID, "preferred")
    default = configured.select(Wish())
    assert (default.entry, default.reason) == (BIG, "default_for_modality")
    registrys = selector_of(*models).select(Wish())
    assert (registrys.entry, registrys.reason) == (flagged, "default_for_modality")
    first = selector_of(PAID, TINY, BIG).select(Wish())
    assert (first.entry, first.reason) == (TINY, "first_available")


def test_a_default_may_be_written_as_provider_and_name() -> None:
    for name in ("openai:gpt-test", "gpt-test"):
        assert selector_of(*EVERYTHING, defaults={Modality.TEXT: name}).select(Wish()).entry == PAID


def test_auto_prefers_this_machine_so_that_nothing_is_spent_unasked() -> None:
    assert selector_of(PAID, FREE, BIG).select(Wish()).entry == BIG
    assert selector_of(PAID, FREE).select(Wish()).entry.provider != "local"


@pytest.mark.req("SYS-REQ-CR003-002", "SYS-REQ-CR003-003")
@pytest.mark.parametrize(
    ("models", "defaults", "chosen"),
    [
        ((TINY, SEEING, PAINTER, RETOUCHER), {Modality.IMAGE: "retoucher"}, RETOUCHER),
        # A default that takes no images is passed over.
        ((TINY, SEEING, PAINTER, RETOUCHER), {Modality.IMAGE: "painter"}, RETOUCHER),
        ((TINY, SEEING, PAINTER), {Modality.IMAGE: "painter"}, SEEING),
        ((TINY, SEEING), {Modality.TEXT: "tiny"}, SEEING),
    ],
)
def test_images_without_a_modality_choose_an_image_model_that_takes_them_else_a_vision_model(
    models: Any, defaults: Any, chosen: Any
) -> None:
    assert selector_of(*models, defaults=defaults).select(Wish(has_images=True)).entry == chosen


@pytest.mark.req("SYS-REQ-CR003-003")
def test_images_and_the_modality_text_choose_a_vision_model() -> None:
    selection = choose(modality=Modality.TEXT, has_images=True)
    assert selection.entry == SEEING


def test_images_that_nothing_takes_are_an_error() -> None:
    with pytest.raises(ModelNotFound, match="takes images"):
        selector_of(TINY, PAINTER).select(Wish(has_images=True))


@pytest.mark.req("SYS-REQ-CR003-004")
def test_an_explicit_model_is_never_replaced_silently() -> None:
    assert choose(model="tiny", has_images=True).entry == TINY
    assert selector_of(*EVERYTHING, defaults={Modality.TEXT: "big"}).select(Wish(model="tiny")).entry == TINY


# selection_mode
def test_free_only_never_spends() -> None:
    assert choose(mode="free_only").entry.provider == "local"
    assert choose(mode="free_only", provider="acme").entry.provider == "acme"
    with pytest.raises(ModelNotFound):
        choose(mode="free_only", provider="openai")
    with pytest.raises(ValidationFailed) as caught:
        choose(mode="free_only", model="openai:gpt-test")
    assert caught.value.param == "selection_mode"


def test_commercial_only_asks_commercial_providers_alone() -> None:
    assert choose(mode="commercial_only").entry.provider == "openai"
    for model in ("big", "acme:free"):
        with pytest.raises(ValidationFailed):
            choose(mode="commercial_only", model=model)


def test_the_mode_holds_for_defaults_and_preferences_too() -> None:
    selector = selector_of(*EVERYTHING, defaults={Modality.TEXT: "openai:gpt-test"})
    assert selector.select(Wish(mode="free_only")).entry.provider == "local"
    wish = Wish(mode="free_only", preferred={"text": "openai:gpt-test"})
    assert selector.select(wish).entry.provider == "local"


def test_the_mode_model_takes_the_asked_one() -> None:
    assert choose(mode="model", model="tiny").entry == TINY
