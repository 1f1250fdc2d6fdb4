"""Stands in for curl on machines that have none: the options that the documentation's examples use, no others.

A fresh Debian has no curl, and the tests need nothing beyond Python and make.
"""

from __future__ import annotations

import argparse
import sys
import urllib.error
import urllib.request


def main() -> int:
    """Send one request and print the answer's body."""
    parser = argparse.ArgumentParser(prog="curl", allow_abbrev=False)
    parser.add_argument("url")
    parser.add_argument("-s", "--silent", action="store_true")
    parser.add_argument("-N", "--no-buffer", action="store_true")
    parser.add_argument("-X", "--request")
    parser.add_argument("-H", "--header", action="append", default=[])
    parser.add_argument("--json")
    options = parser.parse_args()
    headers = dict(header.split(": ", 1) for header in options.header)
    if options.json is not None:
        headers |= {"Content-Type": "application/json", "Accept": "application/json"}
    body = None if options.json is None else options.json.encode()
    request = urllib.request.Request(options.url, body, headers, method=options.request)
    try:
        with urllib.request.urlopen(request, timeout=100) as reply:
            sys.stdout.write(reply.read().decode())
    except urllib.error.HTTPError as error:
        sys.stdout.write(error.read().decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
