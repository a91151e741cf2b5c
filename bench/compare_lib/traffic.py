"""Throughput, CPU per operation and latency under load.

Warmed loads that share their keys share a stage: all servers are started, filled once and stay up
while the loads alternate between them; an idle server takes no measurable part of its core. A cold
load starts a server for every sample and measures from its first request on: GET finds its keys
loaded, writing commands start from nothing. Commands of data types that write have a stage of their
own and run in bursts (see datatypes).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import groupby

from . import datatypes, fills, procfs
from .bench import Bench, result_of
from .catalogue import Traffic
from .generator import Run
from .model import THREAD_PREFIX, Result, Sample, Series
from .resp import KeySpace, load_keys
from .server import Server

# Enough for the generator's clock of one millisecond to say something about the pace.
_PILOT_REQUESTS = 20_000
_PILOT_REQUESTS_LARGE = 200
_LARGE_VALUE_BYTES = 4096
_GROWTH_MAX = 10

# A run may take this many times what it should, and the extra seconds, before it is given up.
_PATIENCE = 5
_PATIENCE_S = 60

# Threads below this part of the process's CPU are left out of the report.
_THREAD_SHARE_MIN = 0.005


def run(bench: Bench, loads: list[Traffic]) -> Iterator[Result]:
    """Measures the loads; those of one stage must follow each other to share it."""
    for (_, _, _, cold), stage in groupby(loads, key=_stage_key):
        if cold:
            for load in stage:
                yield _cold(bench, load)
        else:
            yield from _warmed(bench, list(stage))


def order(loads: list[Traffic]) -> list[Traffic]:
    """The loads with those of one stage together, else in their order."""
    keys = list(dict.fromkeys(map(_stage_key, loads)))
    return sorted(loads, key=lambda load: keys.index(_stage_key(load)))


def fill(server: Server, load: Traffic) -> None:
    """Loads every key that the load may touch."""
    if load.elements:
        server.load(fills.many_keys(
            datatypes.COMMANDS[load.command].type, load.keys,
            datatypes.filled_elements(load.command, load.elements)))
    elif load.command == "incr":
        load_keys(server.port, KeySpace("counter:", load.keys, 1), value=b"0")
    else:
        load_keys(server.port, KeySpace("key:", load.keys, load.value_bytes))


def _stage_key(load: Traffic) -> tuple[str, tuple[int, int, int], int, bool]:
    data = "counter" if load.command == "incr" else "key"
    if load.elements:
        data = load.command if load.burst else datatypes.COMMANDS[load.command].type
    return data, (load.keys, load.value_bytes, load.elements), load.io_threads, load.cold


def _warmed(bench: Bench, loads: list[Traffic]) -> Iterator[Result]:
    with ExitStack() as stack:
        running: dict[str, Server] = {}
        started = bench.series()
        for spec in bench.specs:
            with bench.recorded(started[spec.name]):
                bench.log(f"starting and filling {spec.name}")
                running[spec.name] = stack.enter_context(bench.start(spec, loads[0].io_threads))
                fill(running[spec.name], loads[0])
        for load in loads:
            series = {name: Series(name, error=one.error) for name, one in started.items()}
            paces: dict[str, float] = {}
            for name, server in running.items():
                if series[name].error is None:
                    with bench.recorded(series[name]):
                        bench.log(f"{load.name}: {name} warm-up")
                        paces[name] = _warm_up(bench, server, load)
            for spec in bench.alternate(bench.settings.repetitions, series, load.name):
                with bench.recorded(series[spec.name]):
                    requests = max(1, round(paces[spec.name] * bench.settings.measure_s))
                    series[spec.name].samples.append(
                        _sample(bench, running[spec.name], load, requests))
            yield result_of(load, series)


def _cold(bench: Bench, load: Traffic) -> Result:
    series = bench.series()
    seconds = bench.settings.cold_s
    for spec in bench.alternate(bench.settings.cold_repetitions, series, load.name):
        with bench.recorded(series[spec.name]):
            bench.generator.check(load)
            with bench.start(spec, load.io_threads) as server:
                if load.command in ("get", "mixed"):
                    fill(server, load)
                series[spec.name].samples.append(_measure(
                    bench, server, load,
                    lambda server: bench.generator.run_seconds(
                        server.port, load, seconds, _patience(seconds))))
    return result_of(load, series)


def _warm_up(bench: Bench, server: Server, load: Traffic) -> float:
    """Drives the load for the warm-up time; returns the pace, in requests per second."""
    pilot = _PILOT_REQUESTS if load.value_bytes <= _LARGE_VALUE_BYTES else _PILOT_REQUESTS_LARGE
    requests = load.burst or max(pilot, 4 * load.connections * load.pipeline)
    left_s = bench.settings.warmup_s
    longest_s, pace = 0.0, 0.0
    while True:
        done = bench.generator.run_requests(server.port, load, requests, _patience(left_s))
        if done.elapsed_s > longest_s:
            longest_s, pace = done.elapsed_s, done.throughput
        left_s -= done.elapsed_s
        if left_s <= 0:
            return pace
        if load.burst:
            _refill(server, load)
        else:
            requests = round(min(requests * _GROWTH_MAX, max(pilot, done.throughput * left_s)))


def _refill(server: Server, load: Traffic) -> None:
    with server.connect() as connection:
        connection.command("FLUSHALL", "SYNC")
    fill(server, load)
    server.rest()


def _sample(bench: Bench, server: Server, load: Traffic, requests: int) -> Sample:
    """A number of requests; in bursts of equal length, each from the same state, where the load
    has them."""
    count = load.burst or requests
    samples: list[Sample] = []
    for _ in range(max(1, round(requests / count))):
        if load.burst:
            _refill(server, load)
        samples.append(_measure(
            bench, server, load,
            lambda server: bench.generator.run_requests(
                server.port, load, count, _patience(bench.settings.measure_s))))
    return _merged(samples)


def _merged(samples: list[Sample]) -> Sample:
    """The mean of bursts; the longest latency is that of all."""
    keys = dict.fromkeys(key for sample in samples for key in sample)
    merged = {key: sum(sample.get(key, 0.0) for sample in samples) / len(samples) for key in keys}
    merged["max_ms"] = max(sample["max_ms"] for sample in samples)
    return merged


def _measure(bench: Bench, server: Server, load: Traffic, drive: Callable[[Server], Run]) -> Sample:
    pid = server.pid
    threads_before = procfs.thread_times(pid)
    wait_before, cpu_before = procfs.run_delay_s(pid), procfs.cpu_time(pid)
    done = drive(server)
    cpu = procfs.cpu_time(pid) - cpu_before
    waited_s = procfs.run_delay_s(pid) - wait_before
    sample = {
        "throughput": done.throughput,
        "cpu_us": cpu.total_s / done.requests * 1e6,
        "user_us": cpu.user_s / done.requests * 1e6,
        "p50_ms": done.p50_ms,
        "p99_ms": done.p99_ms,
        "p999_ms": done.p999_ms,
        "max_ms": done.max_ms,
        "server_cpu": 100 * cpu.total_s / done.elapsed_s,
        "generator_cpu": 100 * done.cpu_s / done.elapsed_s / len(bench.cores.generator),
        "core_wait": 100 * max(0.0, waited_s) / done.elapsed_s,
    }
    if load.io_threads > 1:
        sample.update(_per_thread(pid, threads_before, done.requests, cpu.total_s))
    return sample


def _per_thread(pid: int, before: dict[int, procfs.ThreadTime], requests: int,
                process_s: float) -> Sample:
    """CPU per operation of each thread, those of one name together.

    The engine's thread is the one whose name says so, else the process's first.
    """
    sample: Sample = {}
    now = procfs.thread_times(pid)
    engine = next((thread for thread in now if "engine" in now[thread].name.lower()), pid)
    for thread, time in now.items():
        earlier = before.get(thread)
        spent_s = (time.cpu - earlier.cpu if earlier else time.cpu).total_s
        if thread == engine:
            sample["engine_us"] = spent_s / requests * 1e6
        if spent_s >= _THREAD_SHARE_MIN * process_s:
            key = THREAD_PREFIX + time.name
            sample[key] = sample.get(key, 0.0) + spent_s / requests * 1e6
    return sample


def _patience(seconds: float) -> float:
    return _PATIENCE * max(0.0, seconds) + _PATIENCE_S
