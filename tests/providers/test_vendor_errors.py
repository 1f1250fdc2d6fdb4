"""Recorded failures of every vendor: the standard code, how long to wait, the vendor's words, never its key."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pluggably.contract.calls import Reply
from pluggably.errors import PluggablyError
from pluggably.providers._errors import error_in_stream, error_of
from tests.factories.streams import RECORDINGS

KEY = "sk-CANARY-0123456789"

pytestmark = pytest.mark.req("TEST-INT-001", "SYS-REQ-002", "SYS-NFR-002")


CASES = [
    ("anthropic", "400", "validation_error"),
    ("anthropic", "400-context", "context_length_exceeded"),
    ("anthropic", "400-credit", "credits_exhausted"),
    ("anthropic", "401", "provider_auth_error"),
    ("anthropic", "402", "credits_exhausted"),
    ("anthropic", "403", "provider_auth_error"),
    ("anthropic", "403-html", "provider_error"),
    ("anthropic", "404", "model_not_found"),
    ("anthropic", "413", "payload_too_large"),
    ("anthropic", "429", "provider_rate_limited"),
    ("anthropic", "429-reset", "provider_rate_limited"),
    ("anthropic", "500", "provider_error"),
    ("anthropic", "502-html", "provider_error"),
    ("anthropic", "504", "provider_timeout"),
    ("anthropic", "529", "provider_unavailable"),
    ("azure", "400-refused", "content_refused"),
    ("azure", "401", "provider_auth_error"),
    ("azure", "404", "model_not_found"),
    ("azure", "408", "provider_timeout"),
    ("azure", "429", "provider_rate_limited"),
    ("azure", "500", "provider_error"),
    ("google", "400", "validation_error"),
    ("google", "400-context", "context_length_exceeded"),
    ("google", "400-key", "provider_auth_error"),
    ("google", "403", "provider_auth_error"),
    ("google", "404", "model_not_found"),
    ("google", "429", "provider_rate_limited"),
    ("google", "500", "provider_error"),
    ("google", "502-html", "provider_error"),
    ("google", "503", "provider_unavailable"),
    ("google", "504", "provider_timeout"),
    ("responses", "400", "unsupported_feature"),
    ("responses", "400-context", "context_length_exceeded"),
    ("responses", "401", "provider_auth_error"),
    ("responses", "404", "model_not_found"),
    ("responses", "429", "provider_rate_limited"),
    ("responses", "429-ms", "provider_rate_limited"),
    ("responses", "429-quota", "credits_exhausted"),
    ("responses", "500", "provider_error"),
    ("responses", "502-html", "provider_error"),
    ("responses", "503", "provider_unavailable"),
]


def told(vendor: str, name: str) -> PluggablyError:
    status, headers, body = json.loads((RECORDINGS / vendor / "errors.json").read_bytes())[name]
    soon = (datetime.now(UTC) + timedelta(seconds=20)).isoformat()
    headers = {header: value.replace("{in_20_s}", soon) for header, value in headers.items()}
    data = (body if isinstance(body, str) else json.dumps(body)).replace("{key}", KEY).encode()
    return error_of(Reply(status, headers, data), vendor, {"api_key": KEY})


@pytest.mark.parametrize(("vendor", "name", "code"), CASES)
def test_every_recorded_failure_has_its_standard_code(vendor: str, name: str, code: str) -> None:
    error = told(vendor, name)
    envelope = json.dumps(error.envelope("req_1"), ensure_ascii=False)
    assert error.code == code
    assert vendor in envelope
    assert KEY not in envelope
    assert "6789" not in envelope, "a vendor's half hidden key is told on"
    assert "<h1>" not in envelope


@pytest.mark.parametrize("vendor", ["anthropic", "azure", "google", "responses"])
def test_no_recorded_failure_is_left_out(vendor: str) -> None:
    recorded = json.loads((RECORDINGS / vendor / "errors.json").read_bytes())
    assert {name for of, name, _ in CASES if of == vendor} == set(recorded)


@pytest.mark.parametrize(
    ("vendor", "name", "words"),
    [
        ("anthropic", "403", "does not have permission"),
        ("anthropic", "529", "Overloaded"),
        ("google", "429", "exceeded your current quota"),
        ("google", "403", "reported as leaked"),
        ("responses", "401", "Incorrect API key provided"),
        ("azure", "404", "does not exist"),
    ],
)
def test_the_vendors_words_are_kept(vendor: str, name: str, words: str) -> None:
    assert words in told(vendor, name).message


@pytest.mark.parametrize(
    ("vendor", "name", "seconds"),
    [
        ("anthropic", "429", 17),
        ("anthropic", "429-reset", 20),
        ("azure", "429", 17),
        ("google", "429", 17),
        ("responses", "429", 1.5),
        ("responses", "429-ms", 2.5),
        ("responses", "503", 3),
    ],
)
def test_the_time_to_wait_is_the_vendors(vendor: str, name: str, seconds: float) -> None:
    assert told(vendor, name).retry_after == pytest.approx(seconds, abs=2 if seconds == 20 else 0)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-reset-requests": "6m0s", "x-ratelimit-remaining-requests": "0"}, 360),
        ({"x-ratelimit-reset-requests": "120ms", "x-ratelimit-remaining-requests": "0"}, 0.12),
        ({"x-ratelimit-reset-requests": "1h", "x-ratelimit-remaining-requests": "12"}, 5),
        ({"x-ratelimit-reset-tokens": "7.66", "x-ratelimit-remaining-tokens": "0"}, 7.66),
        ({"x-ratelimit-reset": "1000000000", "x-ratelimit-remaining": "0"}, 5),
        ({"x-ratelimit-reset-requests": "soon"}, 5),
        ({"retry-after-ms": "nan", "retry-after": "4"}, 4),
        ({"retry-after": "4", "x-ratelimit-reset-requests": "9s"}, 4),
        ({}, 5),
    ],
)
def test_every_form_of_a_reset_is_read(headers: dict[str, str], seconds: float) -> None:
    error = error_of(Reply(429, headers, b""), "acme", {})
    assert error.retry_after == pytest.approx(seconds)


@pytest.mark.parametrize("unit", [1, 1000])
def test_a_reset_may_be_a_moment_in_seconds_or_milliseconds(unit: int) -> None:
    moment = str(int((datetime.now(UTC).timestamp() + 60) * unit))
    headers = {"x-ratelimit-reset": moment, "x-ratelimit-remaining": "0"}
    assert error_of(Reply(429, headers, b""), "acme", {}).retry_after == pytest.approx(60, abs=2)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"error": {"code": 403, "message": "Flagged", "metadata": {"flagged_input": "x"}}}, 403, "content_refused"),
        ({"error": {"code": 403, "message": "No", "metadata": {"provider_name": "x"}}}, 403, "provider_auth_error"),
        (
            {"error": {"type": "x", "details": {"error_code": "enforced_spend_limit_reached"}}},
            400,
            "credits_exhausted",
        ),
        ({"error": {"code": ["odd"], "type": {"odd": 1}, "details": [7], "metadata": 3}}, 400, "validation_error"),
        ({}, 524, "provider_timeout"),
        ({}, 521, "provider_unavailable"),
    ],
)
def test_structured_codes_go_before_words(body: dict[str, Any], status: int, code: str) -> None:
    assert error_of(Reply(status, {}, json.dumps(body).encode()), "acme", {}).code == code


@pytest.mark.parametrize(
    ("error", "code", "seconds"),
    [
        ({"type": "overloaded_error", "message": "x"}, "provider_unavailable", 5),
        ({"type": "permission_error", "message": "x"}, "provider_auth_error", None),
        ({"type": "billing_error", "message": "x"}, "credits_exhausted", None),
        (
            {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [{"retryDelay": "7s"}]},
            "provider_rate_limited",
            7,
        ),
        ({"status": "UNAVAILABLE"}, "provider_unavailable", 5),
        ({"code": "rate_limit_exceeded", "message": "x"}, "provider_rate_limited", 5),
        ({"code": "invalid_prompt", "message": "x"}, "content_refused", None),
        ({"code": "server_error", "message": "x"}, "provider_error", None),
    ],
)
def test_an_error_inside_a_stream_is_told_by_its_vendors_code(
    error: dict[str, Any], code: str, seconds: float | None
) -> None:
    found = error_in_stream(error)
    assert (found.code, found.retry_after) == (code, seconds)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"object": "error", "message": "Invalid model: x", "type": "invalid_model", "code": "1500"}),  # Mistral
        (400, {"error": {"message": "The requested model 'x' is not supported", "code": "model_not_supported"}}),
        (
            404,
            {
                "error": {
                    "message": "Unable to access it",
                    "type": "invalid_request_error",
                    "code": "model_not_available",
                }
            },
        ),
    ],
)
def test_a_model_that_a_vendor_does_not_have_is_told_whatever_its_status(status: int, body: dict[str, Any]) -> None:
    error = error_of(Reply(status, {}, json.dumps(body).encode()), "acme", {})
    assert (error.code, error.param) == ("model_not_found", "model")
