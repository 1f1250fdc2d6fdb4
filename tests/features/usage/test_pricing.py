"""What tokens cost, compared with what genai-prices itself says of the same requests."""

from __future__ import annotations

import pytest
from genai_prices import Usage as PricedUsage
from genai_prices import calc_price
from hypothesis import given
from hypothesis import strategies as st

from pluggably.contract.text import Usage
from pluggably.features.usage.pricing import cost_usd
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
