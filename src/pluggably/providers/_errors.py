"""What a provider's failure means for the caller: try later, mend the key, or mend the request?

The status code first, then the vendor's structured code, message text last and only for 400 and 422.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
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
    UnsupportedFeature,
    ValidationFailed,
)
from pluggably.kit.clock import utc_now

_CREDIT_CODES = {
    "insufficient_quota", "billing_hard_limit_reached", "insufficient_balance", "credits_exhausted", "billing_error",
    "enforced_spend_limit_reached", "contract_spend_limit_reached", "linked_organization_spend_limit_reached",
}  # fmt: skip
_CREDIT_WORDS = ("credit balance is too low", "insufficient balance", "insufficient credits")
_KEY_CODES = {"API_KEY_INVALID", "API_KEY_SERVICE_BLOCKED", "invalid_api_key", "UNAUTHENTICATED"}
"""Google refuses a key with status 400."""
_CONTEXT_CODES = {"context_length_exceeded", "exceed_context_size_error", "string_above_max_length"}
_REFUSAL_CODES = {
    "content_filter", "content_policy_violation", "moderation_blocked", "ResponsibleAIPolicyViolation",
    "invalid_prompt", "image_content_policy_violation", "bio_policy", "misalignment_policy_violation",
}  # fmt: skip
_MODEL_CODES = {
    "model_not_found", "DeploymentNotFound", "invalid_model", "model_not_supported", "model_not_available",
}  # fmt: skip
"""OpenAI's, Azure's, Mistral's, Hugging Face's, Together's."""
_UNSUPPORTED_CODES = {"unsupported_parameter", "unsupported_value", "unknown_parameter"}
_STATUS_OF_CODE = {
    # https://docs.anthropic.com/en/api/errors
    "api_error": 500,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    # https://cloud.google.com/apis/design/errors
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "RESOURCE_EXHAUSTED": 429,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
    # OpenAI's and its likes
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
_CONTEXT_WORDS = (
    "maximum context length", "context window", "context length", "context size", "prompt is too long",
    "exceeds the maximum number of tokens",
)  # fmt: skip
_RESET_HEADERS = (
    ("x-ratelimit-reset-requests", "x-ratelimit-remaining-requests"),
    ("x-ratelimit-reset-tokens", "x-ratelimit-remaining-tokens"),
    ("anthropic-ratelimit-requests-reset", "anthropic-ratelimit-requests-remaining"),
    ("anthropic-ratelimit-tokens-reset", "anthropic-ratelimit-tokens-remaining"),
    ("x-ratelimit-reset", "x-ratelimit-remaining"),
    ("ratelimit-reset", "ratelimit-remaining"),
)
"""When a limit is lifted, and how much of it is left: only a limit that is used up has to be waited for."""
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|us|s|m|h|d)")
_UNIT_S = {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST_MESSAGE = 500
_LONGEST_PARAM = 100
_LONGEST_WAIT_S = 24 * 3600
_MASK = "***"
_SHORTEST_SECRET = 8
_SUBJECT = re.compile(r"\b[Tt]he provider\b")
"""What an adapter that does not know whose answer it reads says in place of a name."""
_PAGE = "a web page in place of an answer, as a proxy sends"

_ADVISED = re.compile(r"\bmend the (?:key|request|base URL)\b", re.IGNORECASE)
_MEND = "Mend the request, or the provider's settings."
_ADVICE: tuple[tuple[type[PluggablyError], str], ...] = (
    (ProviderAuthError, "Mend the key."),
    (CreditsExhausted, "Mend the key: add credits to its account, or use another."),
    (ContextLengthExceeded, "Mend the request: make it shorter."),
    (PayloadTooLarge, "Mend the request: make it smaller."),
    (ContentRefused, "Mend the request: ask for something else."),
    (ModelNotFound, "Mend the request: name another model."),
    (UnsupportedFeature, "Mend the request."),
    (ValidationFailed, "Mend the request."),
    (ProviderTimeout, "Wait a while, then try again."),
    (ProviderError, "Wait a while, then try again."),
    (ProviderRateLimited, "Wait a while, then try again."),
    (ProviderUnavailable, "Wait a while, then try again."),
)
"""What the reader of a failure can do, by its class; the time to wait goes before it where it is known."""


def error_of(reply: Reply, provider: str, secrets: Mapping[str, str]) -> PluggablyError:
    """The error that an answer with a status of 300 or more stands for. `secrets` never get into it."""
    fields = _fields(reply.body)
    wait = retry_after(reply.headers) or _retry_info(fields)
    page = reply.body.lstrip()[:1] == b"<"
    if page and reply.status in (401, 403, 404):
        return page_in_place(provider, reply.status)  # it is not the vendor who refuses
    error = _classify(reply.status, fields, provider, secrets, wait)
    if page:
        _add(error, f"{_PAGE}.")
    elif reply.status < 400:
        _add(error, "it sends its callers elsewhere, which is not followed; mend the base URL.")
    elif reply.status == 404 and isinstance(error, ProviderError):
        _add(error, "nothing is at this address; mend the base URL.")
    redact(error, secrets)
    return error


def _add(error: PluggablyError, words: str) -> None:
    _say(error, f"{error.message.removesuffix('.')}: {words}")


def _say(error: PluggablyError, message: str) -> None:
    error.message = message
    error.args = (message,)


def explained(error: PluggablyError, provider: str) -> None:
    """Let a provider's failure say whose it is, and what its reader can do: wait, mend the key, or mend the request.

    One that says so already stays as it is.
    """
    message = error.message.strip()
    if not _names(provider).search(message):
        message, found = _SUBJECT.subn(lambda _: provider, message, count=1)
        if not found:
            message = f"{provider}: {message}"
    message, advice = sentence(message), _advice(error)
    if advice and not message.endswith(advice) and not _ADVISED.search(message):
        message = f"{message} {advice}"
    _say(error, message)


@lru_cache(maxsize=256)
def _names(provider: str) -> re.Pattern[str]:
    """Finds a provider in a text, also where its title is written apart: `hugging face` is `huggingface`."""
    letters = r"[\W_]*".join(letter for letter in provider if letter.isalnum())
    return re.compile(rf"(?<!\w){letters}(?!\w)", re.IGNORECASE)


def _advice(error: PluggablyError) -> str:
    advice = next((words for kind, words in _ADVICE if isinstance(error, kind)), "")
    if not advice:
        return ""
    if isinstance(error, ProviderError) and not isinstance(error, ProviderTimeout) and not error.passing:
        return _MEND
    return advice if error.retry_after is None else f"Wait {max(1, math.ceil(error.retry_after))} s, then try again."


def sentence(words: str) -> str:
    """The words with one mark at their end."""
    words = words.strip()
    return words if words.endswith((".", "!", "?", "…")) else f"{words}."


def page_in_place(provider: str, status: int) -> ProviderError:
    """What a web page means that came where an answer belongs."""
    error = ProviderError(f"{provider} answered with status {status}: {_PAGE}; mend the base URL or the proxy.")
    error.passing = False
    return error


def error_in_stream(error: Any) -> PluggablyError:
    """The error that an `error` object inside a stream stands for."""
    fields = error if isinstance(error, dict) else {"message": error if isinstance(error, str) else ""}
    return _classify(_status_in_stream(fields), fields, "The provider", None, _retry_info(fields))


def _status_in_stream(fields: Mapping[str, Any]) -> int:
    for name in ("code", "status", "status_code", "type"):
        value = fields.get(name)
        if isinstance(value, str):
            value = int(value) if value.isdecimal() and len(value) == 3 else _STATUS_OF_CODE.get(value)
        if isinstance(value, int) and 400 <= value < 600:
            return value
    return 500


def redact(error: PluggablyError, secrets: Mapping[str, str]) -> None:
    """Take secrets out of an error that a provider's words got into.

    Words that stand in a key's place where none is wanted (`none`, `ollama`) are no secrets: to take those out would
    spoil what the error says.
    """
    for secret in secrets.values():
        if len(secret) >= _SHORTEST_SECRET:
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
    status: int, fields: Mapping[str, Any], provider: str, secrets: Mapping[str, str] | None, wait: float | None
) -> PluggablyError:
    codes = _codes(fields)
    said = _message(fields, secrets or {})
    text = f"{provider}: {said}" if said else f"{provider} answered with status {status}."
    if status == 403 and _flagged(fields):
        return ContentRefused(text)
    if status in (401, 403) or (status == 400 and codes & _KEY_CODES):
        refused = f"{provider} refused the key that is configured for it; mend the key."
        if secrets is not None and not any(secrets.values()):
            refused = f"{provider} wants a key, and none is configured for it; mend the key."
        return ProviderAuthError(f"{refused} {said}".strip())
    if status == 402 or codes & _CREDIT_CODES:
        return CreditsExhausted(f"The account with {provider} has no credits left. {said}".strip())
    if status == 429:
        text = f"{provider} limits the rate of requests. {said}".strip()
        limited = ProviderRateLimited(text, retry_after=wait or 5)
        limited.asked_s = wait
        return limited
    if status in (408, 504, 522, 524):
        return ProviderTimeout(text)
    if status == 413:
        return PayloadTooLarge(text)
    if codes & _CONTEXT_CODES:
        return ContextLengthExceeded(text, details=_sizes(fields))
    if codes & _REFUSAL_CODES:
        return ContentRefused(text)
    if status in (400, 404) and codes & _MODEL_CODES:
        return ModelNotFound(text, param="model")
    if status == 404 and (fields.get("param") == "model" or "model" in said.lower()):
        return ModelNotFound(text, param="model")
    if status in (400, 422):
        if any(words in said.lower() for words in _CONTEXT_WORDS):
            return ContextLengthExceeded(text)
        if any(words in said.lower() for words in _CREDIT_WORDS):
            return CreditsExhausted(f"The account with {provider} has no credits left. {said}")
        param = fields.get("param")
        field = param[:_LONGEST_PARAM] if isinstance(param, str) and param else "parameters"
        if codes & _UNSUPPORTED_CODES:
            return UnsupportedFeature(text, param=field)
        return ValidationFailed.of(field, text, "provider")
    if status in (498, 503, 521, 523, 529):
        text = f"{provider} is not available at the moment. {said}".strip()
        away = ProviderUnavailable(text, retry_after=wait or 5)
        away.asked_s = wait
        return away
    unknown = ProviderError(text)
    unknown.passing = status >= 500
    return unknown


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
        # OAuth's `error_description` (RFC 6749, section 5.2) says what its code means.
        return {"message": data.get("error_description") or error, "code": data.get("code") or error}
    return error if isinstance(error, dict) else {}


