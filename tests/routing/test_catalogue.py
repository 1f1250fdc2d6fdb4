"""The models that can be chosen."""

from __future__ import annotations

from dataclasses import replace

from pluggably.routing.catalogue import Catalogue, not_found
from tests.factories.catalogues import catalogue_of, entry


def test_a_registered_model_hides_a_listed_one_of_the_same_id() -> None:
    catalogue = Catalogue()
    listed = entry("acme:a", "acme", origin="listed")
    catalogue.replace_listed("acme", [listed])
    registered = replace(listed, origin="explicit", description="mine")
    catalogue.put(registered)
    assert catalogue.get("acme:a") == registered
    assert catalogue.entries() == [registered]
    catalogue.remove("acme:a")
    assert catalogue.get("acme:a") == listed


def test_a_new_list_of_a_provider_takes_the_old_ones_place() -> None:
    catalogue = catalogue_of(entry("acme:a", "acme"), entry("openai:b", "openai"))
    catalogue.replace_listed("acme", [entry("acme:c", "acme")])
    assert {item.id for item in catalogue.entries()} == {"acme:c", "openai:b"}
    assert catalogue.named("a") == []


def test_registered_models_come_first() -> None:
    catalogue = catalogue_of(entry("acme:a", "acme"), entry("tiny"))
    assert [item.id for item in catalogue.entries()] == ["tiny", "acme:a"]
    assert [item.id for item in catalogue.registered()] == ["tiny"]


def test_removing_what_is_not_there_does_nothing() -> None:
    catalogue = catalogue_of(entry("tiny"))
    catalogue.remove("huge")
    assert catalogue.get("tiny") is not None


def test_suggestions_are_few_and_close() -> None:
    catalogue = catalogue_of(*(entry(f"smollm2-{number}") for number in range(9)), entry("phi"))
    error = not_found(catalogue, "smollm")
    assert error.details is not None
    assert len(error.details["suggestions"]) == 3
    assert all(name.startswith("smollm2-") for name in error.details["suggestions"])
    assert not_found(catalogue, "zzzzzz").details == {"suggestions": []}


def test_a_name_of_any_length_gives_a_short_error() -> None:
    assert len(not_found(catalogue_of(entry("tiny")), "x" * 100_000).message) < 1000
