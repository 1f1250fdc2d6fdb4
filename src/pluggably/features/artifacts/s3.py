"""The store in a bucket of S3, or of a server that speaks its protocol.

Credentials, region and endpoint come from where AWS's own tools take them: the variables `AWS_ACCESS_KEY_ID`,
`AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL` and so on, or the machine's role.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import S3Store as Bucket

from pluggably.errors import NotReady
from pluggably.features.artifacts.store import Data, ObjectMissing, checked

if TYPE_CHECKING:
    from obstore.store import S3Config

READ_BYTES = 2 * 1024 * 1024
"""Each piece is a request of its own: a slow reader holds no connection and no more than this."""

log = structlog.get_logger(__name__)


class S3Store:
    """Objects of one bucket below one prefix. `config` goes before the environment.

    S3 shows an object when its upload is complete. Uploads in parts that were interrupted are removed by the bucket's
    own lifecycle rule (AbortIncompleteMultipartUpload).
    """

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        *,
        config: S3Config | None = None,
    ) -> None:
        self._bucket = Bucket(
            bucket,
            prefix=prefix or None,
            config=config,
            client_options={
                "connect_timeout": timedelta(seconds=5),
                "timeout": timedelta(seconds=60),
                "allow_http": True,  # S3 itself is asked by https; another endpoint as the operator wrote it
            },
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=20)},
        )

    async def put(self, key: str, data: Data, media_type: str) -> int:
        """Upload it, in parts where it is large."""
        name = checked(key)
        counted = _Counted(data)
        with _told():
            await obstore.put_async(
                self._bucket,
                name,
                data if isinstance(data, bytes) else counted,
                attributes={"Content-Type": media_type},
                max_concurrency=2,  # parts that are in memory at once
            )
        return len(data) if isinstance(data, bytes) else counted.size

    async def open(self, key: str, start: int, length: int) -> AsyncGenerator[bytes, None]:
        """Read piece by piece."""
        name, end = checked(key), start + length
        while start < end:
            with _told():
                try:
                    piece = await obstore.get_range_async(
                        self._bucket, name, start=start, end=min(start + READ_BYTES, end)
                    )
                except FileNotFoundError:
                    raise ObjectMissing(key) from None
            if not len(piece):
                raise ObjectMissing(key)
            start += len(piece)
            yield bytes(piece)

    async def size(self, key: str) -> int | None:
        """What the bucket says of it."""
        with _told():
            try:
                return (await obstore.head_async(self._bucket, checked(key)))["size"]
            except FileNotFoundError:
                return None

    async def delete(self, key: str) -> None:
        """Delete the object."""
        with _told():
            try:
                await obstore.delete_async(self._bucket, checked(key))
            except FileNotFoundError:
                return

    async def tidy(self) -> None:
        """Nothing: the bucket's lifecycle rule does it."""


class _Counted:
    """Counts what passes."""

    def __init__(self, data: Data) -> None:
        self._data = data
        self.size = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        assert not isinstance(self._data, bytes)
        async for piece in self._data:
            self.size += len(piece)
            yield piece


@contextmanager
def _told() -> Iterator[None]:
    """The client's failures as the gateway's own. What they say stays in the log: it names the bucket."""
    try:
        yield
    except (BaseError, OSError) as error:
        log.warning("artifact_store_failed", error=str(error)[:1000])
        raise NotReady("The artifact store does not answer as it should; try again.", retry_after=10) from error
