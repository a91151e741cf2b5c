"""The loads. A load's name is its definition, so that any combination can be asked for by name.

    [cold-]COMMAND-pPIPELINE[-KEYS][-VALUE][-cCONNECTIONS][-ioTHREADS]     get-p16-10m-1kb-c1000
    memory-VALUE[-ttl]-KEYS                                                memory-64b-ttl-1.8m
    COMMAND-pPIPELINE-KEYSxELEMENTS[-cCONNECTIONS][-ioTHREADS]             hget-p32-100kx10
    memory-TYPE[-ttl]-ITEMS                                                memory-zset-1.8m
    call-OPERATION-SIZE                                                    call-sort-1m
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

from . import datatypes

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
    """Clients that send one kind of command as fast as the server answers.

    ``elements`` is how many each key has where the command is one of a data type, else 0.
    """

    name: str
    command: str
    pipeline: int
    keys: int = _KEYS
    value_bytes: int = _VALUE_BYTES
    connections: int = _CONNECTIONS
    io_threads: int = 1
    cold: bool = False
    elements: int = 0

    @property
    def kind(self) -> str:
        return "cold" if self.cold else "types" if self.elements else "traffic"

    @property
    def burst(self) -> int | None:
        """How many commands may be sent before the keys must be filled again."""
        return datatypes.burst(self.command, self.keys, self.elements) if self.elements else None

    @property
    def title(self) -> str:
        command = {"mset": "MSET of 10", "mixed": "GET and SET 80/20"}.get(
            self.command, self.command.upper())
        if self.elements:
            command = datatypes.COMMANDS[self.command].title
        parts = [command, "no pipeline" if self.pipeline == 1 else f"pipeline {self.pipeline}"]
        if self.elements:
            parts.append(f"{format_count(self.keys)} keys of {format_count(self.elements)}")
        elif self.keys != _KEYS:
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
class Items:
    """Items of a data type loaded into a fresh server and left to settle: in one key, but for
    small hashes, which are items themselves."""

    name: str
    type: str
    ttl: bool
    items: int
    kind: str = "items"

    @property
    def title(self) -> str:
        ttl = ", each with a TTL" if self.ttl else ""
        return f"{ITEM_TYPES[self.type]}{ttl}: {format_count(self.items)}"


@dataclass(frozen=True)
class Call:
    """One client's calls of one operation on something large."""

    name: str
    operation: str
    size: int
    kind: str = "call"

    @property
    def title(self) -> str:
        title, in_bytes = OPERATIONS[self.operation]
        return f"{title} {format_bytes(self.size) if in_bytes else format_count(self.size)}"


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


Load = Union[Traffic, Memory, Items, Call, Stall, StartUp]

# What memory-TYPE-ITEMS loads; only the fields of a hash can have a TTL.
ITEM_TYPES = {
    "set": "Set of 17-byte members",
    "hash": "Hash of 16-byte fields and values",
    "zset": "Sorted set of 17-byte members",
    "hashes": "Hashes of 10 small fields",
    "list": "List of 17-byte elements",
    "stream": "Stream of small entries",
}

# What call-OPERATION-SIZE calls, and whether its size is one in bytes.
OPERATIONS = {
    "zadd": ("ZADD one by one of", False),
    "zunionstore": ("ZUNIONSTORE of 2 ×", False),
    "sinterstore": ("SINTERSTORE of 2 ×", False),
    "sunionstore": ("SUNIONSTORE of 2 ×", False),
    "sort": ("SORT, numbers:", False),
    "bitcount": ("BITCOUNT of", True),
    "bitop": ("BITOP AND of 2 ×", True),
    "bitpos": ("BITPOS in zeros,", True),
    "pfmerge": ("PFMERGE of dense", False),
}

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
_SHAPES = ("100kx10", "1kx1k")
TYPE_COMMANDS = [f"{command}-p32-{shape}" for shape in _SHAPES for command in datatypes.COMMANDS
                 if (command, shape) != ("hgetall", "1kx1k")]
_CALLS = [f"call-{operation}-{size}" for operation, size in (
    ("zadd", "1m"), ("zunionstore", "1m"), ("sinterstore", "1m"), ("sunionstore", "1m"),
    ("sort", "1m"), ("bitcount", "100mb"), ("bitop", "100mb"), ("bitpos", "64kb"),
    ("pfmerge", "16"))]
_ITEMS = ([f"memory-{kind}-{items}" for kind in ("set", "hash", "hash-ttl", "zset")
           for items in ("1m", "1.8m")]
          + ["memory-hashes-100k", "memory-list-1m", "memory-stream-1m"])

ALL = (_PIPELINED + _MIXED + _KEY_SPACES + _VALUES + _LARGE + _WIDTHS + _IO_THREADS + _COLD
       + _MEMORY + _STALLS + TYPE_COMMANDS + _CALLS + _ITEMS + ["startup"])
TYPE_GOALS = TYPE_COMMANDS + _CALLS + _ITEMS
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
        if words[0] == "memory" and words[1] in ITEM_TYPES:
            ttl = words[1:-1] == ["hash", "ttl"]
            if len(words) != 3 + ttl:
                raise ValueError(name)
            return Items(name, words[1], ttl, parse_count(words[-1]))
        if words[0] == "call" and len(words) == 3:
            parse_size = parse_bytes if OPERATIONS[words[1]][1] else parse_count
            return Call(name, words[1], parse_size(words[2]))
        if words[0] == "memory":
            return _parse_memory(name, words[1:])
        if words[0] == "stall" and words[1] in ("flushall", "expiry") and len(words) == 3:
            return Stall(name, words[1], parse_count(words[2]))
        return _parse_traffic(name, words)
    except (ValueError, IndexError, KeyError):
        raise ValueError(f"no load is called {name!r} (--list shows them)") from None


def _parse_memory(name: str, words: list[str]) -> Memory:
    ttl = "ttl" in words[1:-1]
    if len(words) != 2 + ttl:
        raise ValueError(name)
    return Memory(name, parse_bytes(words[0]), ttl, parse_count(words[-1]))


def _parse_traffic(name: str, words: list[str]) -> Traffic:
    cold = words[0] == "cold"
    command, depth, *rest = words[cold:]
    if not depth.startswith("p"):
        raise ValueError(name)
    pipeline = int(depth[1:])
    if command in datatypes.COMMANDS:
        return _parse_types(name, command, pipeline, rest, cold)
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
    return Traffic(name, command, pipeline, cold=cold, **sizes)


def _parse_types(name: str, command: str, pipeline: int, words: list[str], cold: bool) -> Traffic:
    shape, *rest = words
    keys, elements = map(parse_count, shape.split("x"))
    connections, io_threads = _CONNECTIONS, 1
    for word in rest:
        if word.startswith("io"):
            io_threads = int(word[2:])
        elif word.startswith("c"):
            connections = int(word[1:])
        else:
            raise ValueError(name)
    if cold or elements < 1 or not datatypes.can_send(pipeline, keys, elements):
        raise ValueError(name)
    return Traffic(name, command, pipeline, keys, connections=connections, io_threads=io_threads,
                   elements=elements)


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
