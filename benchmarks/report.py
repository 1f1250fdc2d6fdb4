"""What was measured, as tables in Markdown, and which goals it meets."""

import platform
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

LOCAL = "local"
"""The name under which local generation keeps its figures."""


@dataclass
class Results:
    """Figures by target and name, one for each round, and everything that went wrong."""

    figures: dict[str, dict[str, list[float]]] = field(default_factory=lambda: defaultdict(dict))
    errors: dict[str, dict[str, Counter[str]]] = field(default_factory=lambda: defaultdict(dict))
    """By target and measure: reason → how often."""
    answers: Counter[str] = field(default_factory=Counter)
    """Correct answers by target."""
    missing: dict[str, str] = field(default_factory=dict)
    """Target → why it was not measured."""
    titles: dict[str, str] = field(default_factory=dict)
    """Target → its title with its version, in the order of the tables."""
    notes: list[str] = field(default_factory=list)

    def add(self, target: str, name: str, value: float) -> None:
        self.figures[target].setdefault(name, []).append(value)

    def fail(self, target: str, measure: str, reasons: Counter[str]) -> None:
        if reasons:
            self.errors[target].setdefault(measure, Counter()).update(reasons)

    def median(self, target: str, name: str) -> float | None:
        values = self.figures.get(target, {}).get(name)
        return statistics.median(values) if values else None

    def failed(self, target: str) -> int:
        """How many calls to a target went wrong."""
        return sum(reasons.total() for reasons in self.errors.get(target, {}).values())


@dataclass(frozen=True)
class Column:
    """One column of a table: a figure's name, its heading, its format, and the measure whose errors mark it."""

    name: str
    heading: str
    form: str
    measure: str = ""


TABLES: dict[str, tuple[Column, ...]] = {
    "Plain answers, as many as go through": (
        Column("rps_1", "requests/s, 1 connection", ",.0f", "1 connection"),
        Column("rps_10", "10 connections", ",.0f", "10 connections"),
        Column("rps_100", "100 connections", ",.0f", "100 connections"),
        Column("cpu_request_us", "CPU per request (µs)", ",.0f", "10 connections"),
        Column("busy_10", "its core busy at 10", ".0%", "10 connections"),
    ),
    "Plain answers at a fixed rate": (
        Column("rate", "requests/s", ".0f"),
        Column("p50_ms", "p50 (ms)", ".2f", "fixed rate"),
        Column("added_p50_ms", "added p50 (ms)", ".2f", "fixed rate"),
        Column("p99_ms", "p99 (ms)", ".2f", "fixed rate"),
        Column("added_p99_ms", "added p99 (ms)", ".2f", "fixed rate"),
    ),
    "Streams": (
        Column("paced_streams", "paced streams", ".0f"),
        Column("ttft_ms", "first token (ms)", ".2f", "paced streams"),
        Column("added_ttft_ms", "added (ms)", ".2f", "paced streams"),
        Column("cpu_paced_chunk_us", "CPU per chunk, paced (µs)", ",.1f", "paced streams"),
        Column("chunks_per_s", "chunks/s, 50 unpaced streams", ",.0f", "unpaced streams"),
        Column("cpu_chunk_us", "CPU per chunk, unpaced (µs)", ",.1f", "unpaced streams"),
        Column("busy_streams", "its core busy", ".0%", "unpaced streams"),
    ),
    "A thousand streams at once": (
        Column("crowd_streams", "complete streams", ",.0f", "crowd"),
        Column("crowd_pause_ms", "longest pause beyond the pace (ms)", ",.0f", "crowd"),
        Column("crowd_rss_mb", "most memory (MB)", ",.0f", "crowd"),
        Column("crowd_busy", "its core busy", ".0%", "crowd"),
    ),
    "Footprint": (
        Column("start_s", "start to first answer (s)", ".2f"),
        Column("health_s", "start to `/health` 200 (s)", ".2f"),
        Column("rss_idle_mb", "memory after start (MB)", ",.0f"),
        Column("rss_mb", "memory after the run (MB)", ",.0f"),
    ),
}


