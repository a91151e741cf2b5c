"""The command line: what to measure, with which servers, how long; progress and results."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from . import calls, catalogue, footprint, page, procfs, stalls, table, traffic
from .bench import Bench, Cores, Settings
from .catalogue import Call, Items, Load, Memory, Stall, StartUp, Traffic
from .generator import Generator, GeneratorFailed
from .goals import judge
from .model import Report, Result
from .server import ServerFailed, ServerSpec

_LATENCY_WARMUP_S = 10.0
_LATENCY_REPETITIONS = 5
_START_COST_S = 2.0


def main(arguments: list[str]) -> int:
    """Runs the command; 0 when everything asked for was measured and no goal was missed."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _end)  # so that contexts close and the servers are stopped
    try:
        if options.list:
            for load in catalogue.select(catalogue.ALL):
                print(f"{load.name:28} {load.title}")
            return 0
        if options.render:
            return _finish(Report.load(options.render), options.render)
        loads = _loads(options)
        bench = _bench(options)
        report = _new_report(options, bench)
    except (ValueError, GeneratorFailed, ServerFailed) as error:
        print(f"compare: {error}", file=sys.stderr)
        return 2
    output = options.out or Path("artifacts/bench") / time.strftime("compare-%Y%m%d-%H%M%S.json")
    print(f"{len(loads)} loads, {len(bench.specs)} servers, about "
          f"{_estimate_s(loads, bench.settings) * len(bench.specs) / 60:.0f} minutes")
    try:
        with procfs.pinned(bench.cores.generator):
            for result in _measure(bench, loads):
                report.results.append(result)
                report.save(output)
    except KeyboardInterrupt:
        print("\ninterrupted: what was measured until then follows", file=sys.stderr)
        _finish(report, output)
        return 130
    return _finish(report, output)


def _finish(report: Report, output: Path) -> int:
    print("\n" + table.render(report))
    document = output.with_suffix(".html")
    document.write_text(page.render(report))
    print(f"\nwritten: {output}, {document}")
    for failure in report.failures():
        print(f"failed: {failure}", file=sys.stderr)
    missed = report.goals and any(verdict.missed for verdict in judge(report))
    return 1 if report.failures() or missed else 0


def _measure(bench: Bench, loads: list[Load]) -> Iterator[Result]:
    yield from traffic.run(bench, traffic.order(
        [load for load in loads if isinstance(load, Traffic)]))
    yield from footprint.run_memory(bench, [load for load in loads if isinstance(load, Memory)])
    yield from calls.run(bench, [load for load in loads if isinstance(load, Call)])
    yield from footprint.run_items(bench, [load for load in loads if isinstance(load, Items)])
    yield from stalls.run(bench, [load for load in loads if isinstance(load, Stall)])
    for load in loads:
        if isinstance(load, StartUp):
            yield footprint.run_startup(bench, load)


def _loads(options: argparse.Namespace) -> list[Load]:
    names = [name for text in options.load for name in text.split(",")]
    if options.all:
        names += catalogue.ALL
    if options.goals:
        names += catalogue.TYPE_GOALS if options.goals == "types" else catalogue.GOALS
    return catalogue.select(names or catalogue.QUICK)


def _bench(options: argparse.Namespace) -> Bench:
    specs = [ServerSpec.parse(text) for text in options.server]
    if not specs or len({spec.name for spec in specs}) != len(specs):
        raise ValueError("give every server once, with --server NAME=PATH")
    cores = _cores(options)
    latency = options.latency or options.goals == "core"
    settings = Settings(
        warmup_s=options.warmup or (_LATENCY_WARMUP_S if latency else 2.0),
        measure_s=options.seconds or (5.0 if latency else 3.0),
        repetitions=options.reps or (_LATENCY_REPETITIONS if latency else 3),
        cold_s=options.cold_seconds,
        cold_repetitions=options.reps or _LATENCY_REPETITIONS,
        starts=options.starts,
    )
    began = time.monotonic()

    def log(text: str) -> None:
        print(f"[{time.monotonic() - began:6.0f} s] {text}", flush=True)

    return Bench(specs, Generator.find(options.generator, cores.generator), cores, settings, log)


def _cores(options: argparse.Namespace) -> Cores:
    """By default the first core for the server and the last for the generator; a server with I/O
    threads has the first two, which on a machine of two it shares with the generator."""
    all_cores = sorted(procfs.available_cores())
    server, generator = options.server_cores, options.generator_cores
    return Cores(
        server=server or frozenset(all_cores[:1]),
        io_server=options.io_server_cores or frozenset(all_cores[:2]),
        generator=generator or frozenset(all_cores[-1:]),
    )


