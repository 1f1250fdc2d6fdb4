"""What the client costs whoever uses it."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from benchmarks.client_stream import LIMIT_US, asynchronous, import_ms, synchronous, token_server

GENEROUS = 4
"""Times as much as the benchmark allows: other work goes on beside the tests."""


@pytest.mark.alone
@pytest.mark.req("SYS-REQ-023")
def test_a_streamed_token_costs_microseconds():
    with token_server() as url:
        assert synchronous(url) < GENEROUS * LIMIT_US
        assert asyncio.run(asynchronous(url)) < GENEROUS * LIMIT_US


@pytest.mark.alone
def test_importing_the_client_is_quick():
    assert import_ms() < GENEROUS * 150


def test_importing_the_client_loads_no_models():
    code = "import sys, pluggably_client; print('pluggably_client.models' in sys.modules, 'pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