@dataclass(frozen=True)
class Goal:
    """A bar that a figure has to clear: `must` at the least, `aim` if all is well."""

    title: str
    form: str
    value: Callable[[Results], float | None]
    must: float
    aim: float | None = None
    more_is_better: bool = False

    def line(self, results: Results) -> str:
        sign = "≥" if self.more_is_better else "≤"
        value = self.value(results)
        aim = "" if self.aim is None else f"{sign} {self.aim:{self.form}}"
        shown = "–" if value is None else f"{value:{self.form}}"
        return f"| {self.title} | {sign} {self.must:{self.form}} | {aim} | {shown} | {self.verdict(results)} |"

    def verdict(self, results: Results) -> str:
        value = self.value(results)
        if value is None:
            return "not measured"
        if not self._clears(value, self.must):
            return "**not met**"
        if self.aim is None:
            return "met"
        return "met, and the aim" if self._clears(value, self.aim) else "met, not the aim"

    def _clears(self, value: float, bar: float) -> bool:
        return value >= bar if self.more_is_better else value <= bar


def _own(name: str) -> Callable[[Results], float | None]:
    return lambda results: results.median("pluggably", name)


def _times(peer: str, name: str) -> Callable[[Results], float | None]:
    def value(results: Results) -> float | None:
        ours, theirs = results.median("pluggably", name), results.median(peer, name)
        return ours / theirs if ours is not None and theirs else None

    return value


def _wrong(results: Results) -> float | None:
    measured = results.answers["pluggably"] + results.failed("pluggably")
    return float(results.failed("pluggably")) if measured else None


def _kept(name: str) -> Callable[[Results], float | None]:
    return lambda results: results.median(LOCAL, name)


GOALS = (
    Goal("wrong, mixed-up or missing answers", ".0f", _wrong, 0),
    Goal("requests/s at 10 connections, times Portkey", ".2f", _times("portkey", "rps_10"), 2.5, 8, True),
    Goal("requests/s at 100 connections, times Portkey", ".2f", _times("portkey", "rps_100"), 2.5, 8, True),
    Goal("requests/s at 10 connections, times nginx", ".3f", _times("nginx", "rps_10"), 0.035, 0.12, True),
    Goal("requests/s at 100 connections, times nginx", ".3f", _times("nginx", "rps_100"), 0.035, 0.12, True),
    Goal("CPU per request (µs)", ".0f", _own("cpu_request_us"), 900, 320),
    Goal("CPU per streamed chunk (µs)", ".1f", _own("cpu_chunk_us"), 25, 15),
    Goal("added p50 at 100 requests/s (ms)", ".2f", _own("added_p50_ms"), 2, 1),
    Goal("added time to first token, 50 streams (ms)", ".2f", _own("added_ttft_ms"), 2, 0.8),
    Goal("memory after start, no local model (MB)", ".0f", _own("rss_idle_mb"), 120),
    Goal("memory after the run, no local model (MB)", ".0f", _own("rss_mb"), 130, 80),
    Goal("most memory with 1,000 slow streams (MB)", ".0f", _own("crowd_rss_mb"), 400),
    Goal("longest pause in any of 1,000 slow streams beyond the pace (ms)", ".0f", _own("crowd_pause_ms"), 500, 100),
    Goal("start to `/health` 200 (s)", ".2f", _own("health_s"), 1.5, 0.6),
    Goal("local generation, 1 stream, share of the bare engine", ".1%", _kept("share_1"), 0.95, None, True),
    Goal("local generation, 8 streams, share of the bare engine", ".1%", _kept("share_8"), 0.95, None, True),
)


def _cell(results: Results, target: str, column: Column) -> str:
    value = results.median(target, column.name)
    broken = results.errors.get(target, {}).get(column.measure)
    mark = f" ({broken.total():,} errors)" if broken else ""
    return ("–" if value is None else f"{value:{column.form}}") + mark


def _row(heading: str, cells: Sequence[str]) -> str:
    return f"| {heading} | " + " | ".join(cells) + " |"


