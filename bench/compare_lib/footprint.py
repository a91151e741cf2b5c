"""What a server costs apart from its work: memory per key, start-up time, idle memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from . import fills, procfs
from .bench import Bench, result_of
from .catalogue import Items, Memory, StartUp, Traffic
from .model import Result, Sample
from .resp import Chunk, KeySpace, load_keys
from .server import Server, ServerFailed

_MB = 1e6
_IDLE_S = 1.0
_SETTLE_S = 1.0
_SETTLE_READS = 200_000
_SETTLE_PIPELINE = 16
_READS_TIMEOUT_S = 120.0
_TTL_S = 1_000_000

# What is read after loading, so that work which waits for accesses gets done. The generator has no
# random index for a list, nor does a list of nodes have work that waits.
_ITEM_READS = {
    "set": "SISMEMBER set item0__rand_int__",
    "hash": "HGET hash fld0__rand_int__",
    "zset": "ZSCORE zset item0__rand_int__",
    "hashes": "HGET hash:__rand_int__ f3",
    "list": "LRANGE list 0 9",
    "stream": "XRANGE stream 1__rand_int__ + COUNT 1",
}
_ITEM_COUNTS = {"set": "SCARD set", "hash": "HLEN hash", "zset": "ZCARD zset", "hashes": "DBSIZE",
                "list": "LLEN list", "stream": "XLEN stream"}


def run_memory(bench: Bench, loads: list[Memory]) -> Iterator[Result]:
    """Memory per key: a fresh server for every sample, what it held when empty taken off."""
    for load in loads:
        series = bench.series()
        for spec in bench.alternate(bench.settings.repetitions, series, load.name):
            with bench.recorded(series[spec.name]), bench.start(spec) as server:
                series[spec.name].samples.append(_memory(bench, server, load))
        yield result_of(load, series)


def run_items(bench: Bench, loads: list[Items]) -> Iterator[Result]:
    """Memory per item of a data type, in the same way."""
    for load in loads:
        chunks = list(_item_chunks(load))
        series = bench.series()
        for spec in bench.alternate(bench.settings.repetitions, series, load.name):
            with bench.recorded(series[spec.name]), bench.start(spec) as server:
                series[spec.name].samples.append(_items(bench, server, load, chunks))
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
    options: list[str | int] = ["EX", _TTL_S] if load.ttl else []

    def fill() -> None:
        load_keys(server.port, KeySpace("key:", load.keys, load.value_bytes), *options)
        _expect(server, load.keys, "DBSIZE")
        reads = Traffic("settle", "get", _SETTLE_PIPELINE, load.keys, load.value_bytes)
        bench.generator.run_requests(server.port, reads, _SETTLE_READS, _READS_TIMEOUT_S)

    return _grown(server, fill, load.keys, "key")


def _items(bench: Bench, server: Server, load: Items, chunks: list[Chunk]) -> Sample:
    def fill() -> None:
        server.load(chunks)
        _expect(server, load.items, *_ITEM_COUNTS[load.type].split())
        bench.generator.run_command(server.port, _ITEM_READS[load.type], load.items,
                                    _SETTLE_READS, _READS_TIMEOUT_S)

    return _grown(server, fill, load.items, "item")


def _item_chunks(load: Items) -> Iterator[Chunk]:
    numbers = range(load.items)
    if load.type == "hashes":
        yield from fills.small_hashes(load.items)
    else:
        yield from fills.one_key(load.type, load.type, numbers)
    if load.ttl:
        yield from fills.expiring_fields(load.type, numbers)


def _grown(server: Server, fill: Callable[[], None], count: int, unit: str) -> Sample:
    """What the filling added to the empty server, divided by a count."""
    time.sleep(_IDLE_S)
    empty_used, empty_resident = _used_bytes(server), procfs.resident_bytes(server.pid)
    fill()
    time.sleep(_SETTLE_S)
    used, resident = _used_bytes(server), procfs.resident_bytes(server.pid)
    return {
        f"used_per_{unit}": (used - empty_used) / count,
        f"rss_per_{unit}": (resident - empty_resident) / count,
        "used_mb": used / _MB,
        "rss_mb": resident / _MB,
    }


def _expect(server: Server, size: int, *command: str) -> None:
    with server.connect() as connection:
        if connection.command(*command) != size:
            raise ServerFailed(f"{server.spec.name} does not hold all that was loaded")


def _used_bytes(server: Server) -> int:
    return int(server.info("memory")["used_memory"])
