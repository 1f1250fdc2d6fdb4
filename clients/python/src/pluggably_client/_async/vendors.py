"""The asynchronous calls in the shapes of OpenAI and Anthropic: bodies in and out are dictionaries.

For streams, and for typed bodies, use those vendors' own clients with this server's address.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pluggably_client import _operations as ops
from pluggably_client._async.connection import AsyncConnection
from pluggably_client._operation import Operation

Json = dict[str, Any]


class _AsyncVendor:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def _post(
        self,
        operation: Operation[Json],
        body: Mapping[str, Any],
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> Json:
        if body.get("stream"):
            raise ValueError("this client reads whole answers: for streams use the vendor's own client")
        return await self._connection._send(
            operation, body=dict(body), files=None if files is None else dict(files), long=True
        )


class AsyncOpenAI(_AsyncVendor):
    """OpenAI's endpoints, as `client.openai`."""

    async def chat_completions(self, body: Mapping[str, Any]) -> Json:
        """`POST /v1/chat/completions`."""
        return await self._post(ops.chat_completions, body)

    async def completions(self, body: Mapping[str, Any]) -> Json:
        """`POST /v1/completions`."""
        return await self._post(ops.completions, body)

    async def embeddings(self, body: Mapping[str, Any]) -> Json:
        """`POST /v1/embeddings`."""
        return await self._post(ops.embeddings, body)

    async def responses(self, body: Mapping[str, Any]) -> Json:
        """`POST /v1/responses`."""
        return await self._post(ops.responses, body)

    async def generate_images(self, body: Mapping[str, Any]) -> Json:
        """`POST /v1/images/generations`."""
        return await self._post(ops.generate_images, body)

    async def edit_images(self, body: Mapping[str, Any], files: Mapping[str, tuple[str, bytes, str]]) -> Json:
        """`POST /v1/images/edits`; `files` are name, bytes and media type by the form's fields."""
        return await self._post(ops.edit_images, body, files)

    async def vary_images(self, body: Mapping[str, Any]) -> Json:
        """`POST /v1/images/variations`, which the server refuses."""
        return await self._post(ops.vary_images, body)


class AsyncAnthropic(_AsyncVendor):
    """Anthropic's endpoints, as `client.anthropic`."""

    async def messages(self, body: Mapping[str, Any]) -> Json:
        """`POST /v1/messages`."""
        return await self._post(ops.messages, body)

    async def count_tokens(self, body: Mapping[str, Any]) -> Json:
        """`POST /v1/messages/count_tokens`."""
        return await self._post(ops.count_tokens, body)
