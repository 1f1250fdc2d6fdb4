"""Makes one JUnit report of several: `make test` runs the tests in two parts, and their results belong together."""

from __future__ import annotations

import argparse
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from pathlib import Path

COUNTS = ("tests", "failures", "errors", "skipped")


def merged(reports: Iterable[Path]) -> ET.ElementTree[ET.Element]:
    """One suite with the tests of all of them; `time` is the sum of theirs in seconds.

    Raises `OSError` and `xml.etree.ElementTree.ParseError` for a report that is missing or not whole.
    """
    suites = [suite for path in reports for suite in ET.parse(path).getroot().iter("testsuite")]  # noqa: S314 - pytest's
    counts = {name: str(sum(int(suite.get(name, 0)) for suite in suites)) for name in COUNTS}
    seconds = sum(float(suite.get("time", 0)) for suite in suites)
    root = ET.Element("testsuites")
    whole = ET.SubElement(root, "testsuite", {"name": "pytest", **counts, "time": f"{seconds:.3f}"})
    for suite in suites:
        whole.extend(suite)
    return ET.ElementTree(root)


def main(arguments: list[str] | None = None) -> int:
    """Write the report; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("parts", type=Path, nargs="+", help="pytest's reports")
    parser.add_argument("whole", type=Path, help="the report to write")
    options = parser.parse_args(arguments)
    try:
        report = merged(options.parts)
    except (OSError, ET.ParseError) as error:
        print(f"merge_reports: {error}; did both runs come to their end?")
        return 1
    report.write(options.whole, encoding="utf-8", xml_declaration=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
