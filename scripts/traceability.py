"""Requirement → tests → last result: writes `docs/traceability.md` and checks that every claim is proved.

The requirements and what is claimed of them stand in `docs/requirements.md`; which test proves what comes from the
`req` markers, which the root `conftest.py` puts into pytest's JUnit report, beside the results.
"""

from __future__ import annotations

import argparse
import re
import sys
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / "docs" / "requirements.md"
TABLE = ROOT / "docs" / "traceability.md"

CLAIMED = ("built", "partly")
STATUSES = (*CLAIMED, "planned")
PASSED, SKIPPED, FAILED = "passed", "skipped", "failed"
_WORST_FIRST = (FAILED, SKIPPED, PASSED)

_ROW = re.compile(r"^\| ((?:SYS|TEST)-[A-Z0-9-]+) \| (\w+) \| (.+?) \|(?: ([^|]*) \|| \|)?$", re.MULTILINE)


class Unreadable(Exception):
    """A file is missing or not what it should be."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """A line of `docs/requirements.md`: a requirement, or a test that requirements name."""

    id: str
    status: str
    what: str
    proof: tuple[str, ...] = ()

    @property
    def claimed(self) -> bool:
        """Whether something of it is said to be there."""
        return self.status in CLAIMED


@dataclass(slots=True)
class Report:
    """What a run of the tests gave."""

    tests: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    """Id → test → its result; the worst one where a test ran with several parameters."""
    counts: Counter[str] = field(default_factory=Counter)
    """Result → number of tests, those without a marker included."""

    def result(self, id_: str) -> str | None:
        """The worst result of the tests with this id; None where there is no test."""
        return _worst(self.tests[id_].values()) if id_ in self.tests else None

    def proves(self, id_: str) -> bool:
        """Whether a test with this id passed, and none failed."""
        results = self.tests.get(id_, {}).values()
        return PASSED in results and FAILED not in results


def read_requirements(text: str) -> dict[str, Requirement]:
    """The lines of the tables in `docs/requirements.md`. Raises `Unreadable` for a line that says nonsense."""
    found: dict[str, Requirement] = {}
    for id_, status, what, proof in _ROW.findall(text):
        if id_ in found:
            raise Unreadable(f"{id_} stands there twice")
        if status not in STATUSES:
            raise Unreadable(f"{id_} is {status!r}; it must be one of {', '.join(STATUSES)}")
        found[id_] = Requirement(id_, status, what, tuple(filter(None, proof.replace(" ", "").split(","))))
    if not found:
        raise Unreadable("there is no requirement in it")
    return found


def read_report(path: Path) -> Report:
    """A JUnit report that pytest wrote. Raises `Unreadable`."""
    try:
        cases = ET.parse(path).getroot().iter("testcase")  # noqa: S314 - pytest's own file
    except (OSError, ET.ParseError) as error:
        raise Unreadable(f"{path}: {error}; run the tests first") from error
    report = Report()
    for case in cases:
        result = _result(case)
        report.counts[result] += 1
        properties = [(item.get("name"), item.get("value", "")) for item in case.iter("property")]
        test = next((value for name, value in properties if name == "test"), "")
        for name, id_ in properties:
            if name == "req":
                results = report.tests[id_]
                results[test] = _worst([result, results.get(test, PASSED)])
    return report


def problems(requirements: Mapping[str, Requirement], report: Report) -> list[str]:
    """Everything that is claimed and not proved, and everything that nobody knows."""
    found = [
        f"{', '.join(sorted(report.tests[id_]))} carries {id_}, which docs/requirements.md does not have"
        for id_ in sorted(report.tests)
        if id_ not in requirements
    ]
    for requirement in requirements.values():
        found += [
            f"{requirement.id} names {proof}, which is in no table"
            for proof in requirement.proof
            if proof not in requirements
        ]
        if not requirement.claimed:
            continue
        if not report.proves(requirement.id):
            result = report.result(requirement.id)
            state = "no test carries its id" if result is None else f"its tests {result}"
            found.append(f"{requirement.id} is {requirement.status}, but {state}")
        if requirement.proof and not any(_is_claimed(requirements, proof) for proof in requirement.proof):
            found.append(f"{requirement.id} is {requirement.status}, but every test that it names is planned")
    return found


def render(requirements: Mapping[str, Requirement], report: Report) -> str:
    """The page. It holds nothing that changes from run to run but results."""
    counts = Counter(requirement.status for requirement in requirements.values())
    lines = [
        "# Traceability",
        "",
        "Which test proves which requirement, and how it went the last time: made by `make generate` from the",
        "markers of the tests and the results of their last run. [requirements.md](requirements.md) says what the",
        "ids mean and what the states claim.",
        "",
        ", ".join(f"{counts[status]} {status}" for status in STATUSES) + ".",
        "",
        "| id | status | tests | last result |",
        "|---|---|---|---|",
    ]
    for requirement in requirements.values():
        id_, result = requirement.id, report.result(requirement.id)
        name = f"[{id_}](#{id_.lower()})" if result else id_
        lines.append(f"| {name} | {requirement.status} | {len(report.tests.get(id_, {}))} | {result or '–'} |")
    for requirement in requirements.values():
        tests = report.tests.get(requirement.id)
        if tests:
            lines += ["", f"## {requirement.id}", "", requirement.what, ""]
            lines += [_line(test, tests[test]) for test in sorted(tests)]
    return "\n".join(lines) + "\n"


def _line(test: str, result: str) -> str:
    path, _, name = test.partition("::")
    return f"- {result}: `{name}` in [{path}](../{path})"


def _is_claimed(requirements: Mapping[str, Requirement], id_: str) -> bool:
    return id_ in requirements and requirements[id_].claimed


def _result(case: ET.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return FAILED
    return PASSED if case.find("skipped") is None else SKIPPED


def _worst(results: Iterable[str]) -> str:
    return min(results, key=_WORST_FIRST.index)


def main(arguments: list[str] | None = None) -> int:
    """Write the page, or check it; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--junit", type=Path, default=ROOT / "reports" / "junit.xml", help="pytest's report")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where the page is not up to date")
    options = parser.parse_args(arguments)
    try:
        requirements = read_requirements(REQUIREMENTS.read_text(encoding="utf-8"))
        report = read_report(options.junit)
    except (Unreadable, OSError) as error:
        print(f"traceability: {error}")
        return 1
    found = problems(requirements, report)
    page = render(requirements, report)
    if not options.check:
        TABLE.write_text(page, encoding="utf-8")
    elif not report.counts[FAILED] and (not TABLE.exists() or TABLE.read_text(encoding="utf-8") != page):
        found.append("docs/traceability.md is not up to date: `make generate` after this run writes it anew")
    for problem in found:
        print(f"traceability: {problem}")
    claimed = sum(requirement.claimed for requirement in requirements.values())
    print(f"traceability: {claimed} of {len(requirements)} ids claimed, {len(found)} problems")
    print(", ".join(f"{report.counts[result]} {result}" for result in (PASSED, FAILED, SKIPPED)))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
