"""Prometheus metrics of requests and generation. Labels come from routes and chosen models, never from user input."""

from __future__ import annotations

from functools import lru_cache

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)

REQUESTS = Counter(
    "pluggably_requests", "Requests answered", ["route", "method", "status", "model", "provider", "outcome"]
)
ERRORS = Counter("pluggably_errors", "Requests that failed", ["route", "code"])
REFUSALS = Counter(
    "pluggably_refusals",
    "Requests that were turned away before a model was asked: by their form, their key, a limit",
    ["route", "code"],
)
LATENCY = Histogram(
    "pluggably_request_seconds",
    "Seconds from a request to the end of its answer",
    ["route", "model", "provider", "outcome"],
    buckets=_SECONDS,
)
FIRST_OUTPUT = Histogram(
    "pluggably_first_output_seconds",
    "Seconds from a request to the first piece of its output",
    ["model", "provider"],
    buckets=_SECONDS,
)
TOKENS = Counter("pluggably_tokens", "Tokens", ["model", "provider", "kind"])
ACTIVE = Gauge("pluggably_requests_active", "Requests being answered")
QUEUE_DEPTH = Gauge("pluggably_queue_depth", "Requests that wait for a model", ["model"])
QUEUE_SECONDS = Histogram("pluggably_queue_seconds", "Seconds spent waiting for a model", ["model"], buckets=_SECONDS)
LOADED = Gauge("pluggably_models_loaded", "Local models in memory")
MODEL_MEMORY = Gauge("pluggably_model_memory_bytes", "Memory that a local model's processes take", ["model"])
UNLOADS = Counter(
    "pluggably_model_unloads",
    "Local models unloaded: idle, to make room, asked for, or because their file changed",
    ["model", "reason"],
)
FALLBACKS = Counter(
    "pluggably_fallbacks",
    "Requests that went on to another model, by the one left behind and why",
    ["model", "reason"],
)
RETRIES = Counter(
    "pluggably_retries",
    "Tries that followed a failed one of the same model: at another deployment, or again after a pause",
    ["model", "code"],
)
COOLDOWNS = Counter(
    "pluggably_cooldowns", "Failures after which a provider's model was left out for a while", ["model", "code"]
)
CACHE_HITS = Counter(
    "pluggably_cache_hits", "Requests answered by what the same user was answered before", ["model", "provider"]
)
CACHE_MISSES = Counter(
    "pluggably_cache_misses",
    "Requests that could have been answered so, were the answer there",
    ["model", "provider"],
)
CACHE_BYTES = Gauge("pluggably_cache_bytes", "Memory that kept answers take")
COST = Counter("pluggably_cost_usd", "US dollars for tokens, where their price is known", ["model", "provider"])
PROVIDER_CREDITS = Counter(
    "pluggably_provider_credits",
    "What providers took for images and meshes, in credits of their own, as far as they tell",
    ["model", "provider"],
)
LOAD_SECONDS = Histogram("pluggably_model_load_seconds", "Seconds to load a model", ["model"], buckets=_SECONDS)


@lru_cache(maxsize=4096)
def request_metrics(
    route: str, method: str, status: int, model: str, provider: str, outcome: str
) -> tuple[Counter, Histogram]:
    """The counter and the histogram of one kind of request; looking labels up costs more than counting."""
    return (
        REQUESTS.labels(route, method, str(status), model, provider, outcome),
        LATENCY.labels(route, model, provider, outcome),
    )


@lru_cache(maxsize=1024)
def generation_metrics(model: str, provider: str) -> tuple[Histogram, Counter, Counter, Counter]:
    """First-output histogram, prompt token counter, completion token counter and cost of one model."""
    return (
        FIRST_OUTPUT.labels(model, provider),
        TOKENS.labels(model, provider, "prompt"),
        TOKENS.labels(model, provider, "completion"),
        COST.labels(model, provider),
    )
