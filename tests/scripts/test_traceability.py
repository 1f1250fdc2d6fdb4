"""A claim without a passing test does not get through."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.traceability import REQUIREMENTS, Report, Unreadable, problems, read_report, read_requirements, render

PAGE = """
| id | status | what | proof |
|---|---|---|---|
| SYS-REQ-001 | built | It answers. | TEST-SYS-001 |
| SYS-REQ-002 | planned | It sings. | |

| TEST-SYS-001 | partly | An answer comes. |
"""
CASE = """<testcase classname="tests.test_x" name="{name}"><properties>
<property name="test" value="tests/test_x.py::test_it_answers"/>{ids}</properties>{result}</testcase>"""


def case(*ids: str, result: str = "", name: str = "test_it_answers") -> str:
    """A test in pytest's report."""
    return CASE.format(name=name, ids="".join(f'<property name="req" value="{id_}"/>' for id_ in ids), result=result)


@pytest.fixture
def report(tmp_path: Path, request: pytest.FixtureRequest) -> Report:
    path = tmp_path / "junit.xml"
    path.write_text(f"<testsuites><testsuite>{''.join(request.param)}</testsuite></testsuites>")
    return read_report(path)


@pytest.mark.parametrize("report", [[case("SYS-REQ-001", "TEST-SYS-001")]], indirect=True)
def test_a_claim_with_a_passing_test_holds(report: Report) -> None:
    assert problems(read_requirements(PAGE), report) == []


@pytest.mark.parametrize("report", [[case("TEST-SYS-001")]], indirect=True)
def test_a_claim_without_a_test_does_not_hold(report: Report) -> None:
    assert problems(read_requirements(PAGE), report) == ["SYS-REQ-001 is built, but no test carries its id"]


@pytest.mark.parametrize("report", [[case("SYS-REQ-001", "TEST-SYS-001", result="<failure/>")]], indirect=True)
def test_a_claim_whose_test_fails_does_not_hold(report: Report) -> None:
    assert problems(read_requirements(PAGE), report) == [
        "SYS-REQ-001 is built, but its tests failed",
        "TEST-SYS-001 is partly, but its tests failed",
    ]


@pytest.mark.parametrize("report", [[case("SYS-REQ-001", "TEST-SYS-001", result="<skipped/>")]], indirect=True)
def test_a_skipped_test_proves_nothing(report: Report) -> None:
    assert len(problems(read_requirements(PAGE), report)) == 2


@pytest.mark.parametrize("report", [[case("SYS-REQ-001", "TEST-SYS-001"), case("SYS-REQ-0O1")]], indirect=True)
def test_an_id_that_nobody_knows_is_told(report: Report) -> None:
    (problem,) = problems(read_requirements(PAGE), report)
    assert "SYS-REQ-0O1" in problem
    assert "tests/test_x.py::test_it_answers" in problem


@pytest.mark.parametrize("report", [[case("SYS-REQ-001", "TEST-SYS-001")]], indirect=True)
def test_a_proof_that_is_planned_is_none(report: Report) -> None:
    page = PAGE.replace("| partly |", "| planned |")
    assert problems(read_requirements(page), report) == [
        "SYS-REQ-001 is built, but every test that it names is planned"
    ]


@pytest.mark.parametrize("report", [[case("SYS-REQ-001"), case("SYS-REQ-001", result="<error/>")]], indirect=True)
def test_the_worst_result_of_a_tests_parameters_counts(report: Report) -> None:
    assert report.tests["SYS-REQ-001"] == {"tests/test_x.py::test_it_answers": "failed"}
    assert dict(report.counts) == {"passed": 1, "failed": 1}


@pytest.mark.parametrize("report", [[case("SYS-REQ-001", "TEST-SYS-001")]], indirect=True)
def test_the_page_says_which_test_proves_what(report: Report) -> None:
    page = render(read_requirements(PAGE), report)
    assert "| [SYS-REQ-001](#sys-req-001) | built | 1 | passed |" in page
    assert "| SYS-REQ-002 | planned | 0 | – |" in page
    assert "- passed: `test_it_answers` in [tests/test_x.py](../tests/test_x.py)" in page


@pytest.mark.parametrize(
    "page", ["", PAGE.replace("planned", "almost"), PAGE + "| SYS-REQ-001 | built | Again. | |\n"]
)
def test_requirements_that_make_no_sense_are_refused(page: str) -> None:
    with pytest.raises(Unreadable):
        read_requirements(page)


def test_every_line_of_the_requirements_is_read() -> None:
    text = REQUIREMENTS.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith(("| SYS-", "| TEST-"))]
    assert len(read_requirements(text)) == len(lines)


def test_every_proof_that_a_requirement_names_is_listed() -> None:
    requirements = read_requirements(REQUIREMENTS.read_text(encoding="utf-8"))
    named = {proof for requirement in requirements.values() for proof in requirement.proof}
    assert named <= set(requirements)