def _message(fields: Mapping[str, Any], secrets: Mapping[str, str]) -> str:
    said = fields.get("message") or fields.get("detail") or ""
    if isinstance(said, list):
        said = "; ".join(_problem(item) for item in said[:3])
    if not isinstance(said, str):
        return ""
    for secret in secrets.values():
        if secret:
            said = said.replace(secret, _MASK)
            # Vendors repeat a wrong key with its middle hidden: its ends are nobody's business either.
            said = re.sub(re.escape(secret[:3]) + r"[^\s\"']*\*[^\s\"']*", _MASK, said)
    return said[:_LONGEST_MESSAGE].strip()


def _problem(item: Any) -> str:
    """One line of FastAPI's `detail`: `{"loc": ["body", "messages"], "msg": "field required"}`."""
    if not isinstance(item, dict):
        return str(item)
    place = item.get("loc")
    path = ".".join(str(part) for part in place if part != "body") if isinstance(place, list) else ""
    return ": ".join(part for part in (path, str(item.get("msg") or "")) if part)


def _codes(fields: Mapping[str, Any]) -> set[str]:
    """Every structured code: OpenAI's, Anthropic's `details.error_code`, Azure's inner one, Google's reasons."""
    found = {_string(fields.get(name)) for name in ("code", "type", "status")}
    details = fields.get("details")
    if isinstance(details, dict):
        found.add(_string(details.get("error_code")))
    inner = fields.get("innererror")
    if isinstance(inner, dict):
        found.add(_string(inner.get("code")))
    for detail in _details(fields):
        found.add(_string(detail.get("reason")))
    return found - {""}


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _details(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Google's list of details (https://cloud.google.com/apis/design/errors)."""
    details = fields.get("details")
    return [item for item in details if isinstance(item, dict)] if isinstance(details, list) else []


def _flagged(fields: Mapping[str, Any]) -> bool:
    """Whether OpenRouter's moderation, whose status is 403, refused the prompt and not the key."""
    metadata = fields.get("metadata")
    return isinstance(metadata, dict) and ("flagged_input" in metadata or "reasons" in metadata)


def _sizes(fields: Mapping[str, Any]) -> dict[str, Any] | None:
    sizes = {"prompt_tokens": fields.get("n_prompt_tokens"), "max_context_tokens": fields.get("n_ctx")}
    found = {name: value for name, value in sizes.items() if isinstance(value, int)}
    return found or None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait: `Retry-After` (RFC 9110, section 10.2.3), its kin in milliseconds, or a limit's reset."""
    exact = _number(headers.get("retry-after-ms"))
    if exact is not None:
        return _bounded(exact / 1000)
    wait = _wait(headers.get("retry-after"))
    if wait is not None:
        return wait
    used_up = [
        reset
        for name, left in _RESET_HEADERS
        if headers.get(left, "0").strip() in ("0", "") and (reset := _wait(headers.get(name))) is not None
    ]
    return max(used_up, default=None)


def _wait(value: str | None) -> float | None:
    """Seconds from a number, a duration (`6m0s`), a moment in seconds or milliseconds, or a date."""
    if not value:
        return None
    seconds = _number(value)
    if seconds is not None:
        if seconds >= 1e9:  # a moment since 1970
            return _bounded((seconds / 1000 if seconds > 1e12 else seconds) - utc_now().timestamp())
        return _bounded(seconds)
    if _DURATION.sub("", value.strip()) == "":
        return _bounded(sum(float(amount) * _UNIT_S[unit] for amount, unit in _DURATION.findall(value)))
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            return _bounded((read(value.strip()) - utc_now()).total_seconds())
        except (ValueError, TypeError, OverflowError):
            continue
    return None


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _bounded(seconds: float) -> float | None:
    """A wait of some use: what is over already, and what is longer than a day, is no plan."""
    return min(seconds, _LONGEST_WAIT_S) if seconds > 0 else None


def _retry_info(fields: Mapping[str, Any]) -> float | None:
    """Google's `RetryInfo`: `{"retryDelay": "34s"}`."""
    for detail in _details(fields):
        delay = detail.get("retryDelay")
        if isinstance(delay, str):
            return _wait(delay)
    return None
