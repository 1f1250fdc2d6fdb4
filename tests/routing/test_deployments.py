"""Aliases, and several deployments of one model: who is asked first, and who after that."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from pluggably.contract.modality import Modality
from pluggably.errors import (
    ContextLengthExceeded,
    CreditsExhausted,
    ModelNotFound,
    PluggablyError,
    ProviderError,
    ProviderNotFound,
    ProviderRateLimited,
    ProviderUnavailable,
    ValidationFailed,
)
from pluggably.providers.directory import ProviderDirectory
from pluggably.routing.catalogue import Entry
from pluggably.routing.cooldown import Cooling, LocalHealth
from pluggably.routing.credits import CreditsBook
from pluggably.routing.deployments import Deployment, GivenNames
from pluggably.routing.fallback import Fallback, Plan, Planner
from pluggably.routing.retries import Patience
from pluggably.routing.selection import Selector, Wish
from pluggably.routing.standing import Standing
from tests.factories.catalogues import ANY_PARAMETERS, catalogue_of, entry, two_providers

FREE, PAID, OTHER = entry("acme:gpt", "acme"), entry("openai:gpt", "openai"), entry("openai:other", "openai")
CHEAP = entry("openai:cheap", "openai", pricing={"input_per_million_usd": 0, "output_per_million_usd": 0})
LOCAL, PAINTER = entry("mine"), entry("openai:painter", "openai", Modality.IMAGE)
SEEING = entry("openai:seeing", "openai", images=True)
ALL = (LOCAL, FREE, PAID, OTHER, CHEAP, PAINTER, SEEING)
GIVEN = GivenNames(
    {"best": "openai:gpt", "quick": "fast", "any": "auto", "gone": "nowhere:x", "mine": "openai:gpt"},
    {
        "fast": [Deployment("acme:gpt", 3), Deployment("openai:gpt", 1)],
        "mixed": [Deployment("mine"), Deployment("openai:seeing")],
        "lost": [Deployment("mistral:x"), Deployment("acme:gpt")],
        "nothing": [Deployment("mistral:x")],
    },
)


class World:
    """A selector and a planner whose clock, lots and knowledge the test holds."""

    def __init__(self, *entries: Entry, chains: dict[str, list[str]] | None = None, retries: int = 0) -> None:
        self.now = 0.0
        self.standing = Standing(
            LocalHealth(Cooling(3, 5, 60), lambda: self.now), CreditsBook(clock=lambda: self.now)
        )
        providers: ProviderDirectory = two_providers()
        self.selector = Selector(
            catalogue_of(*(entries or ALL)), providers, {}, ANY_PARAMETERS, GIVEN, self.standing, random.Random(3)
        )
        self.planner = Planner(self.selector, chains or {}, Patience(retries, 10))

    def plan(self, model: str | None, fallback: Fallback = "default", **wish: Any) -> Plan:
        return self.planner.plan(Wish(model=model, **wish), fallback)

    def fail(self, plan: Plan, error: PluggablyError, left_s: float = 100) -> str:
        """The model of a plan fails; who is next."""
        asked = plan.selection.entry
        self.standing.failed(asked, self.standing.begin(asked), error)
        return plan.after(error, 5, left_s).entry.id

    def break_down(self, asked: Entry) -> None:
        for _ in range(3):
            self.standing.failed(asked, self.standing.begin(asked), ProviderError("x"))


def down() -> ProviderUnavailable:
    return ProviderUnavailable("down")


# names
@pytest.mark.req("TEST-UNIT-002", "SYS-REQ-005", "SYS-REQ-011")
def test_an_alias_stands_for_a_model_and_the_answer_says_both() -> None:
    selection = World().plan("best").selection
    assert (selection.entry, selection.requested, selection.reason) == (PAID, "best", "alias")
    assert World().plan("any").selection.requested == "any"
    assert World().plan("any").selection.entry == LOCAL
    assert World().plan("quick").selection.reason == "deployment"


@pytest.mark.req("TEST-UNIT-002", "SYS-REQ-011")
def test_an_id_of_the_catalogue_goes_before_the_operators_names() -> None:
    assert World().plan("mine").selection.entry == LOCAL


@pytest.mark.req("TEST-UNIT-002", "SYS-REQ-011")
def test_a_name_that_leads_nowhere_or_elsewhere_is_an_error() -> None:
    with pytest.raises(ModelNotFound):
        World().plan("gone")
    with pytest.raises(ProviderNotFound, match="PLUGGABLY_PROVIDERS__MISTRAL__API_KEY"):
        World().plan("nothing")
    for model in ("best", "mixed"):
        with pytest.raises(ValidationFailed) as caught:
            World().plan(model, provider="acme")
        assert caught.value.param == "provider"
    with pytest.raises(ModelNotFound) as missing:
        World().plan("fastt")
    assert "fast" in (missing.value.details or {})["suggestions"]


@pytest.mark.req("TEST-UNIT-002", "SYS-REQ-005")
def test_only_deployments_that_suit_the_request_take_part() -> None:
    for _ in range(20):
        assert World().plan("lost").selection.entry == FREE
        assert World().plan("fast", provider="openai").selection.entry == PAID
        assert World().plan("fast", mode="free_only").selection.entry == FREE
        assert World().plan("fast", mode="commercial_only").selection.entry == PAID
        assert World().plan("mixed", has_images=True).selection.entry == SEEING


@pytest.mark.req("TEST-UNIT-002", "SYS-REQ-005")
def test_a_provider_alone_answers_with_what_it_makes() -> None:
    assert World(PAINTER, LOCAL).plan(None, provider="openai").selection.entry == PAINTER
    assert World().plan(None, provider="openai").selection.entry == PAID
    assert World().plan(None, provider="openai", modality=Modality.IMAGE).selection.entry == PAINTER


@pytest.mark.req("TEST-UNIT-002", "SYS-REQ-005")
def test_the_default_of_a_modality_may_be_one_of_the_operators_names() -> None:
    world = World()
    selector = Selector(world.selector.catalogue, two_providers(), {Modality.TEXT: "fast"}, ANY_PARAMETERS, GIVEN)
    selection = selector.choose(Wish())
    assert selection.entry in (FREE, PAID)
    assert (selection.requested, selection.reason, len(selection.others)) == ("auto", "default_for_modality", 1)
    own = selector.choose(Wish(preferred={"text": "best"}))
    assert (own.entry, own.reason) == (PAID, "preferred")


# shares and order
def test_each_deployment_gets_its_share() -> None:
    world = World()
    first = Counter(world.plan("fast").selection.entry.id for _ in range(4000))
    assert 0.71 < first["acme:gpt"] / 4000 < 0.79


def test_another_deployment_is_asked_at_once_and_it_is_no_fallback() -> None:
    world = World(chains={"fast": ["mine"]}, retries=2)
    plan = world.plan("fast")
    first = plan.selection.entry.id
    second = world.fail(plan, down())
    assert {first, second} == {"acme:gpt", "openai:gpt"}
    described = plan.selection.describe()
    assert (plan.pause_s, described["reason"], described["fallback_used"]) == (0, "deployment", False)
    assert [attempt["model"] for attempt in described["attempts"]] == [first]


def test_who_cools_down_is_asked_last_and_all_that_do_in_the_order_of_their_recovery() -> None:
    world = World()
    world.break_down(FREE)
    for _ in range(20):
        plan = world.plan("fast")
        assert (plan.selection.entry, plan.selection.others) == (PAID, (FREE,))
    world.now = 1
    world.break_down(PAID)
    for _ in range(20):
        assert world.plan("fast").selection.entry == FREE, "it recovers first"
    world.now = 5.5
    assert world.plan("fast").selection.entry == FREE
    world.standing.begin(FREE)  # its trial
    assert world.plan("fast").selection.entry == PAID


def test_a_failing_deployment_is_tried_again_after_a_pause_and_then_another_model() -> None:
    world = World(chains={"openai:gpt": ["mine"]}, retries=2)
    plan = world.plan("openai:gpt")
    assert [world.fail(plan, ProviderError("x")) for _ in range(2)] == ["openai:gpt", "openai:gpt"]
    assert 0 < plan.pause_s < 1
    assert plan.is_same_model
    assert world.fail(plan, ProviderError("x")) == "mine"
    assert (plan.pause_s, plan.is_same_model) == (0, False)
    assert [attempt.model for attempt in plan.selection.attempts] == ["openai:gpt"] * 3
    assert plan.selection.fallback_reason == "provider_error"


def test_the_vendors_own_time_is_waited_for_if_it_is_short_and_there_is_time() -> None:
    def limited(seconds: float) -> ProviderRateLimited:
        error = ProviderRateLimited("slow down")
        error.asked_s = seconds
        return error

    plan = World(retries=1).plan("openai:gpt")
    world = World(retries=1)
    plan = world.plan("openai:gpt")
    world.fail(plan, limited(4))
    assert 4 <= plan.pause_s < 4.5
    for seconds, left_s in ((4, 3), (30, 100)):
        world = World(retries=1)
        plan = world.plan("openai:gpt")
        with pytest.raises(ProviderRateLimited):
            world.fail(plan, limited(seconds), left_s)


def test_no_time_is_left_for_another_deployment_once_it_is_used_up() -> None:
    world = World()
    with pytest.raises(ProviderUnavailable):
        world.fail(world.plan("fast"), down(), 0)


def test_a_mistake_in_the_request_is_no_other_deployments_business() -> None:
    world = World(retries=2)
    with pytest.raises(ContextLengthExceeded):
        world.fail(world.plan("fast"), ContextLengthExceeded("too long"))
    assert world.standing.ready_in(FREE) == world.standing.ready_in(PAID) == 0


def test_a_model_that_cools_down_lets_its_stand_in_go_first() -> None:
    world = World(chains={"openai:gpt": ["mine"]})
    world.break_down(PAID)
    plan = world.plan("openai:gpt")
    assert plan.pass_over()
    assert (plan.selection.entry, plan.selection.fallback_reason) == (LOCAL, "provider_error")
    world = World()
    world.break_down(PAID)
    plan = world.plan("openai:gpt")
    assert not plan.pass_over(), "there is nobody else"
    assert plan.selection.entry == PAID


def test_when_no_stand_in_can_the_model_that_was_passed_over_is_asked() -> None:
    world = World(chains={"openai:gpt": ["acme:gpt"]}, retries=1)
    world.break_down(PAID)
    plan = world.plan("openai:gpt")
    plan.pass_over()
    assert plan.selection.entry == FREE
    assert world.fail(plan, ProviderError("x")) == "acme:gpt"
    assert world.fail(plan, ProviderError("x")) == "openai:gpt"
    assert plan.selection.fallback_reason is None
    with pytest.raises(ProviderError) as told:
        world.fail(plan, ProviderError("still"))
    assert told.value.message == "still"


# credits
@pytest.mark.req("SYS-REQ-073", "SYS-REQ-074", "SYS-REQ-075")
def test_a_deployment_without_credits_is_passed_over_for_the_other_and_that_is_said() -> None:
    world = World()
    world.standing.credits.refused("openai")
    for _ in range(20):
        plan = world.plan("fast")
        assert not plan.pass_over()
        described = plan.selection.describe()
        assert (described["selected_model"], described["fallback_reason"]) == ("acme:gpt", "credits_exhausted")
        assert [(item["model"], item["code"]) for item in described["attempts"]] == [
            ("openai:gpt", "credits_exhausted")
        ]


@pytest.mark.req("SYS-REQ-074", "SYS-REQ-075")
def test_without_credits_the_same_model_elsewhere_goes_before_free_ones() -> None:
    world = World()
    plan = world.plan("openai:gpt")
    assert world.fail(plan, CreditsExhausted("nothing left")) == "acme:gpt"
    assert plan.selection.fallback_reason == "credits_exhausted"
    assert world.fail(plan, down()) == "mine"
    plan = world.plan("openai:other")
    assert plan.pass_over(), "it is known by now"
    assert (plan.selection.entry, plan.selection.fallback_reason) == (LOCAL, "credits_exhausted")
    assert world.plan("openai:other", "wait").pass_over() is False
    assert world.plan("openai:other", mode="model").pass_over() is False
    assert world.plan("openai:other", mode="commercial_only").pass_over() is False
    assert world.plan("openai:other", provider="openai").pass_over() is False


@pytest.mark.req("SYS-REQ-073", "SYS-REQ-074")
def test_under_auto_a_default_without_credits_gives_way_and_comes_back() -> None:
    world = World(entry("openai:gpt", "openai", is_default=True), FREE, LOCAL)
    assert world.plan(None).selection.entry.id == "openai:gpt"
    world.standing.credits.refused("openai")
    plan = world.plan(None)
    assert plan.pass_over()
    assert (plan.selection.entry.id, plan.selection.fallback_reason) == ("acme:gpt", "credits_exhausted")
    world.now = 301
    plan = world.plan(None)
    assert not plan.pass_over(), "a request may try it again"
    world.standing.succeeded(plan.selection.entry, 0)
    assert world.standing.credits.of("openai").status == "unknown"


def test_a_price_of_nought_is_free() -> None:
    world = World()
    assert world.plan("openai:cheap", mode="free_only").selection.entry == CHEAP
    with pytest.raises(ValidationFailed):
        world.plan("openai:gpt", mode="free_only")


def test_vectors_of_another_model_are_never_given_in_place_of_the_chosen_ones() -> None:
    world = World()
    assert world.selector.in_need(OTHER, Wish(model="openai:other", embeddings=True)) == []
