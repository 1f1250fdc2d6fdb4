"""Measures the gateway beside its peers in one run: `python -m benchmarks.run --help`."""

import argparse
import asyncio
import json
import os
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

import psutil
import uvloop

from benchmarks import engine, report, targets
from benchmarks.load import Calls, Endpoint, Tally, at_rate, percentile, saturate
from benchmarks.process import Cores, Server, free_port, python_module, raise_open_files
from benchmarks.upstream import CHUNKS

MEASURES = ("throughput", "latency", "streams", "crowd", "local")
PACE_MS = 20
STREAMS = 50
CROWD = 1000
"""Streams at once from a vendor that is slow."""
CROWD_PACE_MS = 200
CROWD_SPREAD_S = 3.0
"""Over how long the crowd's streams begin."""
START_LIMIT = 90.0
"""Seconds that a server gets until its first answer."""
SETTLING_S = 3.0
"""Between the first answer and the look at the memory: what a start runs for a moment has ended then."""

EPILOG = """\
examples:
  python -m benchmarks.run                               everything, under 10 minutes, into docs/benchmarks.md
  python -m benchmarks.run --quick                       a smoke test of the gateway alone, under a minute, printed
  python -m benchmarks.run --targets direct,pluggably --only throughput --rounds 5
                                                         does a change help? compare two runs of this
  python -m benchmarks.run --pluggably /other/.venv/bin/pluggably --targets direct,pluggably
                                                         the same for another build

Peers are installed into .bench/ the first time (two minutes, 800 MB); one that cannot be installed is named in
the report and left out. The report also says which goals are met. The exit status is 1 when the gateway could not
be measured or gave a wrong answer, whatever its speed.
"""


@dataclass
class Options:
    """What the command line asks for."""

    targets: list[str]
    only: list[str]
    rounds: int
    quick: bool
    whole: bool
    """Everything, at full length."""
    output: Path | None
    pluggably: Path
    folder: Path

    @property
    def seconds(self) -> float:
        """How long one throughput measure lasts; the others follow from it."""
        return 0.8 if self.quick else 2.5


def parse(arguments: Sequence[str]) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.run",
        description="Measure the gateway, its peers and the vendor called directly, interleaved, in one run.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    listed = "some of, with commas between: "
    parser.add_argument("--targets", metavar="NAMES", help=listed + " ".join(targets.NAMES))
    parser.add_argument("--only", metavar="MEASURES", help=listed + " ".join(MEASURES))
    parser.add_argument("--rounds", type=int, metavar="N", help="how often every target is visited (3; quick: 1)")
    parser.add_argument("--quick", action="store_true", help="short measures, one round, no peers")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="where the report goes (docs/benchmarks.md for a whole run)"
    )
    parser.add_argument(
        "--pluggably", type=Path, metavar="COMMAND", default=Path(sys.executable).parent / "pluggably",
        help="the gateway's command (the one beside this Python)",
    )  # fmt: skip
    given = parser.parse_args(arguments)

    def chosen(text: str | None, known: Sequence[str], default: Sequence[str]) -> list[str]:
        names = list(default) if text is None else [name.strip() for name in text.split(",")]
        if unknown := [name for name in names if name not in known]:
            parser.error(f"{', '.join(unknown)}: not known here; choose from {', '.join(known)}")
        return [name for name in known if name in names]

    names = chosen(given.targets, targets.NAMES, ("direct", "pluggably") if given.quick else targets.NAMES)
    only = chosen(given.only, MEASURES, MEASURES[:4] if given.quick else MEASURES)
    whole = not given.quick and names == list(targets.NAMES) and only == list(MEASURES)
    if given.rounds is not None and given.rounds < 1:
        parser.error("--rounds: at least 1")
    rounds = given.rounds or (1 if given.quick else 3)
    output = given.output or (Path("docs/benchmarks.md") if whole and rounds >= 3 else None)
    return Options(
        names, only, rounds, given.quick, whole, output, given.pluggably.absolute(), Path(".bench").absolute()
    )


class Running:
    """A target that is up, or the vendor itself."""

    def __init__(self, target: targets.Target, endpoint: Endpoint, server: Server | None) -> None:
        self.target, self.endpoint, self.server = target, endpoint, server

    def cpu_seconds(self) -> float:
        return self.server.cpu_seconds() if self.server else 0.0


async def healthy(port: int, path: str) -> bool:
    """Whether a GET answers 200 right now."""
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n".encode())
            status = await reader.readline()
            writer.close()
    except OSError:  # a time-out is one
        return False
    return b" 200 " in status


