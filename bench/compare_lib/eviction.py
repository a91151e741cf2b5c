"""A cache that is too small: how often servers with the same maxmemory have what is asked for.

A client asks for keys as a Zipf distribution names them and stores each that is not there, as the
user of a cache does. Every server gets the same sequence, which a seed gives; a server is fresh for
each. Hits and CPU are counted once the cache is full and the first requests have passed.
"""

from __future__ import annotations

import argparse
import itertools
import random
import statistics
import sys
from array import array
from collections.abc import Iterator, Sequence

from . import procfs
from .resp import Connection, encode
from .server import Server, ServerSpec

_Sample = dict[str, float]
_BATCH = 200
_COLUMNS = ("hit rate", "CPU us/op", "keys", "used MB")


class Cache:
    """The client: asks, and stores what it did not get."""

    def __init__(self, connection: Connection, value_bytes: int) -> None:
        self._connection = connection
        self._value = b"v" * value_bytes
        self._tail = encode(self._value)[4:]

    def serve(self, keys: Sequence[int]) -> int:
        """Asks for some keys in a row; returns how many were there."""
        self._connection.send(b"".join(b"*2\r\n$3\r\nGET\r\n$16\r\nkey:%012d\r\n" % key for key in keys))
        missing = [key for key in keys if self._connection.reply() is None]
        if missing:
            self._connection.send(b"".join(
                b"*3\r\n$3\r\nSET\r\n$16\r\nkey:%012d\r\n%s" % (key, self._tail) for key in missing))
            self._connection.expect_ok(len(missing))
        return len(keys) - len(missing)


def zipf(count: int, exponent: float) -> list[float]:
    """The weights of keys by their rank, added up."""
    return list(itertools.accumulate((rank + 1) ** -exponent for rank in range(count)))


def sequence(weights: list[float], seed: int, length: int) -> array[int]:
    """Which keys are asked for, one after the other."""
    chance = random.Random(seed)
    return array("l", chance.choices(range(len(weights)), cum_weights=weights, k=length))


def main(arguments: list[str]) -> int:
    """Runs the command; 0 when everything was measured."""
    options = _parser().parse_args(arguments)
    specs = [ServerSpec.parse(text) for text in options.server]
    weights = zipf(options.keys, options.exponent)
    for policy in options.policy or ["allkeys-lru", "allkeys-lfu"]:
        samples: dict[str, list[_Sample]] = {spec.name: [] for spec in specs}
        for seed in range(1, options.seeds + 1):
            keys = sequence(weights, seed, options.warmup + options.requests)
            for spec in specs:
                samples[spec.name].append(_measure(spec, policy, keys, options))
                print(f"{policy} seed {seed} {spec.name}: {_text(samples[spec.name][-1])}", flush=True)
        _report(policy, samples, options.baseline or specs[-1].name)
    return 0


def _measure(spec: ServerSpec, policy: str, keys: array[int], options: argparse.Namespace) -> _Sample:
    limits = ("--maxmemory", options.maxmemory, "--maxmemory-policy", policy,
              "--maxmemory-samples", str(options.samples))
    with Server(spec, procfs.parse_cores(options.cores), limits) as server, server.connect() as connection:
        cache = Cache(connection, options.value_bytes)
        for batch in _batches(keys, 0, options.warmup):
            cache.serve(batch)
        before = procfs.run_time_s(server.pid)
        hits = sum(cache.serve(batch) for batch in _batches(keys, options.warmup, len(keys)))
        cpu_s = procfs.run_time_s(server.pid) - before
        memory = server.info("memory")
        stored = connection.command("DBSIZE")
        assert isinstance(stored, int)
        if server.info("stats")["evicted_keys"] == "0":
            raise ValueError("nothing was evicted: the keys fit into maxmemory")
        return {"hit rate": hits / options.requests, "CPU us/op": cpu_s * 1e6 / options.requests,
                "keys": float(stored), "used MB": int(memory["used_memory"]) / 1048576}


def _batches(keys: array[int], first: int, end: int) -> Iterator[Sequence[int]]:
    for start in range(first, end, _BATCH):
        yield keys[start:min(start + _BATCH, end)]


def _report(policy: str, samples: dict[str, list[_Sample]], baseline: str) -> None:
    medians = {name: {column: statistics.median(sample[column] for sample in taken) for column in _COLUMNS}
               for name, taken in samples.items()}
    print()
    for name, row in medians.items():
        ratios = ", ".join(f"{column} {row[column] / medians[baseline][column]:.3f}" for column in _COLUMNS)
        print(f"{policy} {name}: medians {_text(row)}" + ("" if name == baseline else f"\n  ratios  {ratios}"))
    print(flush=True)


def _text(sample: _Sample) -> str:
    return (f"hit rate {sample['hit rate']:.4f}, CPU {sample['CPU us/op']:.2f} us/op, "
            f"{sample['keys']:.0f} keys, {sample['used MB']:.1f} MB used")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="eviction", description=sys.modules[__name__].__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", action="append", required=True, metavar="NAME=PATH", help="give it once per server")
    parser.add_argument("--baseline", metavar="NAME", help="what ratios are relative to (the last server)")
    parser.add_argument("--policy", action="append", help="maxmemory-policy (allkeys-lru, then allkeys-lfu)")
    parser.add_argument("--maxmemory", default="100mb")
    parser.add_argument("--samples", type=int, default=5, help="maxmemory-samples (5)")
    parser.add_argument("--seeds", type=int, default=5, help="how many sequences (5)")
    parser.add_argument("--keys", type=int, default=1_000_000, help="how many keys there are to ask for")
    parser.add_argument("--exponent", type=float, default=1.0, help="of the Zipf distribution (1)")
    parser.add_argument("--value-bytes", type=int, default=1000)
    parser.add_argument("--warmup", type=int, default=2_000_000, help="requests before counting")
    parser.add_argument("--requests", type=int, default=1_000_000, help="requests that count")
    parser.add_argument("--cores", default="0", help="the cores of the servers")
    return parser
