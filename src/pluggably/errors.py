"""The errors that Pluggably raises, each with its stable code, its HTTP status and the one envelope.

Every error answers one question for whoever called: try later, mend the key, or mend the request?
"""

from __future__ import annotations

from math import ceil
from typing import Any, ClassVar

_TYPE_BY_STATUS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "credits_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    409: "conflict_error",
    410: "not_found_error",
    413: "invalid_request_error",
    415: "invalid_request_error",
    416: "invalid_request_error",
    422: "invalid_request_error",
    429: "rate_limit_error",
    500: "server_error",
    502: "provider_error",
    503: "unavailable_error",
    504: "provider_error",
    507: "unavailable_error",
}


class PluggablyError(Exception):
    """An error with a place in the envelope. Subclasses fix `code` and `status`.

    `retry_after` is in seconds; `details` must be JSON-serialisable and hold no secret.
    """

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    work_begun: bool = False
    """Whether a vendor had begun what it may charge for: it is not asked for the same again."""

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        details: dict[str, Any] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.details = details
        self.retry_after = retry_after

    @property
    def type(self) -> str:
        """The family of errors that a client may switch on."""
        return _TYPE_BY_STATUS[self.status]

    def envelope(self, request_id: str | None) -> dict[str, Any]:
        """The JSON object `{"error": {...}}` that every failure is answered with."""
        return {
            "error": {
                "code": self.code,
                "type": self.type,
                "message": self.message,
                "param": self.param,
                "details": self.details,
                "request_id": request_id,
                "retry_after": None if self.retry_after is None else round(self.retry_after, 3),
            }
        }

    def headers(self) -> dict[str, str]:
        """Response headers that belong to this error."""
        if self.retry_after is None:
            return {}
        return {"retry-after": str(max(1, ceil(self.retry_after)))}


# 400: mend the request
class InvalidJSON(PluggablyError):
    code, status = "invalid_json", 400


class ContextLengthExceeded(PluggablyError):
    code, status = "context_length_exceeded", 400


class ContentRefused(PluggablyError):
    code, status = "content_refused", 400


class UnsupportedFeature(PluggablyError):
    code, status = "unsupported_feature", 400


class ModalityMismatch(PluggablyError):
    code, status = "modality_mismatch", 400


class InvalidImage(PluggablyError):
    code, status = "invalid_image", 400


class BlockedURL(PluggablyError):
    code, status = "blocked_url", 400


class SessionClosed(PluggablyError):
    code, status = "session_closed", 400


class NothingToRegenerate(PluggablyError):
    code, status = "nothing_to_regenerate", 400


class InvalidInvite(PluggablyError):
    code, status = "invalid_invite", 400


class WrongPassword(PluggablyError):
    code, status = "wrong_password", 400


# 401, 402, 403: mend the key
class AuthenticationRequired(PluggablyError):
    code, status = "authentication_required", 401

    def headers(self) -> dict[str, str]:
        return {"www-authenticate": "Bearer"}


class InvalidCredentials(AuthenticationRequired):
    code = "invalid_credentials"


class TokenExpired(AuthenticationRequired):
    code = "token_expired"


class CreditsExhausted(PluggablyError):
    code, status = "credits_exhausted", 402


class PermissionDenied(PluggablyError):
    code, status = "permission_denied", 403


class InvalidSignature(PluggablyError):
    code, status = "invalid_signature", 403


# 404, 405, 409, 410, 413, 415, 416, 422: mend the request
class NotFound(PluggablyError):
    code, status = "not_found", 404


class ModelNotFound(NotFound):
    code = "model_not_found"


class ProviderNotFound(NotFound):
    code = "provider_not_found"


class SessionNotFound(NotFound):
    code = "session_not_found"


class RequestNotFound(NotFound):
    code = "request_not_found"


class JobNotFound(NotFound):
    code = "job_not_found"


class ArtifactNotFound(NotFound):
    code = "artifact_not_found"


