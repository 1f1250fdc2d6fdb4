"""A real server that speaks S3's protocol, on loopback."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from pluggably.features.artifacts.s3 import S3Store
from pluggably.kit.ids import new_id

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "CANARY-access",
    "AWS_SECRET_ACCESS_KEY": "CANARY-secret",
    "AWS_REGION": "us-east-1",
}
"""With `AWS_ENDPOINT_URL`, what a gateway needs to know of it."""


@contextmanager
def running_s3() -> Iterator[str]:
    """Start the server; its URL. It ends with the block."""
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    try:
        for line in server.stderr:
            if found := re.search(r"Running on (http://127\.0\.0\.1:\d+)", line):
                yield found[1]
                return
        raise AssertionError("the S3 server did not start")
    finally:
        server.kill()
        server.communicate()


def new_bucket(url: str) -> str:
    """The name of an empty bucket on this server."""
    name = new_id("test").replace("_", "-")
    httpx.put(f"{url}/{name}").raise_for_status()
    return name


def object_in(url: str, bucket: str, path: str) -> httpx.Response:
    """An object as S3 gives it."""
    scope = "Credential=x/20261123/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x"
    found = httpx.get(f"{url}/{bucket}/{path}", headers={"authorization": f"AWS4-HMAC-SHA256 {scope}"})
    found.raise_for_status()
    return found


def store_in(url: str, bucket: str, prefix: str = "out/puts") -> S3Store:
    """The store in this bucket."""
    return S3Store(
        bucket,
        prefix,
        config={
            "endpoint": url,
            "access_key_id": "CANARY-access",
            "secret_access_key": "CANARY-secret",
            "region": "us-east-1",
        },
    )
