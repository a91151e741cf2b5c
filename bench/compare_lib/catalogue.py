"""The loads. A load's name is its definition, so that any combination can be asked for by name.

    [cold-]COMMAND-pPIPELINE[-KEYS][-VALUE][-cCONNECTIONS][-ioTHREADS]     get-p16-10m-1kb-c1000
    memory-VALUE[-ttl]-KEYS                                                memory-64b-ttl-1.8m
    stall-flushall-KEYS, stall-expiry-KEYS                                 stall-expiry-1m
    startup

What a name leaves out is the centre of the catalogue: a million keys, 64-byte values, 50
connections, one I/O thread. The full product of all dimensions would run for days, so the
catalogue holds the centre and what differs from it in one or two dimensions.
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from typing import Union

COMMANDS = ("get", "set", "incr", "mset", "mixed")
_KEYS = 1_000_000
_VALUE_BYTES = 64
_CONNECTIONS = 50

# A million values of a megabyte would not fit: large values come with few keys and connections.
_LARGE_VALUE_BYTES = 1 << 20
_LARGE_KEYS = 100
_LARGE_CONNECTIONS = 10


@dataclass(frozen=True)
class Traffic:
    """Clients that send one kind of command as fast as the server answers."""

    name: str
    command: str
    pipeline: int
    keys: int = _KEYS
    value_bytes: int = _VALUE_BYTES
    connections: int = _CONNECTIONS
    io_threads: int = 1
    cold: bool = False

    @property
    def kind(self) -> str:
        return "cold" if self.cold else "traffic"

    @property
    def title(self) -> str:
        command = {"mset": "MSET of 10", "mixed": "GET and SET 80/20"}.get(
            self.command, self.command.upper())
        parts = [command, "no pipeline" if self.pipeline == 1 else f"pipeline {self.pipeline}"]
        if self.keys != _KEYS:
            parts.append(f"{format_count(self.keys)} keys")
        if self.value_bytes != _VALUE_BYTES:
            parts.append(f"{format_bytes(self.value_bytes)} values")
        if self.connections != _CONNECTIONS:
            parts.append(f"{self.connections:,} connection{'s' if self.connections > 1 else ''}")
        if self.io_threads != 1:
            parts.append(f"{self.io_threads} I/O threads")
        if self.cold:
            parts.append("first seconds after start")
        return ", ".join(parts)


@dataclass(frozen=True)
class Memory:
    """Keys loaded into a fresh server and left to settle."""

    name: str
    value_bytes: int
    ttl: bool
    keys: int
    kind: str = "memory"

    @property
    def title(self) -> str:
        return (f"{format_count(self.keys)} keys of 16 B, {format_bytes(self.value_bytes)} values"
                f"{' with a TTL' if self.ttl else ''}")


@dataclass(frozen=True)
class Stall:
    """Another client's longest wait while many keys go at once."""

    name: str
    event: str
    keys: int
    kind: str = "stall"

    @property
    def title(self) -> str:
        what = "FLUSHALL ASYNC of" if self.event == "flushall" else "Expiry at one instant of"
        return f"{what} {format_count(self.keys)} keys"


@dataclass(frozen=True)
class StartUp:
    """From the start of the process to its first PING, and what it then holds."""

    name: str = "startup"
    kind: str = "startup"
    title: str = "Start-up"


Load = Union[Traffic, Memory, Stall, StartUp]

_PIPELINED = [f"{command}-p{depth}" for command in ("get", "set", "incr", "mset")
              for depth in (1, 16, 32, 128)]
_MIXED = [f"mixed-p{depth}" for depth in (5, 16, 32, 128)]
_KEY_SPACES = [f"{command}-p{depth}-{keys}" for keys in ("10k", "10m")
               for command in ("get", "set") for depth in (1, 16, 128)]
_VALUES = [f"{command}-p{depth}-{value}" for value in ("3b", "1kb")
           for command in ("get", "set") for depth in (1, 16)]
_LARGE = ["get-p1-1mb", "set-p1-1mb"]
_WIDTHS = [f"{command}-p{depth}-c{connections}" for connections in (1, 1000)
           for command in ("get", "set") for depth in (1, 16)]
