"""Generated from `_async/vendors.py` by `python -m scripts.generate`; not to be edited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pluggably_client import _operations as ops
from pluggably_client._operation import Operation
from pluggably_client._sync.connection import Connection

Json = dict[str, Any]


class _Vendor:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _post(
        self,
        operation: Operation[Json],
        body: Mapping[str, Any],
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> Json:
        if body.get("stream"):
            raise ValueError("this client reads whole answers: for streams use the vendor's own client")
        return self._connection._send(
            operation, body=dict(body), files=None if files is None else dict(files), long=True
        )


class OpenAI(_Vendor):
    """OpenAI's endpoints, as `client.openai`."""

    def chat_completions(self, body: Mapping[str, Any]) -> Json:
        """`POST /v1/chat/completions`."""
        return self._post(ops.chat_completions, body)

    def completions(self, body: Mapping[str, Any]) -> Json:
        """`POST /v1/completions`."""
        return self._post(ops.completions, body)

    def embeddings(self, body: Mapping[str, Any]) -> Json:
        """`POST /v1/embeddings`."""
        return self._post(ops.embeddings, body)

    def responses(self, body: Mapping[str, Any]) -> Json:
        """`POST /v1/responses`."""
        return self._post(ops.responses, body)

    def generate_images(self, body: Mapping[str, Any]) -> Json:
        """`POST /v1/images/generations`."""
        return self._post(ops.generate_images, body)

    def edit_images(self, body: Mapping[str, Any], files: Mapping[str, tuple[str, bytes, str]]) -> Json:
        """`POST /v1/images/edits`; `files` are name, bytes and media type by the form's fields."""
        return self._post(ops.edit_images, body, files)

    def vary_images(self, body: Mapping[str, Any]) -> Json:
        """`POST /v1/images/variations`, which the server refuses."""
        return self._post(ops.vary_images, body)


class Anthropic(_Vendor):
    """Anthropic's endpoints, as `client.anthropic`."""

    def messages(self, body: Mapping[str, Any]) -> Json:
        """`POST /v1/messages`."""
        return self._post(ops.messages, body)

    def count_tokens(self, body: Mapping[str, Any]) -> Json:
        """`POST /v1/messages/count_tokens`."""
        return self._post(ops.count_tokens, body)