def _table(results: Results, title: str, columns: Sequence[Column]) -> list[str]:
    shown = [c for c in columns if any(results.median(t, c.name) is not None for t in results.titles)]
    if not shown:
        return []
    lines = [f"## {title}", "", "| | " + " | ".join(c.heading for c in shown) + " |", "|---" * (len(shown) + 1) + "|"]
    for target, heading in results.titles.items():
        figures, errors = results.figures.get(target, {}), results.errors.get(target, {})
        if any(c.name in figures or c.measure in errors for c in shown):
            lines.append(_row(heading, [_cell(results, target, c) for c in shown]))
        elif target in results.missing:
            lines.append(_row(heading, [results.missing[target], *[""] * (len(shown) - 1)]))
    return [*lines, ""]


def _local(results: Results) -> list[str]:
    figures = results.figures.get(LOCAL)
    if not figures:
        return [f"Not measured: {results.missing[LOCAL]}", ""] if LOCAL in results.missing else []
    lines = ["## Local generation", "", "| | tokens/s, 1 stream | tokens/s, 8 streams |", "|---|---|---|"]
    rows = (
        ("bare", "the bare engine", ".1f"),
        ("gateway", "through the gateway", ".1f"),
        ("share", "share, median of the rounds", ".1%"),
    )
    for name, heading, form in rows:
        values = [results.median(LOCAL, f"{name}_{count}") for count in (1, 8)]
        lines.append(_row(heading, ["–" if value is None else f"{value:{form}}" for value in values]))
    spread = [figures.get(f"share_{count}", []) for count in (1, 8)]
    cells = [f"{min(shares):.1%} to {max(shares):.1%}" if shares else "–" for shares in spread]
    return [*lines, _row("share, lowest to highest", cells), ""]


def _errors(results: Results) -> list[str]:
    lines = [
        f"- {results.titles.get(target, target)}, {measure}: "
        + ", ".join(f"{count:,} × {reason}" for reason, count in reasons.most_common())
        for target, measures in results.errors.items()
        for measure, reasons in measures.items()
    ]
    return ["## Errors", "", *lines, ""] if lines else []


def machine() -> str:
    """The processor's name and the operating system."""
    cpu = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        lines = information.read_text().splitlines()
        cpu = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), cpu)
    return f"{cpu}, {platform.system()} {platform.release()}, Python {platform.python_version()}"


def render(results: Results, *, command: str, rounds: int, cores: str, whole: bool) -> str:
    """The report; a `whole` run names the goals that were not measured as well."""
    lines = [
        "# Benchmarks",
        "",
        f"Written by `{command}` on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; do not edit.",
        "",
        f"- Machine: {machine()}.",
        f"- {cores}",
        f"- Every figure is the median of {rounds} round{'s' if rounds > 1 else ''}; in each round every measure "
        "visits every target in turn, so that the host's moods meet all of them alike.",
        "- The mock vendor answers an OpenAI chat completion of about 1 KB, or a stream of 64 chunks with text; "
        "paced streams get one chunk every 20 ms, each of a thousand at once one every 200 ms. Every answer is "
        "checked for completeness and for the id of its own call.",
        "- Added latency and added time to the first token are differences to the direct call of the same round. "
        "CPU is user and system time of the server and its children, divided by requests, or by chunks with text. "
        "Memory is resident, summed over the same processes, in millions of bytes, the first time three seconds "
        "after the first answer. A dash: not measured.",
        "- Where a server's own core is not nearly full, the load generator and the vendor on the other one were the "
        "limit, and that server could do more.",
        *(f"- {note}" for note in results.notes),
        "",
    ]
    judged = [goal.line(results) for goal in GOALS if whole or goal.value(results) is not None]
    if judged:
        lines += ["## Goals", "", "| | must | aim | measured | |", "|---|---|---|---|---|", *judged, ""]
    for title, columns in TABLES.items():
        lines += _table(results, title, columns)
    lines += _local(results) + _errors(results)
    return "\n".join(lines).rstrip() + "\n"
