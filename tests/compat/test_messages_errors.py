"""Failures as Anthropic's clients know them."""

from __future__ import annotations

from collections.abc import Iterator

import anthropic
import httpx2
import pytest
from anthropic.types.shared.error_response import ErrorResponse

from pluggably import errors
from pluggably.compat.messages_errors import MESSAGES_ERRORS
from pluggably.errors import PluggablyError

pytestmark = pytest.mark.req("SYS-REQ-001")


def every_error() -> Iterator[PluggablyError]:
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, PluggablyError):
            if kind is errors.ValidationFailed:
                yield errors.ValidationFailed.of("x", "wrong")
            elif kind is errors.RangeNotSatisfiable:
                yield errors.RangeNotSatisfiable("wrong", size=1)
            else:
                yield kind("wrong")


@pytest.mark.parametrize("error", list(every_error()), ids=lambda error: type(error).__name__)
def test_the_official_client_understands_every_error(error: PluggablyError) -> None:
    status, envelope = MESSAGES_ERRORS.status(error), MESSAGES_ERRORS.envelope(error, "req_1")
    ErrorResponse.model_validate({**envelope, "error": {**envelope["error"], "type": "api_error"}}, strict=True)
    with anthropic.Anthropic(api_key="x") as client:
        answer = httpx2.Response(status, request=httpx2.Request("POST", "http://x"), json=envelope)
        raised = client._make_status_error_from_response(answer)
    assert (raised.type, raised.api_message) == (envelope["error"]["type"], error.message)
    assert envelope["error"]["code"] == error.code
    assert (status >= 500) == (error.status >= 500), "who is at fault stays the same"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.InvalidCredentials("x"), anthropic.AuthenticationError),
        (errors.PermissionDenied("x"), anthropic.PermissionDeniedError),
        (errors.ModelNotFound("x"), anthropic.NotFoundError),
        (errors.ValidationFailed.of("x", "y"), anthropic.BadRequestError),
        (errors.RateLimited("x"), anthropic.RateLimitError),
        (errors.QueueFull("x"), anthropic.InternalServerError),
    ],
)
def test_errors_are_raised_as_what_they_are(error: PluggablyError, kind: type[Exception]) -> None:
    with anthropic.Anthropic(api_key="x") as client:
        answer = httpx2.Response(
            MESSAGES_ERRORS.status(error),
            request=httpx2.Request("POST", "http://x"),
            json=MESSAGES_ERRORS.envelope(error, "req_1"),
        )
        assert isinstance(client._make_status_error_from_response(answer), kind)
