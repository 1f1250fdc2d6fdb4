"""What a provider's failure means for the caller: try later, mend the key, or mend the request?

The status code first, then the vendor's structured code, message text last and only for 400 and 422.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from pydantic_core import from_json

from pluggably.contract.calls import Reply
from pluggably.errors import (
    ContentRefused,
    ContextLengthExceeded,
    CreditsExhausted,
    ModelNotFound,
    PayloadTooLarge,
    PluggablyError,
    ProviderAuthError,
    ProviderError,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnavailable,
    ValidationFailed,
)
from pluggably.kit.clock import utc_now

_CREDIT_CODES = {"insufficient_quota", "billing_hard_limit_reached", "insufficient_balance", "credits_exhausted"}
_CONTEXT_CODES = {"context_length_exceeded", "exceed_context_size_error"}
_REFUSAL_CODES = {"content_filter", "content_policy_violation", "moderation_blocked", "ResponsibleAIPolicyViolation"}
_STATUS_OF_CODE = {
    "rate_limit_exceeded": 429,
    "rate_limit_error": 429,
    "too_many_requests": 429,
    "overloaded": 503,
    "overloaded_error": 503,
    "unavailable_error": 503,
    "service_unavailable": 503,
    "timeout": 504,
    "timeout_error": 504,
    "invalid_api_key": 401,
    "authentication_error": 401,
    "invalid_request_error": 400,
    "exceed_context_size_error": 400,
}
"""What stands for a status inside a stream, whose own status was 200."""
_CONTEXT_WORDS = ("maximum context length", "context window", "context length", "context size")
_LONGEST_MESSAGE = 500
_LONGEST_PARAM = 100
_LONGEST_WAIT_S = 24 * 3600
_MASK = "***"


def error_of(reply: Reply, provider: str, secrets: Mapping[str, str]) -> PluggablyError:
    """The error that an answer with a status of 300 or more stands for. `secrets` never get into it."""
    error = _classify(reply.status, _fields(reply.body), provider, secrets, retry_after(reply.headers))
    redact(error, secrets)
    return error


def error_in_stream(error: Any) -> PluggablyError:
    """The error that an `error` object inside a stream stands for."""
    fields = error if isinstance(error, dict) else {"message": error if isinstance(error, str) else ""}
    return _classify(_status_in_stream(fields), fields, "The provider", {}, None)


def _status_in_stream(fields: Mapping[str, Any]) -> int:
    for name in ("code", "status", "status_code", "type"):
        value = fields.get(name)
        if isinstance(value, str):
            value = int(value) if value.isdecimal() and len(value) == 3 else _STATUS_OF_CODE.get(value)
        if isinstance(value, int) and 400 <= value < 600:
            return value
    return 500


def redact(error: PluggablyError, secrets: Mapping[str, str]) -> None:
    """Take secrets out of an error that a provider's words got into."""
    for secret in secrets.values():
        if secret:
            error.message = error.message.replace(secret, _MASK)
            error.args = tuple(_masked(argument, secret) for argument in error.args)
            error.param = _masked(error.param, secret)
            error.details = _masked(error.details, secret)


def _masked(value: Any, secret: str) -> Any:
    if isinstance(value, str):
        return value.replace(secret, _MASK)
    if isinstance(value, dict):
        return {name: _masked(item, secret) for name, item in value.items()}
    if isinstance(value, list):
        return [_masked(item, secret) for item in value]
    return value


def _classify(
    status: int, fields: Mapping[str, Any], provider: str, secrets: Mapping[str, str], retry_after: float | None
) -> PluggablyError:
    codes = {str(fields.get("code")), str(fields.get("type"))}
    said = _message(fields, secrets)
    text = f"{provider}: {said}" if said else f"{provider} answered with status {status}."
    if status in (401, 403):
        return ProviderAuthError(f"{provider} refused the key that is configured for it; mend the key.")
    if status == 402 or codes & _CREDIT_CODES:
        return CreditsExhausted(f"The account with {provider} has no credits left. {said}".strip())
    if status == 429:
        return ProviderRateLimited(f"{provider} limits the rate of requests.", retry_after=retry_after or 5)
    if status in (408, 504):
        return ProviderTimeout(text)
    if status == 413:
        return PayloadTooLarge(text)
    if codes & _CONTEXT_CODES:
        return ContextLengthExceeded(text, details=_sizes(fields))
    if codes & _REFUSAL_CODES:
        return ContentRefused(text)
    if status == 404 and ("model_not_found" in codes or fields.get("param") == "model" or "model" in said.lower()):
        return ModelNotFound(text, param="model")
    if status in (400, 422):
        if any(words in said.lower() for words in _CONTEXT_WORDS):
            return ContextLengthExceeded(text)
        param = fields.get("param")
        field = param[:_LONGEST_PARAM] if isinstance(param, str) and param else "parameters"
        return ValidationFailed.of(field, text, "provider")
    if status in (503, 529):
        return ProviderUnavailable(
            f"{provider} is not available at the moment. {said}".strip(), retry_after=retry_after or 5
        )
    return ProviderError(text)


def _fields(body: bytes) -> Mapping[str, Any]:
    try:
        data = from_json(body)
    except ValueError:
        return {}
    if isinstance(data, list) and data:
        data = data[0]
    if not isinstance(data, dict):
        return {}
    error = data.get("error", data)
    if isinstance(error, str):
        return {"message": error, "code": data.get("code")}
    return error if isinstance(error, dict) else {}


def _message(fields: Mapping[str, Any], secrets: Mapping[str, str]) -> str:
    said = fields.get("message") or fields.get("detail") or ""
    if not isinstance(said, str):
        return ""
    for secret in secrets.values():
        if secret:
            said = said.replace(secret, _MASK)
    return said[:_LONGEST_MESSAGE].strip()


def _sizes(fields: Mapping[str, Any]) -> dict[str, Any] | None:
    sizes = {"prompt_tokens": fields.get("n_prompt_tokens"), "max_context_tokens": fields.get("n_ctx")}
    found = {name: value for name, value in sizes.items() if isinstance(value, int)}
    return found or None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, from `Retry-After` in either of its forms (RFC 9110, section 10.2.3)."""
    value = headers.get("retry-after")
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - utc_now()).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(max(0.0, seconds), _LONGEST_WAIT_S) if math.isfinite(seconds) else None
