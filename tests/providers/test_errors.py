"""What a provider's failure means for the caller."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluggably.contract.calls import Reply
from pluggably.errors import PluggablyError
from pluggably.providers._errors import error_in_stream, error_of
from tests.fakes.openai_server import ERRORS

KEY = "sk-CANARY-0123456789"


def told(name: str, **headers: str) -> PluggablyError:
    status, own, body = ERRORS[name]
    data = (body if isinstance(body, str) else json.dumps(body)).replace("{key}", KEY).encode()
    return error_of(Reply(status, {**own, **headers}, data), "acme", {"api_key": KEY})


@pytest.mark.req("TEST-INT-001", "SYS-REQ-002", "SYS-NFR-002")
@pytest.mark.parametrize(
    ("name", "status", "code", "kind"),
    [
        ("400", 422, "validation_error", "invalid_request_error"),
        ("400-context", 400, "context_length_exceeded", "invalid_request_error"),
        ("400-refused", 400, "content_refused", "invalid_request_error"),
        ("401", 502, "provider_auth_error", "provider_error"),
        ("402", 402, "credits_exhausted", "credits_error"),
        ("403", 502, "provider_auth_error", "provider_error"),
        ("404", 404, "model_not_found", "not_found_error"),
        ("404-path", 502, "provider_error", "provider_error"),
        ("408", 504, "provider_timeout", "provider_error"),
        ("413", 413, "payload_too_large", "invalid_request_error"),
        ("422", 422, "validation_error", "invalid_request_error"),
        ("429", 429, "provider_rate_limited", "rate_limit_error"),
        ("429-quota", 402, "credits_exhausted", "credits_error"),
        ("500", 502, "provider_error", "provider_error"),
        ("500-html", 502, "provider_error", "provider_error"),
        ("503", 503, "provider_unavailable", "unavailable_error"),
        ("504", 504, "provider_timeout", "provider_error"),
        ("529", 503, "provider_unavailable", "unavailable_error"),
    ],
)
def test_every_status_has_its_standard_code(name: str, status: int, code: str, kind: str) -> None:
    error = told(name)
    envelope = error.envelope("req_1")["error"]
    assert (error.status, envelope["code"], envelope["type"]) == (status, code, kind)
    assert envelope["request_id"] == "req_1"
    assert "acme" in envelope["message"]


@pytest.mark.req("TEST-INT-001")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("404-path", "acme: Not Found: nothing is at this address; mend the base URL."),
        ("422", "acme: messages: field required"),
        ("500-html", "acme answered with status 500: a web page in place of an answer, as a proxy sends."),
    ],
)
def test_the_message_says_what_to_mend(name: str, words: str) -> None:
    assert words in told(name).message


@pytest.mark.req("TEST-INT-001")
def test_the_header_never_tells_a_caller_to_come_back_too_early() -> None:
    for asked, header in (("2.5", "3"), ("0.2", "1"), ("7", "7")):
        assert told("429", **{"retry-after": asked}).headers() == {"retry-after": header}


def test_a_field_that_the_provider_names_is_named_to_the_caller() -> None:
    error = told("400")
    assert error.param == "temperature"
    assert error.details == {
        "fields": [{"field": "temperature", "message": "acme: Invalid 'temperature'", "type": "provider"}]
    }


@pytest.mark.req("SYS-NFR-001")
@pytest.mark.parametrize("name", ERRORS)
def test_no_error_repeats_the_operators_key(name: str) -> None:
    error = told(name)
    assert KEY not in json.dumps(error.envelope("req_1")) + str(error) + repr(error) + str(error.headers())


def test_retry_after_is_read_in_seconds() -> None:
    error = told("429")
    assert error.retry_after == 7
    assert error.headers() == {"retry-after": "7"}


def test_retry_after_is_read_as_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    assert told("429", **{"retry-after": soon}).retry_after == pytest.approx(20, abs=2)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("", 5), ("soon", 5), ("-3", 5), ("nan", 5), ("inf", 5), ("1e400", 5), ("99999999999", 24 * 3600),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 5), ("Wed, 99 Oct 2015 07:28:00 GMT", 5), ("0.4", 0.4),
    ],
)  # fmt: skip
def test_odd_values_of_retry_after_do_no_harm(value: str, seconds: float) -> None:
    error = told("429", **{"retry-after": value})
    assert error.retry_after == seconds
    assert 1 <= int(error.headers()["retry-after"]) <= 24 * 3600


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ({"message": "x", "type": "server_error", "code": None}, 502, "provider_error"),
        ({"message": "x", "code": 429}, 429, "provider_rate_limited"),
        ({"message": "x", "code": "429"}, 429, "provider_rate_limited"),
        ({"message": "x", "code": "rate_limit_exceeded"}, 429, "provider_rate_limited"),
        ({"message": "x", "type": "overloaded_error"}, 503, "provider_unavailable"),
        ({"message": "x", "code": 401}, 502, "provider_auth_error"),
        ({"message": "x", "code": "insufficient_quota"}, 402, "credits_exhausted"),
        (
            {"message": "too long", "type": "exceed_context_size_error", "code": 400},
            400, "context_length_exceeded",
        ),
        ({"message": "x", "code": 7}, 502, "provider_error"),
        ("just words", 502, "provider_error"),
        (None, 502, "provider_error"),
        ([1], 502, "provider_error"),
    ],
)  # fmt: skip
def test_an_error_inside_a_stream_is_told_by_its_own_code(error: Any, status: int, code: str) -> None:
    found = error_in_stream(error)
    assert (found.status, found.code) == (status, code)


def test_llama_cpps_sizes_are_passed_on() -> None:
    error = error_in_stream({"code": 400, "type": "exceed_context_size_error", "n_prompt_tokens": 9, "n_ctx": 8})
    assert error.details == {"prompt_tokens": 9, "max_context_tokens": 8}


@given(
    status=st.integers(300, 599),
    body=st.binary()
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["error", "message", "code", "type", "param", "detail"]), inner)
        ),
    ).map(lambda value: json.dumps(value).encode()),
    retry_after=st.none() | st.text(),
)
def test_whatever_a_provider_answers_becomes_one_envelope(status: int, body: bytes, retry_after: str | None) -> None:
    headers = {} if retry_after is None else {"retry-after": retry_after}
    error = error_of(Reply(status, headers, body), "acme", {"api_key": KEY})
    assert 400 <= error.status < 600
    assert len(json.dumps(error.envelope("req_1"))) < 10_000
    error.headers()


@pytest.mark.req("TEST-INT-001")
@pytest.mark.parametrize(("secrets", "words"), [({"api_key": KEY}, "refused the key"), ({}, "none is configured")])
def test_a_key_that_is_missing_is_told_from_one_that_is_bad(secrets: dict[str, str], words: str) -> None:
    assert words in error_of(Reply(401, {}, b"{}"), "acme", secrets).message


@pytest.mark.parametrize("key", ["none", "ollama", "key"])
def test_a_word_in_a_keys_place_spoils_no_message(key: str) -> None:
    error = error_of(Reply(401, {}, b"{}"), "ollama", {"api_key": key})
    assert error.message == "ollama refused the key that is configured for it; mend the key."