_IO_THREADS = [f"{command}-p{depth}-io2" for command in ("get", "set") for depth in (1, 16, 128)]
_COLD = [f"cold-{command}-p{depth}" for command in ("get", "set") for depth in (1, 16, 32, 128)]
_MEMORY = [f"memory-{value}-{keys}" for value in ("3b", "3b-ttl", "64b", "64b-ttl")
           for keys in ("1m", "1.8m")]
_STALLS = ["stall-flushall-1m", "stall-expiry-1m"]

ALL = (_PIPELINED + _MIXED + _KEY_SPACES + _VALUES + _LARGE + _WIDTHS + _IO_THREADS + _COLD
       + _MEMORY + _STALLS + ["startup"])
GOALS = ([f"{command}-p{depth}" for command in ("get", "set") for depth in (1, 16, 32, 128)]
         + _COLD + [name for name in _MEMORY if "3b-ttl" not in name]
         + ["get-p1-io2", "get-p16-io2", "get-p128-io2"] + _STALLS + ["startup"])
QUICK = ["get-p1", "get-p16", "get-p32", "get-p128", "set-p1", "set-p16", "set-p32", "set-p128",
         "memory-3b-1m", "memory-64b-1m", "startup"]


def select(patterns: list[str]) -> list[Load]:
    """The loads of the given names and patterns, in the catalogue's order, each once."""
    names: dict[str, None] = {}
    for pattern in patterns:
        matches = fnmatch.filter(ALL, pattern) or [pattern]
        names.update(dict.fromkeys(matches))
    order = {name: index for index, name in enumerate(ALL)}
    return [parse(name) for name in sorted(names, key=lambda name: order.get(name, len(ALL)))]


def parse(name: str) -> Load:
    """The load that a name defines."""
    words = name.split("-")
    try:
        if name == "startup":
            return StartUp()
        if words[0] == "memory":
            return _parse_memory(name, words[1:])
        if words[0] == "stall" and words[1] in ("flushall", "expiry") and len(words) == 3:
            return Stall(name, words[1], parse_count(words[2]))
        return _parse_traffic(name, words)
    except (ValueError, IndexError):
        raise ValueError(f"no load is called {name!r} (--list shows them)") from None


def _parse_memory(name: str, words: list[str]) -> Memory:
    ttl = "ttl" in words[1:-1]
    if len(words) != 2 + ttl:
        raise ValueError(name)
    return Memory(name, parse_bytes(words[0]), ttl, parse_count(words[-1]))


def _parse_traffic(name: str, words: list[str]) -> Traffic:
    cold = words[0] == "cold"
    command, depth, *rest = words[cold:]
    if command not in COMMANDS:
        raise ValueError(name)
    sizes: dict[str, int] = {}
    for word in rest:
        if word.startswith("io"):
            sizes["io_threads"] = int(word[2:])
        elif word.startswith("c"):
            sizes["connections"] = int(word[1:])
        elif word.endswith("b"):
            sizes["value_bytes"] = parse_bytes(word)
        else:
            sizes["keys"] = parse_count(word)
    if sizes.get("value_bytes", 0) >= _LARGE_VALUE_BYTES:
        sizes = {"keys": _LARGE_KEYS, "connections": _LARGE_CONNECTIONS, **sizes}
    if not depth.startswith("p"):
        raise ValueError(name)
    return Traffic(name, command, int(depth[1:]), cold=cold, **sizes)


def parse_count(text: str) -> int:
    match = re.fullmatch(r"([\d.]+)([km]?)", text)
    if not match:
        raise ValueError(text)
    return round(float(match[1]) * {"": 1, "k": 1_000, "m": 1_000_000}[match[2]])


def parse_bytes(text: str) -> int:
    match = re.fullmatch(r"(\d+)(b|kb|mb)", text)
    if not match:
        raise ValueError(text)
    return int(match[1]) * {"b": 1, "kb": 1 << 10, "mb": 1 << 20}[match[2]]


def format_count(count: int) -> str:
    return f"{count / 1e6:g}M" if count >= 1_000_000 else f"{count:,}"


def format_bytes(count: int) -> str:
    return f"{count >> 20} MiB" if count >= 1 << 20 else f"{count:,} B"
