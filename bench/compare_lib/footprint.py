"""What a server costs apart from its work: memory per key, start-up time, idle memory."""

from __future__ import annotations

import time
from collections.abc import Iterator

from . import procfs
from .bench import Bench, result_of
from .catalogue import Memory, StartUp, Traffic
from .model import Result, Sample
from .resp import KeySpace, load_keys
from .server import Server, ServerFailed

_MB = 1e6
_IDLE_S = 1.0
_SETTLE_S = 1.0
_SETTLE_READS = 200_000
_SETTLE_PIPELINE = 16
_READS_TIMEOUT_S = 120.0
_TTL_S = 1_000_000


def run_memory(bench: Bench, loads: list[Memory]) -> Iterator[Result]:
    """Memory per key: a fresh server for every sample, what it held when empty taken off."""
    for load in loads:
        series = bench.series()
        for spec in bench.alternate(bench.settings.repetitions, series, load.name):
            with bench.recorded(series[spec.name]), bench.start(spec) as server:
                series[spec.name].samples.append(_memory(bench, server, load))
        yield result_of(load, series)


def run_startup(bench: Bench, load: StartUp) -> Result:
    """From the start of the process to its first answer, and what it holds a second later."""
    series = bench.series()
    for spec in bench.alternate(bench.settings.starts, series, load.name):
        with bench.recorded(series[spec.name]), bench.start(spec) as server:
            time.sleep(_IDLE_S)
            series[spec.name].samples.append({
                "start_ms": server.start_s * 1e3,
                "idle_rss_mb": procfs.resident_bytes(server.pid) / _MB,
                "idle_used_mb": _used_bytes(server) / _MB,
            })
    return result_of(load, series)


def _memory(bench: Bench, server: Server, load: Memory) -> Sample:
    time.sleep(_IDLE_S)
    empty_used, empty_resident = _used_bytes(server), procfs.resident_bytes(server.pid)
    options: list[str | int] = ["EX", _TTL_S] if load.ttl else []
    load_keys(server.port, KeySpace("key:", load.keys, load.value_bytes), *options)
    with server.connect() as connection:
        if connection.command("DBSIZE") != load.keys:
            raise ServerFailed(f"{server.spec.name} does not hold the keys that were loaded")
    reads = Traffic("settle", "get", _SETTLE_PIPELINE, load.keys, load.value_bytes)
    bench.generator.run_requests(server.port, reads, _SETTLE_READS, _READS_TIMEOUT_S)
    time.sleep(_SETTLE_S)
    used, resident = _used_bytes(server), procfs.resident_bytes(server.pid)
    return {
        "used_per_key": (used - empty_used) / load.keys,
        "rss_per_key": (resident - empty_resident) / load.keys,
        "used_mb": used / _MB,
        "rss_mb": resident / _MB,
    }


def _used_bytes(server: Server) -> int:
    return int(server.info("memory")["used_memory"])