def _new_report(options: argparse.Namespace, bench: Bench) -> Report:
    baseline = options.baseline or bench.specs[-1].name
    if baseline not in {spec.name for spec in bench.specs}:
        raise ValueError(f"the baseline {baseline!r} is none of the servers")
    versions: dict[str, str] = {}
    for spec in bench.specs:
        with bench.start(spec) as server:
            versions[spec.name] = server.version()
    settings = bench.settings
    environment = {
        **procfs.machine(),
        "generator": bench.generator.version,
        "server core": procfs.format_cores(bench.cores.server),
        "server cores with I/O threads": procfs.format_cores(bench.cores.io_server),
        "generator core": procfs.format_cores(bench.cores.generator),
        "warm-up": f"{settings.warmup_s:g} s",
        "measured": f"{settings.measure_s:g} s, median of {settings.repetitions}",
        "cold start": f"{settings.cold_s} s, median of {settings.cold_repetitions}",
        "date": time.strftime("%Y-%m-%d %H:%M"),
    }
    return Report(baseline, versions, environment, goals=options.goals is not None)


def _estimate_s(loads: list[Load], settings: Settings) -> float:
    """Seconds per server, roughly."""
    seconds = 0.0
    for load in loads:
        if isinstance(load, Traffic) and not load.cold:
            seconds += settings.warmup_s + settings.repetitions * (settings.measure_s + 0.2)
            seconds += load.keys / 1e6 / 4
            if load.burst:  # filling takes about as long again
                seconds += settings.warmup_s + settings.repetitions * settings.measure_s
        elif isinstance(load, Traffic):
            seconds += settings.cold_repetitions * (settings.cold_s + _START_COST_S)
        elif isinstance(load, Memory):
            seconds += settings.repetitions * (2 * _START_COST_S + load.keys / 1e6)
        elif isinstance(load, Items):
            seconds += settings.repetitions * (2 * _START_COST_S + load.items / 1e6)
        elif isinstance(load, Call):
            seconds += (_START_COST_S + settings.warmup_s
                        + settings.repetitions * (settings.measure_s + _START_COST_S))
        elif isinstance(load, Stall):
            seconds += settings.repetitions * (4 * _START_COST_S + load.keys / 1e6)
        else:
            seconds += settings.starts * 1.2
    return seconds


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="compare", description="Measures servers side by side; see bench/README.md.")
    parser.add_argument("--server", action="append", default=[], metavar="NAME=PATH",
                        help="a server under test, by path; arguments may follow the path")
    parser.add_argument("--baseline", metavar="NAME",
                        help="the server that ratios refer to (default: the last one given)")
    what = parser.add_argument_group("what to measure (default: a quick set)")
    what.add_argument("--load", action="append", default=[], metavar="NAME",
                      help="loads by name or pattern, several separated by commas")
    what.add_argument("--all", action="store_true", help="the whole catalogue")
    what.add_argument("--goals", nargs="?", const="core", choices=("core", "types"),
                      help="what the project's goals need, and how they are met: for the core (the "
                           "default; implies --latency), or for the data types")
    what.add_argument("--list", action="store_true", help="show the catalogue and end")
    what.add_argument("--render", type=Path, metavar="JSON",
                      help="show an earlier result again and write its page, without measuring")
    how = parser.add_argument_group("how")
    how.add_argument("--latency", action="store_true",
                     help="10 s of warm-up and medians of five, for steady latencies")
    how.add_argument("--reps", type=int, help="repetitions (3; latencies 5)")
    how.add_argument("--seconds", type=float, help="length of a measurement (3; latencies 5)")
    how.add_argument("--warmup", type=float, help="warm-up before each load (2; latencies 10)")
    how.add_argument("--cold-seconds", type=int, default=10, help="length of a cold run (10)")
    how.add_argument("--starts", type=int, default=20, help="starts for the start-up time (20)")
    how.add_argument("--generator", metavar="PATH",
                     help="sigrun-benchmark, valkey-benchmark or redis-benchmark (default: one of the latter two on PATH)")
    for name in ("server", "io-server", "generator"):
        how.add_argument(f"--{name}-cores", type=procfs.parse_cores, metavar="LIST")
    how.add_argument("--out", type=Path, metavar="JSON",
                     help="the result file; the page goes beside it (default: artifacts/bench/)")
    return parser
