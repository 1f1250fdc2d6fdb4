"""What a provider's failure means for the caller: try later, mend the key, or mend the request?

The status code first, then the vendor's structured code, message text last and only for 400 and 422.
"""

from __future__ import annotations

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
_CONTEXT_WORDS = ("maximum context length", "context window", "context length", "context size")
_LONGEST_MESSAGE = 500


def error_of(reply: Reply, provider: str, secrets: Mapping[str, str]) -> PluggablyError:
    """The error that an answer with a status of 300 or more stands for. `secrets` never get into its message."""
    return _classify(reply.status, _fields(reply.body), provider, secrets, _retry_after(reply.headers))


def error_in_stream(error: Any) -> PluggablyError:
    """The error that an `error` object inside a stream stands for."""
    fields = error if isinstance(error, dict) else {"message": error if isinstance(error, str) else ""}
    code = fields.get("code")
    status = code if isinstance(code, int) and 400 <= code < 600 else 500
    return _classify(status, fields, "provider", {}, None)


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
        return ValidationFailed.of(param if isinstance(param, str) else "parameters", text, "provider")
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
            said = said.replace(secret, "***")
    return said[:_LONGEST_MESSAGE].strip()


def _sizes(fields: Mapping[str, Any]) -> dict[str, Any] | None:
    sizes = {"prompt_tokens": fields.get("n_prompt_tokens"), "max_context_tokens": fields.get("n_ctx")}
    found = {name: value for name, value in sizes.items() if isinstance(value, int)}
    return found or None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, from `Retry-After` in either of its forms (RFC 9110, section 10.2.3)."""
    value = headers.get("retry-after")
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - utc_now()).total_seconds())
    except (ValueError, TypeError):
        return None
