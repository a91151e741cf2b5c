"""The clients of a soak: each does one thing for as long as the soak lasts, and knows what must come of it.

A client that finds something wrong says so in ``report``; a client that has to vanish does it in the
rudest way, by a reset in the middle of whatever it was doing.
"""

from __future__ import annotations

import random
import socket
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Callable

from .resp import Connection, ReplyError, encode

_BLOCK_S = 2
_LATE_S = 2.0
_CHANNELS = 8
_COUNTERS = 4
_CACHED_KEYS = 50
_FILL_KEYS = 400_000
_FILL_BATCH = 50
_VANISH_PAUSE_S = 0.004


class Report:
    """What the clients have counted, and what was wrong."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.counts: dict[str, int] = defaultdict(int)
        self.worst: dict[str, float] = defaultdict(float)
        self.failures: list[str] = []

    def count(self, what: str, number: int = 1) -> None:
        with self._lock:
            self.counts[what] += number

    def longest(self, what: str, seconds: float) -> None:
        with self._lock:
            self.worst[what] = max(self.worst[what], seconds)

    def fail(self, text: str) -> None:
        with self._lock:
            self.failures.append(text)


class Soak:
    """What the clients of one server share."""

    def __init__(self, port: int, seed: int) -> None:
        self.port = port
        self.seed = seed
        self.report = Report()
        self.ending = threading.Event()
        self.producers_ended = threading.Event()

    def connect(self) -> Connection:
        return Connection(self.port)


class Queue:
    """Producers number what they push; consumers that block take everything once, in order, and soon."""

    def __init__(self, soak: Soak, name: str) -> None:
        self._soak = soak
        self._name = name
        self._lock = threading.Lock()
        self._pushed = 0
        self._popped: set[int] = set()

    def prepare(self) -> None:
        if self._name == "stream":
            with self._soak.connect() as connection:
                connection.command("XGROUP", "CREATE", self._key(0), "group", "0", "MKSTREAM")
                connection.command("XGROUP", "CREATE", self._key(1), "group", "0", "MKSTREAM")

    def produce(self) -> None:
        chance = random.Random(f"{self._soak.seed} {self._name}")
        with self._soak.connect() as connection:
            while not self._soak.ending.wait(chance.random() * 0.01):
                for _ in range(chance.randrange(1, 4)):
                    self._pushed += 1
                    self._push(connection, self._key(chance.randrange(2)), self._pushed)

    def consume(self) -> None:
        with self._soak.connect() as connection:
            while True:
                text = self._pop(connection)
                if text is not None:
                    number, _, sent = text.partition(b" ")
                    self._take(int(number), time.monotonic() - float(sent))
                elif self._soak.producers_ended.is_set():
                    return

    def verify(self) -> None:
        missing = set(range(1, self._pushed + 1)) - self._popped
        if missing:
            self._soak.report.fail(f"{self._name}: {len(missing)} of {self._pushed} items never came, the first is {min(missing)}")

    def _take(self, number: int, age_s: float) -> None:
        report = self._soak.report
        report.count(f"{self._name} items")
        report.longest(f"{self._name} item", age_s)
        with self._lock:
            if number in self._popped:
                report.fail(f"{self._name}: item {number} came twice")
            self._popped.add(number)

    def _key(self, index: int) -> str:
        return f"queue:{self._name}:{index}"

    def _push(self, connection: Connection, key: str, number: int) -> None:
        item = f"{number} {time.monotonic()}"
        if self._name == "list":
            connection.command("RPUSH", key, item)
        elif self._name == "zset":
            connection.command("ZADD", key, number, item)
        else:
            connection.command("XADD", key, "MAXLEN", "~", 10000, "*", "item", item)

    def _pop(self, connection: Connection) -> bytes | None:
        keys = (self._key(0), self._key(1))
        if self._name == "list":
            reply = connection.command("BLPOP", *keys, _BLOCK_S)
            return None if reply is None else reply[1]
        if self._name == "zset":
            reply = connection.command("BZPOPMIN", *keys, _BLOCK_S)
            return None if reply is None else reply[1]
        reply = connection.command("XREADGROUP", "GROUP", "group", "me", "COUNT", 1, "BLOCK", _BLOCK_S * 1000, "NOACK",
                                   "STREAMS", *keys, ">", ">")
        if reply is None:
            return None
        # Both streams may have an entry.
        items = [entry[1][1] for stream in reply for entry in stream[1]]
        for item in items[1:]:
            number, _, sent = item.partition(b" ")
            self._take(int(number), time.monotonic() - float(sent))
        return items[0]


def publish(soak: Soak) -> None:
    """Numbers messages on several channels."""
    numbers = [0] * _CHANNELS
    chance = random.Random(f"{soak.seed} publish")
    with soak.connect() as connection:
        while not soak.ending.wait(0.002):
            channel = chance.randrange(_CHANNELS)
            numbers[channel] += 1
            connection.command("PUBLISH", f"channel:{channel}", numbers[channel])


def subscribe(soak: Soak) -> None:
    """Hears all messages of its channels in order, through a pattern every other time, and starts anew now and then."""
    chance = random.Random(f"{soak.seed} subscribe {threading.get_ident()}")
    while not soak.ending.is_set():
        last: dict[bytes, int] = {}
        with soak.connect() as connection:
            by_pattern = chance.random() < 0.5
            connection.send(encode("PSUBSCRIBE", "chann*") if by_pattern
                            else encode("SUBSCRIBE", *(f"channel:{i}" for i in range(_CHANNELS))))
            for _ in range(1 if by_pattern else _CHANNELS):
                connection.reply()
            for _ in range(chance.randrange(20, 2000)):
                *_, channel, number = connection.reply()
                if soak.ending.is_set():
                    return
                if last.get(channel, int(number) - 1) != int(number) - 1:
                    soak.report.fail(f"{channel.decode()}: message {int(number)} after {last[channel]}")
                last[channel] = int(number)
                soak.report.count("messages")


class Counters:
    """Counters that several clients increment in optimistic transactions: none is lost and none counts twice."""

    def __init__(self, soak: Soak) -> None:
        self._soak = soak
        self._lock = threading.Lock()
        self._done = [0] * _COUNTERS

    def increment(self) -> None:
        chance = random.Random(f"{self._soak.seed} counters {threading.get_ident()}")
        with self._soak.connect() as connection:
            while not self._soak.ending.wait(0.001):
                counter = chance.randrange(_COUNTERS)
                key = f"counter:{counter}"
                connection.command("WATCH", key)
                value = int(connection.command("GET", key) or 0)
                connection.send(encode("MULTI") + encode("SET", key, value + 1) + encode("EXEC"))
                connection.reply()
                connection.reply()
                done = connection.reply() is not None
                self._soak.report.count("transactions" if done else "transactions that were too late")
                with self._lock:
                    self._done[counter] += done

    def verify(self) -> None:
        with self._soak.connect() as connection:
            for counter, done in enumerate(self._done):
                value = int(connection.command("GET", f"counter:{counter}") or 0)
                if value != done:
                    self._soak.report.fail(f"counter:{counter} is {value} after {done} transactions")


class Cache:
    """A client with a cache of its own: what is in it, once the messages about changes are read, is what the server has."""

    def __init__(self, soak: Soak) -> None:
        self._soak = soak

    def run(self) -> None:
        soak = self._soak
        chance = random.Random(f"{soak.seed} cache")
        cached: dict[bytes, bytes | None] = {}
        with soak.connect() as data, soak.connect() as invalidations, soak.connect() as writer:
            listener = invalidations.command("CLIENT", "ID")
            invalidations.command("SUBSCRIBE", "__redis__:invalidate")
            data.command("CLIENT", "TRACKING", "ON", "REDIRECT", listener)
            while not soak.ending.wait(0.05):
                for _ in range(20):
                    key = b"cached:%d" % chance.randrange(_CACHED_KEYS)
                    if key not in cached:
                        cached[key] = data.command("GET", key)
                    if chance.random() < 0.3:
                        writer.command("SET", key, chance.randrange(1_000_000))
                self._forget(invalidations, cached)
                for key, value in cached.items():
                    if writer.command("GET", key) != value:
                        soak.report.fail(f"{key.decode()} is stale in a cache")
                soak.report.count("looks at a cache")

    @staticmethod
    def _forget(invalidations: Connection, cached: dict[bytes, bytes | None]) -> None:
        """Reads messages until the answer to a ping that was sent behind them."""
        invalidations.send(encode("PING", "end"))
        while True:
            reply = invalidations.reply()
            if reply[0] == b"pong":
                return
            for key in reply[2] or list(cached):
                cached.pop(key, None)


def fill(soak: Soak) -> None:
    """More than the server may hold, with expiry: keys are evicted all the time."""
    chance = random.Random(f"{soak.seed} fill")
    with soak.connect() as connection:
        while not soak.ending.wait(0.01):
            connection.send(b"".join(
                encode("SET", f"fill:{chance.randrange(_FILL_KEYS)}", b"x" * chance.randrange(2000), "EX", 600)
                for _ in range(_FILL_BATCH)))
            connection.expect_ok(_FILL_BATCH)
            connection.send(b"".join(encode("GET", f"fill:{chance.randrange(_FILL_KEYS)}") for _ in range(_FILL_BATCH)))
            for _ in range(_FILL_BATCH):
                connection.reply()
            soak.report.count("writes that evict", _FILL_BATCH)


def change_structures(soak: Soak) -> None:
    """Large values are built, expire, and are freed in one way or another."""
    chance = random.Random(f"{soak.seed} structures")
    with soak.connect() as connection:
        while not soak.ending.wait(0.05):
            key = f"large:{chance.randrange(20)}"
            kind = chance.randrange(4)
            members = [str(chance.randrange(100_000)) for _ in range(1000)]
            try:
                if kind == 0:
                    connection.command("SADD", key, *members)
                elif kind == 1:
                    connection.command("HSET", key, *members)
                elif kind == 2:
                    connection.command("RPUSH", key, *members)
                else:
                    connection.command("ZADD", key, *members)
            except ReplyError:
                connection.command(chance.choice(["DEL", "UNLINK"]), key)
            if chance.random() < 0.2:
                connection.command("PEXPIRE", key, chance.randrange(1, 500))
            soak.report.count("changes of large values")


def change_users(soak: Soak) -> None:
    """Users come and go; the connections of one who goes are closed."""
    number = 0
    with soak.connect() as admin:
        while not soak.ending.wait(0.05):
            number += 1
            name = f"user{number}"
            admin.command("ACL", "SETUSER", name, "on", ">secret", "~own:*", "+set", "+ping")
            with soak.connect() as connection:
                connection.command("AUTH", name, "secret")
                connection.command("SET", "own:key", number)
                try:
                    connection.command("GET", "own:key")
                    soak.report.fail("a user may do what nobody has allowed")
                except ReplyError:
                    pass
                admin.command("ACL", "DELUSER", name)
                try:
                    connection.command("PING")
                    soak.report.fail("a user who is gone goes on")
                except (ConnectionError, ReplyError):
                    soak.report.count("users")


def vanish(soak: Soak) -> None:
    """Connects, does something or half of it, and is gone."""
    chance = random.Random(f"{soak.seed} vanish {threading.get_ident()}")
    acts: list[Callable[[], bytes]] = [
        lambda: encode("BLPOP", f"void:{chance.randrange(10)}", 0),
        lambda: encode("SUBSCRIBE", *(f"channel:{i}" for i in range(_CHANNELS))),
        lambda: encode("MULTI") + encode("SET", "void", "x") + encode("WATCH", "void"),
        lambda: encode("WATCH", "counter:0", "counter:1"),
        lambda: encode("CLIENT", "TRACKING", "ON") + encode("GET", "counter:0"),
        lambda: encode("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "fill:"),
        lambda: encode("SET", "void", "y" * 100_000)[:chance.randrange(1, 100_000)],
        lambda: b"".join(encode("GET", f"fill:{chance.randrange(_FILL_KEYS)}") for _ in range(500)),
        lambda: encode("HELLO", 3) + encode("XREAD", "BLOCK", 0, "STREAMS", "void:stream", "$"),
        lambda: bytes(chance.randrange(256) for _ in range(chance.randrange(1, 200))),
        lambda: encode("LPUSH", f"void:{chance.randrange(10)}", "x") + encode("DEL", f"void:{chance.randrange(10)}"),
        lambda: b"",
    ]
    while not soak.ending.wait(_VANISH_PAUSE_S):
        with socket.create_connection(("127.0.0.1", soak.port)) as connection:
            connection.sendall(chance.choice(acts)())
            if chance.random() < 0.5:
                # Zero seconds of lingering: a reset, with whatever was on its way.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        soak.report.count("clients that vanished")


def is_late(seconds: float) -> bool:
    """Whether a client that waited was forgotten rather than kept waiting by the machine."""
    return seconds > _LATE_S
