"""Stands in for curl on machines that have none: the options that the documentation's examples use, no others.

A fresh Debian has no curl, and the tests need nothing beyond Python and make.
"""

from __future__ import annotations

import argparse
import sys
import urllib.error
import urllib.request
from pathlib import Path

BOUNDARY = "a-boundary-that-no-example-contains"


def main() -> int:
    """Send one request and print the answer's body."""
    parser = argparse.ArgumentParser(prog="curl", allow_abbrev=False)
    parser.add_argument("url")
    parser.add_argument("-s", "--silent", action="store_true")
    parser.add_argument("-N", "--no-buffer", action="store_true")
    parser.add_argument("-X", "--request")
    parser.add_argument("-H", "--header", action="append", default=[])
    parser.add_argument("--json")
    parser.add_argument("-F", "--form", action="append", default=[])
    options = parser.parse_args()
    headers = dict(header.split(": ", 1) for header in options.header)
    if options.json is not None:
        headers |= {"Content-Type": "application/json", "Accept": "application/json"}
    body = None if options.json is None else options.json.encode()
    if options.form:
        headers["Content-Type"] = f"multipart/form-data; boundary={BOUNDARY}"
        body = form(options.form)
    request = urllib.request.Request(options.url, body, headers, method=options.request)
    try:
        with urllib.request.urlopen(request, timeout=100) as reply:
            sys.stdout.write(reply.read().decode())
    except urllib.error.HTTPError as error:
        sys.stdout.write(error.read().decode())
    return 0


def form(fields: list[str]) -> bytes:
    """A body of `name=value` and `name=@file`. Source: RFC 7578."""
    parts = []
    for field in fields:
        name, _, value = field.partition("=")
        file = f'; filename="{value[1:]}"' if value.startswith("@") else ""
        content = Path(value[1:]).read_bytes() if file else value.encode()
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
        parts.append(head.encode() + content + b"\r\n")
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


if __name__ == "__main__":
    sys.exit(main())