class TokenNotFound(NotFound):
    code = "token_not_found"


class ArtifactExpired(PluggablyError):
    code, status = "artifact_expired", 410


class MethodNotAllowed(PluggablyError):
    code, status = "method_not_allowed", 405

    def __init__(self, message: str, *, allow: str | None = None) -> None:
        super().__init__(message)
        self.allow = allow

    def headers(self) -> dict[str, str]:
        return {"allow": self.allow} if self.allow else {}


class Conflict(PluggablyError):
    code, status = "conflict", 409


class ModelBusy(Conflict):
    code = "model_busy"


class ModelPinned(Conflict):
    code = "model_pinned"


class UserExists(Conflict):
    code = "user_exists"


class RequestCancelled(Conflict):
    code = "request_cancelled"

    def headers(self) -> dict[str, str]:
        return {"x-should-retry": "false"}


class PayloadTooLarge(PluggablyError):
    code, status = "payload_too_large", 413


class UnsupportedMediaType(PluggablyError):
    code, status = "unsupported_media_type", 415


class RangeNotSatisfiable(PluggablyError):
    """`size` is what there is, in bytes."""

    code, status = "range_not_satisfiable", 416

    def __init__(self, message: str, *, size: int) -> None:
        super().__init__(message, param="Range")
        self.size = size

    def headers(self) -> dict[str, str]:
        return {"content-range": f"bytes */{self.size}"}


class ValidationFailed(PluggablyError):
    """`fields` is `[{"field": "input.prompt", "message": "…", "type": "missing"}]`."""

    code, status = "validation_error", 422

    def __init__(self, message: str, *, fields: list[dict[str, str]], param: str | None = None) -> None:
        super().__init__(message, param=param or (fields[0]["field"] if fields else None), details={"fields": fields})

    @classmethod
    def of(cls, field: str, message: str, kind: str = "value_error") -> ValidationFailed:
        """A failure of one field."""
        return cls(f"{field}: {message}", fields=[{"field": field, "message": message, "type": kind}])


# 429, 502, 503, 504, 507: try later (or the operator mends the provider's key)
class RateLimited(PluggablyError):
    code, status = "rate_limited", 429


class LimitReached(RateLimited):
    """A limit that the operator has set for the caller."""

    def headers(self) -> dict[str, str]:
        """Who would have to wait for longer than a minute should not try again by itself."""
        soon = self.retry_after is not None and self.retry_after <= 61 and not (self.details or {}).get("never")
        return super().headers() | ({} if soon else {"x-should-retry": "false"})


class ProviderRateLimited(RateLimited):
    """`asked_s`: the seconds to wait that the provider itself has named."""

    code = "provider_rate_limited"
    asked_s: float | None = None


class InternalError(PluggablyError):
    code, status = "internal_error", 500


class ProviderError(PluggablyError):
    """`passing`: whether the same call may be answered a moment later."""

    code, status = "provider_error", 502
    passing: bool = True


class ProviderAuthError(ProviderError):
    code = "provider_auth_error"
    passing = False


class Unavailable(PluggablyError):
    code, status = "model_unavailable", 503

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        details: dict[str, Any] | None = None,
        retry_after: float = 5,
    ) -> None:
        super().__init__(message, param=param, details=details, retry_after=retry_after)


class ModelUnavailable(Unavailable):
    code = "model_unavailable"


class ProviderUnavailable(Unavailable):
    """`asked_s`: the seconds to wait that the provider itself has named."""

    code = "provider_unavailable"
    asked_s: float | None = None


class QueueFull(Unavailable):
    code = "queue_full"


class RuntimeCrashed(Unavailable):
    code = "runtime_crashed"


class NotReady(Unavailable):
    code = "not_ready"


class ProviderTimeout(ProviderError):
    code, status = "provider_timeout", 504
    passing = False


class InsufficientStorage(PluggablyError):
    code, status = "insufficient_storage", 507
