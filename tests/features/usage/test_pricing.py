"""What tokens cost, compared with what genai-prices itself says of the same requests."""

from __future__ import annotations

import pytest
from genai_prices import Usage as PricedUsage
from genai_prices import calc_price
from hypothesis import given
from hypothesis import strategies as st

from pluggably.contract.modality import Modality
from pluggably.contract.text import Usage
from pluggably.features.usage.pricing import Output, cost_usd
from pluggably.runtimes.prices import prices_of

MODELS = {
    "openai": ["gpt-5", "gpt-5-2025-08-07", "gpt-4o-mini", "gpt-5.6-luna"],
    "anthropic": ["claude-sonnet-4-5", "claude-3-5-haiku-latest"],
    "google": ["gemini-2.5-pro", "gemini-2.5-flash"],
    "deepseek": ["deepseek-chat"],
}
PRICES = {provider: prices_of(provider, "", models) for provider, models in MODELS.items()}


def test_every_one_of_these_models_has_a_price_and_some_have_tiers():
    assert {provider: sorted(found) for provider, found in PRICES.items()} == {
        provider: sorted(models) for provider, models in MODELS.items()
    }
    assert "tiers" in PRICES["google"]["gemini-2.5-pro"]


@given(
    st.sampled_from([(provider, model) for provider, models in MODELS.items() for model in models]),
    st.integers(0, 1_000_000),
    st.integers(0, 100_000),
    st.floats(0, 1),
)
def test_the_cost_is_what_the_library_makes_of_it(model, prompt, completion, share):
    provider, name = model
    cached = int(prompt * share)
    priced = PricedUsage(input_tokens=prompt, output_tokens=completion, cache_read_tokens=cached)
    expected = calc_price(priced, name, provider_id=provider).total_price
    usage = Usage(prompt, completion, cached_prompt_tokens=cached)
    assert cost_usd(PRICES[provider][name], usage) == pytest.approx(float(expected), rel=1e-9)


def test_a_provider_with_a_name_of_its_own_is_known_by_its_address():
    assert prices_of("work-account", "https://api.openai.com/v1", ["gpt-5"]) == prices_of("openai", "", ["gpt-5"])
    assert prices_of("acme", "http://127.0.0.1:9", ["gpt-5"]) == {}
    assert prices_of("openai", "", ["nobody-knows-it"]) == {}


@pytest.mark.parametrize(
    "pricing",
    [
        None,
        {},
        {"input": 3},
        {"input_per_million_usd": "3"},
        {"input_per_million_usd": True},
        {"tiers": [{"above_prompt_tokens": 0}]},
        {"tiers": 7},
    ],
)
def test_what_is_no_price_gives_no_cost(pricing):
    assert cost_usd(pricing, Usage(10, 10)) is None


def test_no_usage_has_no_cost():
    assert cost_usd({"input_per_million_usd": 1}, None) is None


def test_a_price_of_the_operator_s_own_counts():
    own = {"input_per_million_usd": 2, "output_per_million_usd": 10}
    assert cost_usd(own, Usage(500_000, 100_000, cached_prompt_tokens=500_000)) == 2.0


def drawn(*sizes: tuple[int, int] | None, **parameters: object) -> Output:
    return Output(Modality.IMAGE, list(sizes), parameters)


SQUARE = (1024, 1024)
RULES = [
    {"size": "1024x1024", "quality": "high", "usd": 0.17},
    {"size": "1024x1024", "usd": 0.04},
    {"quality": "high", "usd": 0.25},
]


@pytest.mark.parametrize(
    ("pricing", "output", "cost"),
    [
        ({"per_image_usd": 0.04}, drawn(SQUARE, SQUARE, None), 0.12),
        ({"per_request_usd": 0.3}, drawn(SQUARE, SQUARE), 0.3),
        ({"per_request_usd": 0.1, "per_image_usd": 0.2}, drawn(SQUARE), 0.3),
        ({"per_megapixel_usd": 0.5}, drawn((1000, 2000), (1000, 1000)), 1.5),
        ({"per_mesh_usd": 0.4}, Output(Modality.MESH, [None]), 0.4),
        ({"images": RULES}, drawn(SQUARE, quality="high"), 0.17),
        ({"images": RULES}, drawn(SQUARE, SQUARE, quality="low"), 0.08),
        ({"images": RULES}, drawn(None, size="1024x1024"), 0.04),
        ({"images": RULES}, drawn((512, 512), quality="high"), 0.25),
        ({"images": RULES, "per_image_usd": 0.01}, drawn((512, 512)), 0.01),
        ({"per_image_usd": 0}, drawn(SQUARE), 0),
    ],
)
def test_what_is_made_has_the_price_of_its_kind_size_and_quality(pricing, output, cost):
    assert cost_usd(pricing, None, output) == pytest.approx(cost)


@pytest.mark.parametrize(
    ("pricing", "output"),
    [
        ({}, drawn(SQUARE)),
        ({"per_mesh_usd": 1}, drawn(SQUARE)),
        ({"per_image_usd": 1}, Output(Modality.MESH, [None])),
        ({"per_image_usd": "1"}, drawn(SQUARE)),
        ({"per_megapixel_usd": 1}, drawn(SQUARE, None)),
        ({"images": RULES}, drawn((512, 512))),
        ({"images": [7, {"size": "512x512"}]}, drawn((512, 512))),
        ({"per_image_usd": 1}, None),
        ({"input_per_million_usd": 1}, drawn(SQUARE)),
    ],
)
def test_what_is_made_and_has_no_known_price_has_no_cost(pricing, output):
    assert cost_usd(pricing, None, output) is None


def test_tokens_of_images_have_the_price_that_the_library_knows():
    price = prices_of("google", "", ["gemini-2.5-flash-image"])["gemini-2.5-flash-image"]
    assert price["output_image_per_million_usd"] > price["output_per_million_usd"]
    usage = Usage(1_000_000, 1_000_000, image_completion_tokens=600_000)
    expected = price["input_per_million_usd"] + 0.4 * price["output_per_million_usd"]
    assert cost_usd(price, usage, drawn(SQUARE)) == pytest.approx(
        expected + 0.6 * price["output_image_per_million_usd"]
    )


def test_tokens_of_images_in_the_prompt_are_priced_apart_where_they_have_a_price():
    usage = Usage(100, 0, image_prompt_tokens=60)
    assert cost_usd({"input_per_million_usd": 1e6}, usage) == 100
    assert cost_usd({"input_per_million_usd": 1e6, "input_image_per_million_usd": 2e6}, usage) == 160
