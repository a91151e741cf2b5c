"""The time of one call, measured by one client, where a call is long or its input is large.

A server is filled once for a load and stays up while the samples alternate. What a call stored is
unlinked before the next one, and the server left to come to rest, so that no call pays for freeing
the result of another; neither is timed. A sample is the median of the calls that fit its time, at
least three. Calls of microseconds are sent many at once, so that they and not the round trip are
measured. Every reply is checked.

    zadd-1m            a million members with random scores into one key, each by a command of its
                       own, a thousand of them on their way at any time: the time of all
    zunionstore-1m,    of two with a million members each, half of which are in both
    sinterstore-1m,
    sunionstore-1m
    sort-1m            SORT … STORE of a list of a million random numbers
    bitcount-100mb     of random bytes
    bitop-100mb        AND of two strings of random bytes
    bitpos-64kb        the first 1 where there is none
    pfmerge-16         of sixteen dense HyperLogLogs, into one that is dense after the first call
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain

from . import fills, procfs
from .bench import Bench, result_of
from .catalogue import Call
from .model import Result, Sample
from .resp import Chunk, encode
from .server import Server, ServerFailed

_CALLS_MIN = 3
_HLL_ELEMENTS = 10_000
_BATCH = 500
_STORED = "stored"


@dataclass(frozen=True)
class _Operation:
    """What a server is filled with, what is called then, and what it must answer."""

    fill: list[Chunk]
    words: tuple[str, ...]
    answer: int | str
    batch: int = 1


def run(bench: Bench, loads: list[Call]) -> Iterator[Result]:
    """Measures each operation at servers that stay up for it."""
    for load in loads:
        once = _prepare_load(load) if load.operation == "zadd" else _prepare_call(load)
        series = bench.series()
        with ExitStack() as stack:
            running: dict[str, Server] = {}
            for spec in bench.specs:
                with bench.recorded(series[spec.name]):
                    bench.log(f"{load.name}: {spec.name} warm-up")
                    server = running[spec.name] = stack.enter_context(bench.start(spec))
                    _repeat(once, server, bench.settings.warmup_s, 1)
            for spec in bench.alternate(bench.settings.repetitions, series, load.name):
                with bench.recorded(series[spec.name]):
                    series[spec.name].samples.append(_repeat(
                        once, running[spec.name], bench.settings.measure_s, _CALLS_MIN))
        yield result_of(load, series)


def _repeat(once: Callable[[Server], Sample], server: Server, seconds: float,
            calls_min: int) -> Sample:
    calls: list[Sample] = []
    until = time.perf_counter() + seconds
    while len(calls) < calls_min or time.perf_counter() < until:
        calls.append(once(server))
    return {key: statistics.median(call[key] for call in calls) for key in calls[0]}


def _prepare_call(load: Call) -> Callable[[Server], Sample]:
    operation = _operation(load)
    request = encode(*operation.words) * operation.batch
    kind = "+" if isinstance(operation.answer, str) else ":"
    answer = f"{kind}{operation.answer}\r"
    filled: set[str] = set()

    def once(server: Server) -> Sample:
        if server.spec.name not in filled:
            server.load(operation.fill)
            filled.add(server.spec.name)
        with server.connect() as connection:
            if operation.batch == 1:
                connection.command("UNLINK", _STORED)
            server.rest()
            cpu_s, began = procfs.run_time_s(server.pid), time.perf_counter()
            connection.send(request)
            answers = connection.expect_lines(operation.batch)
            took_s = time.perf_counter() - began
            cpu_s = procfs.run_time_s(server.pid) - cpu_s
        if wrong := set(answers) - {answer.encode()}:
            raise ServerFailed(f"{load.name} answered {wrong.pop()!r}, not {answer!r}")
        return {"call_ms": took_s * 1e3 / operation.batch,
                "call_cpu_ms": cpu_s * 1e3 / operation.batch}

    return once


def _prepare_load(load: Call) -> Callable[[Server], Sample]:
    chunks = list(fills.single_adds("zset", load.size))

    def once(server: Server) -> Sample:
        with server.connect() as connection:
            connection.command("FLUSHALL", "SYNC")
            server.rest()
            cpu_s, began = procfs.run_time_s(server.pid), time.perf_counter()
            connection.send_all(chunks)
            took_s = time.perf_counter() - began
            cpu_s = procfs.run_time_s(server.pid) - cpu_s
            if connection.command("ZCARD", "zset") != load.size:
                raise ServerFailed(f"{load.name}: members are missing")
        return {"call_ms": took_s * 1e3, "call_cpu_ms": cpu_s * 1e3}

    return once


def _operation(load: Call) -> _Operation:
    size = load.size
    if load.operation in ("zunionstore", "sunionstore", "sinterstore"):
        kind = "zset" if load.operation[0] == "z" else "set"
        both = chain(fills.one_key(kind, "one", range(size)),
                     fills.one_key(kind, "two", range(size // 2, size // 2 + size)))
        common = size - size // 2
        count = ("2",) if kind == "zset" else ()
        return _Operation(list(both), (load.operation.upper(), _STORED, *count, "one", "two"),
                          common if load.operation == "sinterstore" else 2 * size - common)
    if load.operation == "sort":
        return _Operation(list(fills.random_numbers("numbers", size)),
                          ("SORT", "numbers", "STORE", _STORED), size)
    if load.operation == "bitcount":
        data = random.Random(size).randbytes(size)
        return _Operation([(encode("SET", "one", data), 1)], ("BITCOUNT", "one"),
                          int.from_bytes(data, "little").bit_count())
    if load.operation == "bitop":
        strings = [(encode("SET", key, random.Random(key).randbytes(size)), 1)
                   for key in ("one", "two")]
        return _Operation(strings, ("BITOP", "AND", _STORED, "one", "two"), size)
    if load.operation == "bitpos":
        return _Operation([(encode("SET", "zeros", bytes(size)), 1)], ("BITPOS", "zeros", "1"), -1,
                          _BATCH)
    if load.operation == "pfmerge":
        keys = [f"hll:{index}" for index in range(size)]
        fill = [(encode("PFADD", key, *(f"{key}:{number}" for number in range(_HLL_ELEMENTS))), 1)
                for key in keys]
        return _Operation(fill, ("PFMERGE", _STORED, *keys), "OK", _BATCH)
    raise ValueError(load.operation)