class Bench:
    """One run over all targets."""

    def __init__(self, options: Options, chosen: list[targets.Target], cores: Cores | None) -> None:
        self.options, self.chosen, self.cores = options, chosen, cores
        self.results = report.Results(titles={t.name: f"{t.title} {t.version}".strip() for t in chosen})
        self.upstream = free_port()
        self.vendor: Server | None = None
        self.others = self.watching = 0.0
        """CPU seconds that processes which are not part of a measure took, and the seconds that measures took."""

    async def start(self, target: targets.Target) -> Running | None:
        """Start a target and wait for its first answer; None, and the reason noted, if it never comes."""
        port = free_port()
        endpoint = target.endpoint(port, self.upstream)
        command = target.command(port, self.upstream)
        if not command:
            return Running(target, endpoint, None)
        environment = target.environment(port, self.upstream)
        log = self.options.folder / "logs" / f"{target.name}.log"
        began = perf_counter()
        server = Server(command, environment, log, self.cores.server if self.cores else None)
        if target.health:
            while not (well := await healthy(port, target.health)) and not self._hopeless(server, began):
                await asyncio.sleep(0.005)
            if well:
                self.results.add(target.name, "health_s", perf_counter() - began)
        trial = Tally()
        while not trial.answers and not self._hopeless(server, began):
            trial = await saturate(Calls(endpoint), 1, 0.0)
            await asyncio.sleep(0.005)
        if not trial.answers:
            why = ", ".join(trial.errors) or "no answer"
            print(f"{target.name} did not start ({why}):\n{server.last_words()}", flush=True)
            self.results.missing[target.name] = f"did not start ({why})"
            self.results.fail(target.name, "start", trial.errors or Counter({why: 1}))
            server.stop()
            return None
        self.results.add(target.name, "start_s", perf_counter() - began)
        await asyncio.sleep(SETTLING_S)
        self.results.add(target.name, "rss_idle_mb", server.resident_bytes() / 1e6)
        return Running(target, endpoint, server)

    @staticmethod
    def _hopeless(server: Server, began: float) -> bool:
        return server.ended() or perf_counter() - began > START_LIMIT

    async def watched(
        self, running: Running, measure: str, load: Callable[[], Awaitable[Tally]]
    ) -> tuple[Tally, float]:
        """Run a load and note its errors; also the CPU seconds that the server spent on it."""
        before, others_before, began = running.cpu_seconds(), self._others_seconds(running), perf_counter()
        tally = await load()
        spent = running.cpu_seconds() - before
        self.others += self._others_seconds(running) - others_before
        self.watching += perf_counter() - began
        self.results.answers[running.target.name] += tally.answers
        self.results.fail(running.target.name, measure, tally.errors)
        problems = f", {tally.errors.total()} errors: {dict(tally.errors)}" if tally.errors else ""
        p50 = percentile(tally.latencies, 0.5) * 1e3
        speed = f"{tally.per_second:>9,.0f} answers/s   p50 {p50:,.2f} ms"
        print(f"  {measure:<16} {running.target.name:<10} {speed}{problems}", flush=True)
        return tally, spent

    def _others_seconds(self, running: Running) -> float:
        """CPU seconds that this machine has spent on others than the server, the vendor and the load, or lost."""
        machine, load = psutil.cpu_times(), psutil.Process().cpu_times()
        everything = machine.user + machine.nice + machine.system + getattr(machine, "steal", 0.0)
        vendor = self.vendor.cpu_seconds() if self.vendor else 0.0
        return everything - load.user - load.system - vendor - running.cpu_seconds()

    def keep(self, running: Running, name: str, value: float) -> None:
        self.results.add(running.target.name, name, value)

    async def warm_up(self, running: Running) -> None:
        """Let compilers, pools and caches settle; only errors count."""
        seconds = self.options.seconds / 2
        plain, streamed = Calls(running.endpoint), Calls(running.endpoint, stream=True)
        for tally in (await saturate(plain, 10, seconds), await saturate(streamed, 5, seconds / 2)):
            self.results.fail(running.target.name, "warming up", tally.errors)

    async def throughput(self, running: Running, connections: int) -> None:
        """Requests/s with every connection busy; at 10 connections also CPU per request."""
        measure = "1 connection" if connections == 1 else f"{connections} connections"
        calls = Calls(running.endpoint)
        tally, cpu = await self.watched(running, measure, lambda: saturate(calls, connections, self.options.seconds))
        if not tally.answers:
            return
        self.keep(running, f"rps_{connections}", tally.per_second)
        if running.server and connections == 10:
            self.keep(running, "cpu_request_us", cpu / tally.answers * 1e6)
            self.keep(running, "busy_10", cpu / tally.seconds)

    async def latency(self, running: Running) -> None:
        """Latency at the target's fixed rate."""
        rate = running.target.rate
        calls = Calls(running.endpoint)
        tally, _ = await self.watched(running, "fixed rate", lambda: at_rate(calls, rate, self.options.seconds * 1.6))
        if tally.answers:
            self.keep(running, "rate", rate)
            self.keep(running, "p50_ms", percentile(tally.latencies, 0.5) * 1e3)
            self.keep(running, "p99_ms", percentile(tally.latencies, 0.99) * 1e3)

    async def paced(self, running: Running) -> None:
        """Time to the first token, and CPU per chunk, with streams that begin one after the other."""
        streams = running.target.paced_streams
        length = CHUNKS * PACE_MS / 1e3
        calls = Calls(running.endpoint, stream=True, pace_ms=PACE_MS)
        tally, cpu = await self.watched(
            running, "paced streams", lambda: saturate(calls, streams, 2 * length, spread=length)
        )
        if tally.answers:
            self.keep(running, "paced_streams", streams)
            self.keep(running, "ttft_ms", percentile(tally.first_tokens, 0.5) * 1e3)
            if running.server:
                self.keep(running, "cpu_paced_chunk_us", cpu / tally.answers / CHUNKS * 1e6)

    async def unpaced(self, running: Running) -> None:
        """Chunks/s, and CPU per chunk, with 50 streams as fast as they go."""
        calls = Calls(running.endpoint, stream=True)
        tally, cpu = await self.watched(
            running, "unpaced streams", lambda: saturate(calls, STREAMS, self.options.seconds)
        )
        if tally.answers:
            self.keep(running, "chunks_per_s", tally.per_second * CHUNKS)
            if running.server:
                self.keep(running, "cpu_chunk_us", cpu / tally.answers / CHUNKS * 1e6)
                self.keep(running, "busy_streams", cpu / tally.seconds)

    async def crowd(self, running: Running) -> None:
        """A thousand streams at once: the most memory, and the longest pause in any of them beyond the pace."""
        if not running.target.takes_crowds:
            return
        calls = Calls(running.endpoint, stream=True, pace_ms=CROWD_PACE_MS)
        most, server = 0, running.server

        async def look() -> None:
            nonlocal most
            while server is not None:
                most = max(most, server.resident_bytes())
                await asyncio.sleep(0.25)

        looking = asyncio.create_task(look())
        tally, cpu = await self.watched(
            running, "crowd", lambda: saturate(calls, CROWD, 0.0, spread=CROWD_SPREAD_S, watch_pauses=True)
        )
        looking.cancel()
        if tally.answers:
            self.keep(running, "crowd_streams", tally.answers)
            self.keep(running, "crowd_pause_ms", tally.longest_pause * 1e3 - CROWD_PACE_MS)
            if server is not None:
                self.keep(running, "crowd_rss_mb", most / 1e6)
                self.keep(running, "crowd_busy", cpu / tally.seconds)

    def measures(self) -> list[Callable[[Running], Awaitable[None]]]:
        """The measures of one round, in their order; the crowd comes after them."""
        chosen: list[Callable[[Running], Awaitable[None]]] = []
        if "throughput" in self.options.only:
            chosen += [partial(self.throughput, connections=count) for count in (1, 10, 100)]
        if "latency" in self.options.only:
            chosen.append(self.latency)
        if "streams" in self.options.only:
            chosen += [self.paced, self.unpaced]
        return chosen

    async def round(self, number: int) -> None:
        """Start every target, let every measure visit each of them in turn, end them."""
        print(f"round {number + 1} of {self.options.rounds}", flush=True)
        todo = [target for target in self.chosen if target.name not in self.results.missing]
        shift = number % len(todo) if todo else 0
        up: list[Running] = []
        try:
            for target in todo[shift:] + todo[:shift]:
                running = await self.start(target)
                if running:
                    up.append(running)
                    await self.warm_up(running)
            for measure in self.measures():
                for running in up:
                    await measure(running)
            for running in up:
                if running.server:
                    self.keep(running, "rss_mb", running.server.resident_bytes() / 1e6)
            if "crowd" in self.options.only:  # its memory has a goal of its own
                for running in up:
                    await self.crowd(running)
        finally:
            for running in up:
                if running.server:
                    running.server.stop()
        self._compare(number)

    def _compare(self, number: int) -> None:
        """Note what each target adds to the direct call of the same round."""
        for name in ("p50_ms", "p99_ms", "ttft_ms"):
            direct = self.results.figures["direct"].get(name, [])
            for target in self.results.titles:
                values = self.results.figures[target].get(name, [])
                if target != "direct" and len(values) == len(direct) == number + 1:
                    self.results.add(target, f"added_{name}", values[-1] - direct[-1])

    async def run(self) -> None:
        """All rounds."""
        log = self.options.folder / "logs" / "upstream.log"
        command = python_module("benchmarks.upstream", str(self.upstream))
        self.vendor = upstream = Server(command, {}, log, self.cores.load if self.cores else None)
        try:
            while not await healthy(self.upstream, "/v1/models"):
                if upstream.ended():
                    raise SystemExit(f"The mock vendor did not start:\n{upstream.last_words()}")
                await asyncio.sleep(0.01)
            for number in range(self.options.rounds):
                await self.round(number)
        finally:
            upstream.stop()


