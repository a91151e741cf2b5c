"""What the servers are filled with: commands as bytes, in chunks, each with its lines of reply.

Chunks for many keys are made on the way, from one template for all; those for one large key are
made once for all servers. Scores are drawn from a seeded source, so that sorted sets are
built in random order, and the same at every server.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from itertools import islice

from .datatypes import FIELD, ITEM, VALUE
from .resp import Chunk, encode

_SCORE_MAX = 10 ** 9
_PER_COMMAND = 1000
_CHUNK_BYTES = 1 << 18
_STAMP = b"\0" * 12
_SMALL_FIELDS = 10
_SMALL_NUMBERS = 30_000

# Ids of streams: the generator can ask for a random one, as this digit and its own twelve.
FIRST_ID = 10 ** 12
_FIRST_EXPIRY_MS = 4_000_000_000_000  # in the year 2096: far from every present
_EXPIRY_STEP_MS = 1000


def many_keys(kind: str, keys: int, elements: int) -> Iterator[Chunk]:
    """Keys of one type, named for it and numbered, all with the same elements."""
    key = f"{kind}:".encode() + _STAMP
    numbers = range(elements)
    if kind == "stream":
        entries = [encode("XADD", key, "*", FIELD, f"{VALUE}{number:012d}") for number in numbers]
        yield from _stamped(b"".join(entries), 2 * elements, keys)
    else:
        yield from _stamped(encode(_ADD[kind], key, *_words(kind, numbers, keys)), 1, keys)


def small_hashes(keys: int) -> Iterator[Chunk]:
    """Hashes of ten fields such as ``f3`` with values such as ``value003``."""
    pairs = [word for number in range(_SMALL_FIELDS)
             for word in (f"f{number}", f"value{number:03d}")]
    return _stamped(encode("HSET", b"hash:" + _STAMP, *pairs), 1, keys)


def one_key(kind: str, key: str, numbers: range) -> Iterator[Chunk]:
    """One large key; a stream's entries have one field with a small number."""
    if kind == "stream":
        for part in _parts(numbers):
            yield b"".join(encode("XADD", key, f"{FIRST_ID + number}-0", "f", number % _SMALL_NUMBERS)
                           for number in part), 2 * len(part)
        return
    words = _words(kind, numbers, _SCORE_MAX)
    per_element = 2 if kind in ("hash", "zset") else 1
    while batch := list(islice(words, _PER_COMMAND * per_element)):
        yield encode(_ADD[kind], key, *batch), 1


def expiring_fields(key: str, numbers: range) -> Iterator[Chunk]:
    """Gives every field of a large hash a deadline, a second later for every thousand fields."""
    for part in _parts(numbers):
        deadline_ms = _FIRST_EXPIRY_MS + part.start // _PER_COMMAND * _EXPIRY_STEP_MS
        fields = [f"{FIELD}{number:012d}" for number in part]
        yield encode("HPEXPIREAT", key, deadline_ms, "FIELDS", len(fields), *fields), 1 + len(part)


def single_adds(key: str, count: int) -> Iterator[Chunk]:
    """A sorted set of random members with random scores, each added by a command of its own."""
    source = random.Random(count)
    members = iter(source.sample(range(10 ** 12), count))
    while batch := list(islice(members, _PER_COMMAND)):
        yield b"".join(encode("ZADD", key, source.randrange(_SCORE_MAX), f"{ITEM}{member:012d}")
                       for member in batch), len(batch)


def random_numbers(key: str, count: int) -> Iterator[Chunk]:
    """A list of random numbers."""
    source = random.Random(count)
    for part in _parts(range(count)):
        yield encode("RPUSH", key, *(source.randrange(_SCORE_MAX) for _ in part)), 1


_ADD = {"list": "RPUSH", "set": "SADD", "hash": "HSET", "zset": "ZADD", "hll": "PFADD"}


def _words(kind: str, numbers: Iterable[int], score_max: int) -> Iterator[str]:
    source = random.Random(score_max)
    for number in numbers:
        if kind == "hash":
            yield f"{FIELD}{number:012d}"
            yield f"{VALUE}{number:012d}"
        else:
            if kind == "zset":
                yield str(source.randrange(score_max))
            yield f"{ITEM}{number:012d}"


def _stamped(template: bytes, lines: int, keys: int) -> Iterator[Chunk]:
    """The template once for every key, with its number in place of the stamp."""
    step = max(1, _CHUNK_BYTES // len(template))
    for part in _parts(range(keys), step):
        yield b"".join(template.replace(_STAMP, b"%012d" % number) for number in part), \
            lines * len(part)


def _parts(numbers: range, size: int = _PER_COMMAND) -> Iterator[range]:
    for first in range(0, len(numbers), size):
        yield numbers[first:first + size]
