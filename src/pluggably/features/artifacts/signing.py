"""Addresses that prove by themselves that whoever has them may fetch one artifact, for a while.

`/v1/artifacts/{id}?expires=SECONDS&signature=TEXT`: the signature is HMAC-SHA256 over the id and the expiry (whole
seconds of Unix time), with a key that is used for nothing else, as base64 for URLs without padding.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
import re
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

from pluggably.errors import ArtifactExpired, InvalidSignature
from pluggably.kit.secrets import derive_key

_PURPOSE = "artifact addresses"
_SECONDS = re.compile(r"[1-9][0-9]{0,11}")


def address_base(public_url: str | None, root_path: str) -> str:
    """What every address begins with: nothing but the sub-path where the operator has set no public URL.

    `Host` headers are not asked: they say what whoever called made up.
    """
    if public_url is None:
        return root_path
    return public_url if urlsplit(public_url).path.endswith(root_path) else public_url + root_path


class Addresses:
    """Makes signed addresses and judges those that come back.

    `secret` is the installation's; `ttl_s` is in seconds. Replicas with the same secret accept each other's.
    """

    def __init__(self, secret: bytes, *, base: str, ttl_s: float) -> None:
        self._key = derive_key(secret, _PURPOSE)
        self._base = base
        self._ttl_s = ttl_s

    def expiry(self, gone_at: datetime) -> int:
        """When an address that is made now expires, in Unix time (seconds): not after the artifact is gone."""
        return math.ceil(min(time.time() + self._ttl_s, gone_at.timestamp()))

    def make(self, artifact_id: str, expires: int) -> str:
        """A signed address."""
        return (
            f"{self._base}/v1/artifacts/{artifact_id}?expires={expires}&signature={self._sign(artifact_id, expires)}"
        )

    def check(self, artifact_id: str, expires: str, signature: str) -> None:
        """Raise `InvalidSignature` unless this installation signed it, `ArtifactExpired` when its time is over."""
        valid = _SECONDS.fullmatch(expires) is not None and hmac.compare_digest(
            self._sign(artifact_id, int(expires)).encode(), signature.encode("utf-8", "surrogatepass")
        )
        if not valid:
            raise InvalidSignature("The signature does not fit the address; ask for the artifact's address again.")
        if time.time() >= int(expires):
            moment = datetime.fromtimestamp(int(expires), UTC)
            raise ArtifactExpired(f"This address expired at {moment:%Y-%m-%dT%H:%M:%SZ}; ask for it again.")

    def _sign(self, artifact_id: str, expires: int) -> str:
        digest = hmac.digest(self._key, f"{artifact_id}\n{expires}".encode("utf-8", "surrogatepass"), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")
