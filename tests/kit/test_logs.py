"""Logs, as a process of its own writes them: their set-up is the whole process's."""

from __future__ import annotations

import asyncio
import json
import sys

import pytest

PROGRAM = """
import asyncio, logging, sys
import structlog
from pluggably.kit.logs import REQUEST_ID, configure_logs
configure_logs(sys.argv[1], sys.argv[2])
log = structlog.get_logger("test")

def work(key):
    password = "CANARY-local"
    raise ValueError("it broke")

log.debug("fine detail")
REQUEST_ID.set("req_1")
log.info("hello", model="tiny", odd=object)
logging.getLogger("library").warning("from %s", "outside")
logging.getLogger("uvicorn.error").info("noise")
try:
    work("CANARY-argument")
except ValueError:
    log.exception("failed")
    logging.getLogger("library").exception("failed too")
"""


async def lines_of(level: str, style: str) -> tuple[str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, level, style, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode(), err.decode()


@pytest.mark.req("SYS-REQ-008", "SYS-NFR-001")
async def test_json_logs_are_one_object_a_line_with_the_requests_id() -> None:
    out, err = await lines_of("info", "auto")
    assert out == "", "logs go to stderr"
    events = [json.loads(line) for line in err.splitlines()]
    assert [event["event"] for event in events] == ["hello", "from outside", "failed", "failed too"]
    assert all(event["request_id"] == "req_1" and event["level"] and event["time"] for event in events)
    assert events[0]["model"] == "tiny"
    assert events[1]["logger"] == "library"
    for event in events[2:]:
        assert event["exception"][0]["exc_value"] == "it broke"
        assert any(frame["name"] == "work" for frame in event["exception"][0]["frames"])
    assert "CANARY" not in err, "a traceback showed local variables"


@pytest.mark.req("SYS-NFR-001")
async def test_logs_for_people_show_no_local_variables_either() -> None:
    _, err = await lines_of("debug", "console")
    assert "fine detail" in err
    assert "it broke" in err
    assert 'password = "CANARY-local"' not in err
    assert "CANARY-argument" not in err.replace('work("CANARY-argument")', "")
