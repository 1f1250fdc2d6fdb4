"""Who may stand in for a model, and after which failures."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluggably.contract.modality import Modality
from pluggably.errors import (
    BlockedURL,
    ContentRefused,
    ContextLengthExceeded,
    CreditsExhausted,
    InsufficientStorage,
    InternalError,
    InvalidImage,
    ModalityMismatch,
    ModelNotFound,
    ModelUnavailable,
    NotReady,
    PayloadTooLarge,
    PluggablyError,
    ProviderAuthError,
    ProviderError,
    ProviderNotFound,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnavailable,
    QueueFull,
    RequestCancelled,
    RuntimeCrashed,
    UnsupportedFeature,
    ValidationFailed,
)
from pluggably.routing.fallback import LONGEST_MESSAGE, Fallback, FallbackReason, Plan, Planner, reason_of
from pluggably.routing.selection import Wish
from tests.factories.catalogues import entry, selector_of

A, B, C = entry("a"), entry("b"), entry("c")
FREE = entry("acme:free", "acme")
PAID = entry("openai:paid", "openai")
PAINTER = entry("painter", modality=Modality.IMAGE)
EMBEDDER = entry("embedder", capabilities={"embeddings": True})
ABSENT = entry("absent", status="downloading")
EVERYTHING = (A, B, C, FREE, PAID, PAINTER, EMBEDDER, ABSENT)
DOWN = ProviderUnavailable


def planner(chains: dict[str, list[str]] | None = None, *more: Any) -> Planner:
    return Planner(selector_of(*EVERYTHING, *more), chains or {})


def planned(fallback: Fallback, chains: dict[str, list[str]] | None = None, **wish: Any) -> Plan:
    return planner(chains).plan(Wish(**{"model": "a", **wish}), fallback)


def then(plan: Plan, error: PluggablyError | None = None) -> str:
    """Who is next after a failure."""
    return plan.after(error or DOWN("down"), 5).entry.id


# which failures
@pytest.mark.req("SYS-REQ-053")
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (CreditsExhausted("x"), FallbackReason.CREDITS_EXHAUSTED),
        (ProviderRateLimited("x"), FallbackReason.RATE_LIMITED),
        (ModelUnavailable("x"), FallbackReason.MODEL_UNAVAILABLE),
        (QueueFull("x"), FallbackReason.MODEL_UNAVAILABLE),
        (RuntimeCrashed("x"), FallbackReason.MODEL_UNAVAILABLE),
        (InsufficientStorage("x"), FallbackReason.MODEL_UNAVAILABLE),
        (ModelNotFound("x"), FallbackReason.MODEL_UNAVAILABLE),
        (ProviderError("x"), FallbackReason.PROVIDER_ERROR),
        (ProviderAuthError("x"), FallbackReason.PROVIDER_ERROR),
        (ProviderTimeout("x"), FallbackReason.PROVIDER_ERROR),
        (ProviderUnavailable("x"), FallbackReason.PROVIDER_ERROR),
        (ContentRefused("x"), None),
        (ContextLengthExceeded("x"), None),
        (UnsupportedFeature("x"), None),
        (ValidationFailed.of("parameters", "x"), None),
        (RequestCancelled("x"), None),
        (PayloadTooLarge("x"), None),
        (NotReady("x"), None),
        (InternalError("x"), None),
    ],
    ids=lambda value: value.code if isinstance(value, PluggablyError) else str(value),
)
def test_a_failure_leads_to_another_model_only_where_that_may_do_better(
    error: PluggablyError, reason: FallbackReason | None
) -> None:
    assert reason_of(error, FREE) is reason
    plan = planned(["b"])
    if reason is None:
        with pytest.raises(type(error)) as caught:
            plan.after(error, 1)
        assert caught.value is error
        assert error.details is None or "attempts" not in error.details
    else:
        assert plan.after(error, 1).fallback_reason == reason


def test_a_name_that_only_the_caller_knows_and_its_provider_does_not_is_a_mistake() -> None:
    unlisted = planner().plan(Wish(model="acme:typo"), ["b"])
    with pytest.raises(ModelNotFound):
        unlisted.after(ModelNotFound("no such model"), 1)


# who is next
def test_without_a_chain_the_failure_is_the_requests_own() -> None:
    for fallback in ("default", "wait", "pinned", []):
        error = DOWN("down")
        with pytest.raises(DOWN) as caught:
            planned(fallback).after(error, 1)  # type: ignore[arg-type]
        assert (caught.value, caught.value.details) == (error, None)


@pytest.mark.req("SYS-REQ-053", "TEST-INT-017")
def test_the_configured_chain_is_tried_in_order_and_the_answer_says_why() -> None:
    plan = planned("default", {"a": ["acme:free", "b"]})
    assert plan.selection.describe()["fallback_used"] is False
    assert then(plan, CreditsExhausted("nothing left")) == "acme:free"
    assert then(plan, DOWN("down")) == "b"
    assert plan.selection.describe() == {
        "selected_model": "b",
        "selected_provider": "local",
        "requested": "a",
        "reason": "fallback",
        "fallback_used": True,
        "fallback_reason": "credits_exhausted",
        "attempts": [
            {"model": "a", "provider": "local", "code": "credits_exhausted", "message": "nothing left", "ms": 5},
            {"model": "acme:free", "provider": "acme", "code": "provider_unavailable", "message": "down", "ms": 5},
        ],
    }


def test_only_the_first_models_chain_counts_and_loops_and_repetitions_are_harmless() -> None:
    plan = planned("default", {"a": ["a", "b", "b", "a"], "b": ["c"], "c": ["a"]})
    assert then(plan) == "b"
    with pytest.raises(DOWN):
        then(plan)


def test_a_list_in_the_request_takes_the_place_of_the_chain() -> None:
    assert then(planned(["c"], {"a": ["b"]})) == "c"


def test_a_list_takes_the_same_names_as_model_does() -> None:
    assert then(planned(["paid"])) == "openai:paid"
    assert then(planned(["openai:new"])) == "openai:new"


def test_who_must_have_this_model_gets_no_other() -> None:
    for options in (
        {"fallback": "wait"},
        {"fallback": ["b"], "mode": "model"},
        {"fallback": "default", "mode": "model"},
    ):
        with pytest.raises(DOWN):
            then(planned(chains={"a": ["b"]}, **options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wish", "name", "code"),
    [
        ({}, "painter", "modality_mismatch"),
        ({}, "embedder", "unsupported_feature"),
        ({}, "nobody", "model_not_found"),
        ({}, "xai:grok", "provider_not_found"),
        ({"mode": "free_only"}, "openai:paid", "validation_error"),
        ({"model": "openai:paid", "mode": "commercial_only"}, "acme:free", "validation_error"),
        ({"provider": "local"}, "acme:free", "validation_error"),
    ],
)
def test_who_does_not_fit_the_request_is_passed_over_and_told(wish: dict[str, Any], name: str, code: str) -> None:
    plan = planned("default", {wish.get("model", "a"): [name]}, **wish)
    with pytest.raises(DOWN) as caught:
        then(plan)
    (told,) = (caught.value.details or {})["attempts"][1:]
    assert (told["model"], told["code"]) == (name, code)
    provider = {"painter": "local", "embedder": "local", "openai:paid": "openai", "acme:free": "acme"}.get(name)
    assert told["provider"] == provider


@pytest.mark.parametrize(
    "error",
    [
        ValidationFailed.of("parameters.seed", "no such parameter"),
        UnsupportedFeature("x"),
        ModalityMismatch("x"),
        InvalidImage("x"),
        BlockedURL("x"),
        ContextLengthExceeded("x"),
        PayloadTooLarge("x"),
        ProviderNotFound("x"),
        ModelUnavailable("x"),
    ],
    ids=lambda error: error.code,
)
def test_what_a_stand_in_can_not_take_goes_on_to_the_next(error: PluggablyError) -> None:
    plan = planned(["b", "c"])
    then(plan)
    assert then(plan, error) == "c"
    assert plan.selection.fallback_reason == "provider_error", (
        "it says why the model that was asked for did not answer"
    )


def test_what_a_stand_in_refuses_to_say_ends_the_request() -> None:
    plan = planned(["b", "c"])
    then(plan)
    with pytest.raises(ContentRefused) as caught:
        then(plan, ContentRefused("no"))
    assert [attempt["model"] for attempt in (caught.value.details or {})["attempts"]] == ["a", "b"]
    assert plan.selection.entry is B


def test_when_nobody_is_left_the_first_failure_is_told_with_all_attempts() -> None:
    plan = planned(["b", "acme:free"])
    first = ProviderRateLimited("later", retry_after=7, details={"kept": 1})
    then(plan, first)
    then(plan, DOWN("b is down"))
    with pytest.raises(ProviderRateLimited) as caught:
        then(plan, ModelUnavailable("x" * 1000))
    assert caught.value is first
    assert first.retry_after == 7
    details = first.details or {}
    assert details["kept"] == 1
    assert [(attempt["model"], attempt["code"]) for attempt in details["attempts"]] == [
        ("a", "provider_rate_limited"),
        ("b", "provider_unavailable"),
        ("acme:free", "model_unavailable"),
    ]
    assert len(details["attempts"][-1]["message"]) == LONGEST_MESSAGE
    assert plan.selection.entry is A, "the accounts name the model that was asked for"


@given(
    chain=st.lists(st.sampled_from(["a", "b", "c", "acme:free", "openai:paid", "nobody", "painter"]), max_size=12),
    broken=st.sets(st.sampled_from(["b", "c", "acme:free", "openai:paid"])),
)
def test_the_first_in_the_chain_that_works_answers_and_nobody_is_asked_twice(
    chain: list[str], broken: set[str]
) -> None:
    plan = planned("default", {"a": chain})
    usable = [name for name in dict.fromkeys(chain) if name not in ("a", "nobody", "painter")]
    working = [name for name in usable if name not in broken]
    asked = ["a"]
    try:
        while asked[-1] in {"a", *broken}:
            asked.append(then(plan))
    except DOWN:
        assert not working
        assert asked == ["a", *usable]
    else:
        assert asked == ["a", *usable[: usable.index(working[0]) + 1]]
        tried = [attempt.model for attempt in plan.selection.attempts if attempt.model not in ("nobody", "painter")]
        assert tried == asked[:-1]
        assert plan.selection.requested == "a"


# before anything is asked
@pytest.mark.req("SYS-REQ-053")
@pytest.mark.parametrize(("name", "code"), [("nobody", "model_not_found"), ("xai:grok", "provider_not_found")])
def test_an_unknown_model_in_a_requests_list_is_refused_at_once(name: str, code: str) -> None:
    for mode in ("auto", "model"):
        with pytest.raises(PluggablyError) as caught:
            planned(["b", name], mode=mode)
        assert (caught.value.code, caught.value.status, caught.value.param) == (code, 404, "fallback")


def test_a_name_in_a_requests_list_that_several_providers_have_is_refused_at_once() -> None:
    ambiguous = planner({}, entry("acme:twin", "acme"), entry("openai:twin", "openai"))
    with pytest.raises(ValidationFailed) as caught:
        ambiguous.plan(Wish(model="a"), ["twin"])
    assert caught.value.param == "fallback"
    assert "acme:twin, openai:twin" in caught.value.message


def test_a_model_that_is_not_there_yet_is_refused_unless_somebody_may_stand_in() -> None:
    for fallback in ("default", "wait", "pinned"):
        with pytest.raises(ModelUnavailable):
            planned(fallback, model="absent")  # type: ignore[arg-type]
    assert planned("default", {"absent": ["b"]}, model="absent").selection.entry is ABSENT


def test_a_model_of_other_work_is_refused() -> None:
    with pytest.raises(UnsupportedFeature):
        planned(["b"], model="embedder")


# pinned
PINNED, PINNED_TOO = entry("pinned", pinned=True), entry("pinned-too", pinned=True)
PINNED_PAINTER = entry("pinned-painter", modality=Modality.IMAGE, pinned=True)


def pinned_plan(**wish: Any) -> Plan:
    return planner({"a": ["b"]}, PINNED, PINNED_PAINTER, PINNED_TOO).plan(Wish(**{"model": "a", **wish}), "pinned")


@pytest.mark.req("SYS-REQ-053")
def test_while_a_model_is_loading_a_pinned_one_of_its_kind_answers() -> None:
    plan = pinned_plan()
    assert plan.pinned
    assert plan.stand_ins == ["pinned", "pinned-too"]
    selection = plan.meanwhile(["pinned"])
    assert (selection.entry, selection.fallback_reason, selection.attempts) == (PINNED, "model_loading", ())
    assert plan.selection is selection


def test_a_pinned_model_does_not_stand_in_for_itself() -> None:
    assert pinned_plan(model="pinned").stand_ins == ["pinned-too"]
    assert not pinned_plan(mode="model").pinned


def test_when_no_pinned_model_can_answer_the_chosen_one_is_waited_for() -> None:
    plan = pinned_plan()
    plan.meanwhile(["pinned"])
    back = plan.after(ValidationFailed.of("parameters.seed", "no such parameter"), 1)
    assert (back.entry, back.reason) == (A, "model_id")
    described = back.describe()
    assert (described["fallback_used"], described["fallback_reason"]) == (False, None)
    assert [(attempt["model"], attempt["code"]) for attempt in described["attempts"]] == [
        ("pinned", "validation_error")
    ]


def test_a_chosen_model_that_fails_after_all_goes_on_to_the_pinned_ones_that_were_not_asked() -> None:
    plan = pinned_plan()
    plan.meanwhile(["pinned"])
    assert then(plan, RuntimeCrashed("gone")) == "a"
    assert then(plan, ModelUnavailable("can't be loaded")) == "pinned-too"
    assert plan.selection.fallback_reason == "model_unavailable"
    with pytest.raises(ModelUnavailable) as caught:
        then(plan)
    assert caught.value.message == "can't be loaded"
    assert [item["model"] for item in (caught.value.details or {})["attempts"]] == ["pinned", "a", "pinned-too"]


def test_a_pinned_model_also_stands_in_for_one_that_is_not_available() -> None:
    plan = pinned_plan()
    assert then(plan, ModelUnavailable("broken")) == "pinned"
    assert plan.selection.fallback_reason == "model_unavailable"