def install(options: Options) -> tuple[list[targets.Target], dict[str, str]]:
    """The targets that can be measured, and why the others cannot."""
    ready: list[targets.Target] = []
    missing: dict[str, str] = {}
    for name in options.targets:
        target = targets.make(name, options.folder, options.pluggably)
        try:
            target.install()
        except targets.NotInstalledError as error:
            print(f"{name} is left out: {error}", flush=True)
            missing[name] = f"not installed ({error})"
        ready.append(target)
    return ready, missing


def prepare(folder: Path) -> None:
    """Make `.bench`, which git ignores by itself, and forget the data of an earlier run."""
    for part in ("logs", "work"):
        shutil.rmtree(folder / part, ignore_errors=True)
        (folder / part).mkdir(parents=True)
    (folder / ".gitignore").write_text("*\n")


async def measure(bench: Bench) -> None:
    """Run the load measures; an end asked for from outside still stops every server."""
    task = asyncio.current_task()
    assert task
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    options = bench.options
    raise_open_files()
    if set(options.only) - {"local"}:
        if bench.cores:
            os.sched_setaffinity(0, bench.cores.load)
        await bench.run()
        if bench.cores:
            os.sched_setaffinity(0, bench.cores.load | bench.cores.server)
    if "local" in options.only and "pluggably" in options.targets:
        print("local generation", flush=True)
        try:
            await engine.measure(bench.results, options.folder, options.pluggably, 1 if options.quick else 6)
        except targets.NotInstalledError as error:
            print(f"local generation is left out: {error}", flush=True)
            bench.results.missing[report.LOCAL] = str(error)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, write the report, and say whether the gateway answered everything correctly."""
    options = parse(sys.argv[1:] if arguments is None else arguments)
    began = perf_counter()
    prepare(options.folder)
    chosen, missing = install(options)
    cores = Cores.split()
    bench = Bench(options, chosen, cores)
    bench.results.missing |= missing
    try:
        uvloop.run(measure(bench))
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("stopped; nothing was written", file=sys.stderr)
        return 130
    results = bench.results
    first = results.figures["pluggably"].get("start_s")
    if first:
        results.notes.append(f"Pluggably's first start, which makes its database, took {first[0]:.2f} s.")
    if bench.watching:
        share = max(0.0, bench.others / bench.watching)  # a negative one is noise
        results.notes.append(f"While it measured, other processes of this machine took {share:.0%} of one core.")
    placement = (
        f"The server under test has one core to itself (of {psutil.cpu_count()}); the mock vendor and the load "
        f"generator share {len(cores.load)} other{'s' if len(cores.load) > 1 else ''}."
        if cores
        else "Nothing is pinned: there is only one core, so figures are lower and noisier than they could be."
    )
    command = " ".join(["python -m benchmarks.run", *(sys.argv[1:] if arguments is None else arguments)])
    text = report.render(results, command=command, rounds=options.rounds, cores=placement, whole=options.whole)
    (options.folder / "rounds.json").write_text(json.dumps(results.figures, indent=1))
    if options.output:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(text)
    else:
        print(f"\n{text}")
    print(f"{perf_counter() - began:.0f} s" + (f", written to {options.output}" if options.output else ""))
    wanted = "pluggably" in options.targets
    broken = wanted and ("pluggably" in results.missing or results.failed("pluggably") > 0)
    return 1 if broken or results.failed(report.LOCAL) else 0


if __name__ == "__main__":
    sys.exit(main())
