"""The longest pause that another client sees while a million keys go at once.

One client sends PING after PING and keeps the longest round trip; beside it, on another
connection, the keys are flushed or their common deadline passes. What the same client saw in the
seconds before, with nothing going on, is reported beside it: it is the noise of the machine.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator

from .bench import Bench, result_of
from .catalogue import Stall
from .model import Result, Sample
from .resp import Connection, KeySpace, encode, load_keys
from .server import Server, ServerFailed

_VALUE_BYTES = 64
_QUIET_S = 2.0
_AFTER_FLUSH_S = 3.0
_DRAIN_MAX_S = 60.0
_DRAIN_POLL_S = 0.05
_LEAD_S = 8.0
_LEAD_MAX_S = 120.0
_PING = encode("PING")


def run(bench: Bench, loads: list[Stall]) -> Iterator[Result]:
    """Measures each event on a fresh server for every sample."""
    measure = {"flushall": _flush, "expiry": _expire}
    for load in loads:
        series = bench.series()
        for spec in bench.alternate(bench.settings.repetitions, series, load.name):
            with bench.recorded(series[spec.name]), bench.start(spec) as server:
                series[spec.name].samples.append(measure[load.event](server, load.keys))
        yield result_of(load, series)


def _flush(server: Server, count: int) -> Sample:
    load_keys(server.port, KeySpace("key:", count, _VALUE_BYTES))
    with server.connect() as pinger, server.connect() as other:
        quiet_s = _longest_ping_s(pinger, time.perf_counter() + _QUIET_S)
        other.send(encode("FLUSHALL", "ASYNC"))
        stall_s = _longest_ping_s(pinger, time.perf_counter() + _AFTER_FLUSH_S)
        if other.reply() != b"OK":
            raise ServerFailed("FLUSHALL ASYNC was refused")
    return {"stall_ms": stall_s * 1e3, "quiet_ms": quiet_s * 1e3}


def _expire(server: Server, count: int) -> Sample:
    deadline_s = _load_expiring(server, count)
    with server.connect() as pinger, server.connect() as other:
        quiet_s = _longest_ping_s(pinger, time.perf_counter() + deadline_s - time.time() - 0.05)
        stall_s = 0.0
        drained_s: float | None = None
        while drained_s is None and time.time() < deadline_s + _DRAIN_MAX_S:
            stall_s = max(stall_s, _longest_ping_s(pinger, time.perf_counter() + _DRAIN_POLL_S))
            asked = time.perf_counter()
            if other.command("DBSIZE") == 0:
                drained_s = time.time() - deadline_s
            stall_s = max(stall_s, time.perf_counter() - asked)
    if drained_s is None:
        raise ServerFailed(f"expired keys were still there after {_DRAIN_MAX_S:.0f} s")
    return {"stall_ms": stall_s * 1e3, "quiet_ms": quiet_s * 1e3, "drain_s": drained_s}


def _load_expiring(server: Server, count: int) -> float:
    """Loads keys that expire at one instant; returns it. Tries again where loading took too long."""
    lead_s = _LEAD_S
    while lead_s <= _LEAD_MAX_S:
        deadline_s = round(time.time() + lead_s)
        load_keys(server.port, KeySpace("key:", count, _VALUE_BYTES), "PXAT", deadline_s * 1000)
        if time.time() < deadline_s - _QUIET_S:
            return deadline_s
        lead_s *= 2
    raise ServerFailed("loading takes longer than the keys may live")


def _longest_ping_s(connection: Connection, until: float) -> float:
    """Pings without a pause until an instant of ``perf_counter``; the longest round trip."""
    longest = 0.0
    gc.disable()  # the interpreter's own pauses must not be taken for the server's
    try:
        now = time.perf_counter()
        while now < until:
            connection.send(_PING)
            connection.reply()
            after = time.perf_counter()
            longest = max(longest, after - now)
            now = after
    finally:
        gc.enable()
    return longest
