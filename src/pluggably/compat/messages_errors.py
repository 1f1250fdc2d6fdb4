"""Failures as Anthropic's clients know them.

Source: https://docs.anthropic.com/en/api/errors
"""

from __future__ import annotations

from typing import Any

from pluggably.errors import PluggablyError, ValidationFailed

OVERLOADED = 529
_TYPES = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    410: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    OVERLOADED: "overloaded_error",
}


class MessagesErrors:
    """The envelope `{"type": "error", "error": {"type", "message", …}, "request_id"}`.

    Beside type and message stand the gateway's own facts: `code`, `param`, `details`, `retry_after`.
    """

    id_header = b"request-id"

    def status(self, error: PluggablyError) -> int:
        """The gateway's own, but 400 for an invalid body, and 529 for what is not available at the moment."""
        if isinstance(error, ValidationFailed):
            return 400
        return OVERLOADED if error.status == 503 else error.status

    def envelope(self, error: PluggablyError, request_id: str) -> dict[str, Any]:
        """The JSON object."""
        status = self.status(error)
        kind = _TYPES.get(status) or ("invalid_request_error" if status < 500 else "api_error")
        facts = error.envelope(request_id)["error"]
        return {"type": "error", "error": {**facts, "type": kind}, "request_id": request_id}


MESSAGES_ERRORS = MessagesErrors()
