"""Everything that clients do between each other, at once and for long: does anything leak, stall or get lost?

Each server gets the same clients: blocking queues of three types, channels, optimistic transactions,
a client-side cache, users that come and go, keys that expire and are evicted, large values that are
freed, and clients that vanish in the middle of anything. The clients check what they see. All servers run
at the same time, so that what the machine does to one it does to the others; a client that only pings
measures how long each holds it up. In the end everything is deleted and memory must be as at the start.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import threading
import time
from dataclasses import dataclass, field

from . import procfs, soak_clients
from .resp import Connection
from .server import Server, ServerSpec
from .soak_clients import Cache, Counters, Queue, Soak

_OPTIONS = ("--maxmemory", "100mb", "--maxmemory-policy", "volatile-lru")
_PING_PAUSE_S = 0.002
_CONSUMERS = 3
_LEFT_BYTES_MAX = 2 << 20
_SETTLE_MAX_S = 30.0


@dataclass
class Outcome:
    """What came of the soak of one server."""

    figures: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


def main(arguments: list[str]) -> int:
    """Runs the command; 0 when no server has failed."""
    options = _parser().parse_args(arguments)
    specs = [ServerSpec.parse(text) for text in options.server]
    context = multiprocessing.get_context("fork")
    with context.Pool(len(specs)) as pool:
        outcomes = pool.starmap(_soak, [(spec, options) for spec in specs])
    for name in sorted({name for outcome in outcomes for name in outcome.figures}):
        print(f"{name:32}" + "".join(f"{outcome.figures.get(name, 0):>16,.1f}" for outcome in outcomes))
    print(f"{'':32}" + "".join(f"{spec.name:>16}" for spec in specs))
    for spec, outcome in zip(specs, outcomes, strict=True):
        for failure in outcome.failures[:20]:
            print(f"{spec.name}: {failure}")
        print(f"{spec.name}: {len(outcome.failures)} failures")
    return 1 if any(outcome.failures for outcome in outcomes) else 0


def _soak(spec: ServerSpec, options: argparse.Namespace) -> Outcome:
    outcome = Outcome()
    with Server(spec, procfs.parse_cores(options.cores), _OPTIONS) as server, server.connect() as connection:
        _warm_up(connection)
        before = _memory(server, connection)
        soak = Soak(server.port, options.seed)
        pings = _run(soak, options.seconds)
        after = _memory_when_settled(server, connection, before["used"])
        report = soak.report
        outcome.failures = report.failures
        outcome.figures = {
            **{name: float(count) for name, count in report.counts.items()},
            **{f"oldest {name}, ms": seconds * 1e3 for name, seconds in report.worst.items()},
            "pings": float(len(pings)),
            "ping p50, ms": _percentile(pings, 0.5) * 1e3,
            "ping p99.9, ms": _percentile(pings, 0.999) * 1e3,
            "longest ping, ms": max(pings) * 1e3,
            "used memory at the start, KB": before["used"] / 1024,
            "used memory at the end, KB": after["used"] / 1024,
            "resident at the start, MB": before["resident"] / 1048576,
            "resident at the end, MB": after["resident"] / 1048576,
            "evicted keys": float(server.info("stats")["evicted_keys"]),
        }
        if after["used"] - before["used"] > _LEFT_BYTES_MAX:
            outcome.failures.append(f"{after['used'] - before['used']} bytes are still used when everything is deleted")
        for name, seconds in report.worst.items():
            if soak_clients.is_late(seconds):
                outcome.failures.append(f"a {name} was {seconds:.1f} s old when it was handed out")
    return outcome


def _run(soak: Soak, seconds: float) -> list[float]:
    """Runs all clients; returns how long pings took meanwhile."""
    queues = [Queue(soak, name) for name in ("list", "zset", "stream")]
    counters = Counters(soak)
    for queue in queues:
        queue.prepare()
    producers = [_start(soak, queue.produce) for queue in queues]
    others = [
        *(_start(soak, queue.consume) for queue in queues for _ in range(_CONSUMERS)),
        _start(soak, lambda: soak_clients.publish(soak)),
        *(_start(soak, lambda: soak_clients.subscribe(soak)) for _ in range(3)),
        *(_start(soak, counters.increment) for _ in range(3)),
        _start(soak, Cache(soak).run),
        _start(soak, lambda: soak_clients.fill(soak)),
        _start(soak, lambda: soak_clients.change_structures(soak)),
        _start(soak, lambda: soak_clients.change_users(soak)),
        *(_start(soak, lambda: soak_clients.vanish(soak)) for _ in range(2)),
    ]
    pings = _ping(soak, seconds)
    soak.ending.set()
    for producer in producers:
        producer.join()
    soak.producers_ended.set()
    with soak.connect() as connection:
        # Subscribers wait for a message to see that it is over.
        while any(thread.is_alive() for thread in others):
            for channel in range(8):
                connection.command("PUBLISH", f"channel:{channel}", 0)
            time.sleep(0.05)
    for checked in (*queues, counters):
        checked.verify()
    return pings


def _start(soak: Soak, client: object) -> threading.Thread:
    def run() -> None:
        try:
            client()  # type: ignore[operator]
        except Exception as error:
            if not soak.ending.is_set():
                soak.report.fail(f"a client ended: {error!r}")

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def _ping(soak: Soak, seconds: float) -> list[float]:
    pings = []
    with soak.connect() as connection:
        until = time.perf_counter() + seconds
        while (start := time.perf_counter()) < until:
            connection.command("PING")
            pings.append(time.perf_counter() - start)
            time.sleep(_PING_PAUSE_S)
    return pings


def _warm_up(connection: Connection) -> None:
    """Makes the server make what it makes once only."""
    for number in range(2000):
        connection.command("SET", f"warm:{number}", "x" * 1000, "EX", 600)
    connection.command("FLUSHALL")


def _memory(server: Server, connection: Connection) -> dict[str, int]:
    connection.command("MEMORY", "PURGE")
    facts = server.info("memory")
    return {"used": int(facts["used_memory"]), "resident": int(facts["used_memory_rss"])}


def _memory_when_settled(server: Server, connection: Connection, used_before: int) -> dict[str, int]:
    """Memory once everything is deleted, and what is done in the background is done or takes too long."""
    connection.command("FLUSHALL")
    until = time.perf_counter() + _SETTLE_MAX_S
    while (memory := _memory(server, connection))["used"] - used_before > _LEFT_BYTES_MAX and time.perf_counter() < until:
        time.sleep(0.2)
    return memory


def _percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="soak", description=sys.modules[__name__].__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", action="append", required=True, metavar="NAME=PATH", help="give it once per server")
    parser.add_argument("--seconds", type=float, default=600, help="length of the soak (600)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cores", default="0", help="the cores of the servers")
    return parser
