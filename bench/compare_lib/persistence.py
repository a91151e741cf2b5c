"""Starting from a file and saving one: every server on the same file, in turn.

One server, the baseline unless told otherwise, makes the file. Then each sample is a fresh server that
starts with it, and saves once when it has loaded. Time goes from the start of the process to its
first PONG; CPU is that of all its threads. Files lie in a folder that is removed at the end.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from . import fills, procfs
from .resp import Chunk, encode
from .server import Server, ServerSpec

_SAMPLE = dict[str, float]
_KEYS_PER_CHUNK = 1000
_FIRST_EXPIRY_MS = 4_000_000_000_000
_AOF = ("--appendonly", "yes", "--auto-aof-rewrite-percentage", "0")
_TIMEOUT_S = 600.0
_COLUMNS = ("load s", "load CPU s", "peak MB", "save s", "save CPU s")


def strings(count: int) -> Iterator[Chunk]:
    """Keys of 16 bytes, each with another value of 32 that does not compress."""
    for first in range(0, count, _KEYS_PER_CHUNK):
        numbers = range(first, min(first + _KEYS_PER_CHUNK, count))
        yield b"".join(b"*3\r\n$3\r\nSET\r\n$16\r\nkey:%012d\r\n$32\r\n%032x\r\n" % (number, _scattered(number))
                       for number in numbers), len(numbers)


def mixed(count: int) -> Iterator[Chunk]:
    """All types, small and large; count is about the number of keys."""
    part = count // 10
    yield from _plain_values(3 * part)
    yield from _expiring_values(part)
    for kind, elements in (("hash", 8), ("zset", 8), ("list", 10), ("set", 6), ("stream", 4)):
        yield from fills.many_keys(kind, part, elements)
    for kind in ("hash", "zset", "set", "list", "stream"):
        yield from fills.one_key(kind, f"large:{kind}", range(2 * part))
    yield from _sized(fills.many_keys("hash", part // 100, 200), "hash")
    yield from _sized(fills.many_keys("zset", part // 100, 200), "zset")


def _sized(chunks: Iterable[Chunk], kind: str) -> Iterator[Chunk]:
    """The same under other names, so that they are not the small ones of the kind."""
    for data, lines in chunks:
        yield data.replace(f"{kind}:0".encode(), f"{kind}:m".encode()), lines


def _plain_values(count: int) -> Iterator[Chunk]:
    """Texts that compress, and numbers."""
    for first in range(0, count, _KEYS_PER_CHUNK):
        numbers = range(first, min(first + _KEYS_PER_CHUNK, count))
        yield b"".join(encode("SET", f"text:{number:012d}", f'{{"id":{number},"name":"user{number}","tags":["a","b"],'
                              f'"city":"Trondheim","note":"{"lorem ipsum dolor " * (number % 9)}"}}')
                       if number % 3 else encode("SET", f"count:{number:012d}", number * 7919)
                       for number in numbers), len(numbers)


def _expiring_values(count: int) -> Iterator[Chunk]:
    for first in range(0, count, _KEYS_PER_CHUNK):
        numbers = range(first, min(first + _KEYS_PER_CHUNK, count))
        yield b"".join(encode("SET", f"session:{number:012d}", f"{_scattered(number):032x}", "PXAT",
                              _FIRST_EXPIRY_MS + number) for number in numbers), len(numbers)


def _scattered(number: int) -> int:
    return (number * 0x9E3779B97F4A7C15F39CC0605CEDC834 + 0x1082276BF3A27251F86C6A11D0C18E95) & (1 << 128) - 1


_SETS: dict[str, Callable[[int], Iterator[Chunk]]] = {"strings": strings, "mixed": mixed}


def main(arguments: list[str]) -> int:
    """Runs the command; 0 when everything was measured."""
    options = _parser().parse_args(arguments)
    specs = [ServerSpec.parse(text) for text in options.server]
    maker = next((spec for spec in specs if spec.name == options.maker), specs[0])
    if options.reuse:
        return _measure_all(options, specs, options.reuse.absolute())
    folder = Path(tempfile.mkdtemp(prefix="persistence-", dir=options.folder))
    try:
        _make(maker, folder, options)
        if options.keep:
            print(f"kept: {folder}")
        return _measure_all(options, specs, folder)
    finally:
        if not options.keep:
            shutil.rmtree(folder)


def _measure_all(options: argparse.Namespace, specs: list[ServerSpec], folder: Path) -> int:
    samples: dict[str, list[_SAMPLE]] = {spec.name: [] for spec in specs}
    cores = procfs.parse_cores(options.cores)
    for repetition in range(options.reps):
        for spec in specs:
            samples[spec.name].append(_measure(spec, folder, cores, options.aof))
            print(f"{spec.name} {repetition + 1}/{options.reps}: {_text(samples[spec.name][-1])}", flush=True)
    _report(samples, specs[0].name if options.baseline is None else options.baseline)
    return 0


def _make(spec: ServerSpec, folder: Path, options: argparse.Namespace) -> None:
    extra = ("--appendfsync", "no", *_AOF) if options.aof else ()
    with Server(spec, procfs.available_cores(), ("--dir", str(folder), *extra)) as server:
        server.load(_SETS[options.set](options.keys))
        print(f"made by {spec.name}: used memory {int(server.info('memory')['used_memory']) >> 20} MB", flush=True)
        if not options.aof:
            _save(server)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{size >> 20} MB of files", flush=True)


def _measure(spec: ServerSpec, folder: Path, cores: frozenset[int], aof: bool) -> _SAMPLE:
    if aof:
        with Server(spec, cores, ("--dir", str(folder), *_AOF), _TIMEOUT_S) as server:
            return _loaded(server)
    with tempfile.TemporaryDirectory(prefix="sample-", dir=folder) as own:
        # A link: saving renames a new file over it and leaves the original as it is.
        (Path(own) / "dump.rdb").hardlink_to(folder / "dump.rdb")
        with Server(spec, cores, ("--dir", own), _TIMEOUT_S) as server:
            sample = _loaded(server)
            server.rest()
            before = procfs.cpu_time(server.pid)
            sample["save s"] = _save(server)
            sample["save CPU s"] = (procfs.cpu_time(server.pid) - before).total_s
            return sample


def _loaded(server: Server) -> _SAMPLE:
    return {"load s": server.start_s, "load CPU s": procfs.cpu_time(server.pid).total_s,
            "peak MB": procfs.peak_bytes(server.pid) / 1e6}


def _save(server: Server) -> float:
    with server.connect(_TIMEOUT_S) as connection:
        began = time.perf_counter()
        connection.command("SAVE")
        return time.perf_counter() - began


def _report(samples: dict[str, list[_SAMPLE]], baseline: str) -> None:
    medians = {name: _medians(taken) for name, taken in samples.items()}
    for name, row in medians.items():
        ratios = {column: row[column] / medians[baseline][column] for column in row if medians[baseline][column]}
        print(f"\n{name}: medians {_text(row)}")
        if name != baseline:
            print("  ratios  " + ", ".join(f"{column} {ratio:.2f}" for column, ratio in ratios.items()))


def _medians(taken: list[_SAMPLE]) -> _SAMPLE:
    return {column: statistics.median(sample[column] for sample in taken) for column in _COLUMNS if column in taken[0]}


def _text(sample: _SAMPLE) -> str:
    return ", ".join(f"{column} {value:.2f}" for column, value in sample.items())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="persistence", description=sys.modules[__name__].__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", action="append", required=True, metavar="NAME=PATH", help="give it once per server")
    parser.add_argument("--baseline", metavar="NAME", help="what ratios are relative to (the first server)")
    parser.add_argument("--maker", metavar="NAME", help="the server that makes the file (the first)")
    parser.add_argument("--set", choices=sorted(_SETS), default="strings")
    parser.add_argument("--aof", action="store_true", help="an append-only file of commands instead of a snapshot")
    parser.add_argument("--keys", type=int, default=10_000_000)
    parser.add_argument("--reps", type=int, default=3)
    parser.add_argument("--cores", default="0", help="the cores of the servers that are measured (0)")
    parser.add_argument("--folder", type=Path, help="where files go (the system's folder for temporary ones)")
    parser.add_argument("--keep", action="store_true", help="leave the files, for --reuse")
    parser.add_argument("--reuse", type=Path, metavar="FOLDER", help="measure with files that an earlier run has left")
    return parser
