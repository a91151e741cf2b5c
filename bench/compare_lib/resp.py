"""A small RESP2 client and a bulk loader: enough to prepare, ask and ping a server."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Union

Reply = Union[bytes, int, None, list["Reply"]]

# Commands to be sent at once, and how many lines their replies have together.
Chunk = tuple[bytes, int]

_TIMEOUT_S = 60.0
_RECEIVE_BYTES = 1 << 18

# A loading step is sent as a whole before its replies are read. Its replies (5 bytes each) fit
# into the socket buffers many times over, so neither side can wait for the other.
_STEP_BYTES_MAX = 1 << 20
_STEP_KEYS_MAX = 1000
_OK = b"+OK\r\n"
_KEY_DIGITS = 12


class ReplyError(Exception):
    """The server answered with an error."""


class Connection:
    """A blocking connection to a server on the loopback address."""

    def __init__(self, port: int, timeout_s: float = _TIMEOUT_S) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def command(self, *arguments: str | bytes | int) -> Reply:
        """Sends one command and returns its reply; an error reply is raised."""
        self.send(encode(*arguments))
        return self.reply()

    def send(self, request: bytes) -> None:
        self._socket.sendall(request)

    def reply(self) -> Reply:
        line = self._line()
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest
        if kind == b"-":
            raise ReplyError(rest.decode(errors="replace"))
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self._exactly(int(rest) + 2)[:-2]
        if kind == b"*":
            return None if rest == b"-1" else [self.reply() for _ in range(int(rest))]
        raise ReplyError(f"not a RESP2 reply: {line[:40]!r}")

    def expect_ok(self, count: int) -> None:
        """Reads exactly ``count`` replies, all of which must be OK."""
        expected = _OK * count
        while len(self._buffer) < len(expected) and b"-" not in self._buffer:
            self._receive()
        if not self._buffer.startswith(expected):
            wrong = next(line for line in self._buffer.split(b"\r\n") if line != b"+OK")
            raise ReplyError(wrong.decode(errors="replace"))
        self._buffer = self._buffer[len(expected):]

    def expect_lines(self, count: int) -> list[bytes]:
        """Reads replies that have exactly ``count`` lines together, none of them an error."""
        while True:
            whole, _, _ = self._buffer.rpartition(b"\n")
            wrong = 0 if whole.startswith(b"-") else whole.find(b"\n-") + 1 or None
            if wrong is not None:
                raise ReplyError(whole[wrong + 1:].partition(b"\r")[0].decode(errors="replace"))
            if self._buffer.count(b"\n") >= count:
                break
            self._receive()
        *lines, self._buffer = self._buffer.split(b"\n", count)
        return lines

    def send_all(self, chunks: Iterable[Chunk]) -> None:
        """Sends chunks and checks their replies; the next is on its way before the last is read,
        so that the server need not wait."""
        unread = 0
        for data, lines in chunks:
            self.send(data)
            self.expect_lines(unread)
            unread = lines
        self.expect_lines(unread)

    def _line(self) -> bytes:
        while b"\r\n" not in self._buffer:
            self._receive()
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def _exactly(self, length: int) -> bytes:
        while len(self._buffer) < length:
            self._receive()
        data, self._buffer = self._buffer[:length], self._buffer[length:]
        return data

    def _receive(self) -> None:
        data = self._socket.recv(_RECEIVE_BYTES)
        if not data:
            raise ConnectionError("the server closed the connection")
        self._buffer += data


@dataclass(frozen=True)
class KeySpace:
    """Keys ``prefix`` + twelve digits, numbered from zero, all holding the same value."""

    prefix: str
    count: int
    value_bytes: int

    def value(self) -> bytes:
        # Letters, so that no server stores the value as a number.
        return (b"abcdefgh" * (self.value_bytes // 8 + 1))[: self.value_bytes]


def encode(*arguments: str | bytes | int) -> bytes:
    """One command as RESP."""
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in arguments:
        data = argument if isinstance(argument, bytes) else str(argument).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)


def load_keys(port: int, keys: KeySpace, *set_options: str | int, value: bytes | None = None) -> None:
    """SETs every key of the key space, in order, and checks every reply.

    The commands of a step differ only in the leading digits of their keys, which are stamped into
    a template: this loads more than a million keys per second from an interpreter.
    """
    stored = keys.value() if value is None else value
    step, digits = _step_of(len(stored) + 64)
    stamp = b"\0" * (_KEY_DIGITS - digits)
    prefix = keys.prefix.encode()

    def template(count: int) -> bytes:
        return b"".join(
            encode("SET", b"%s%s%s" % (prefix, stamp, b"%0*d" % (digits, index) if digits else b""),
                   stored, *set_options)
            for index in range(count)
        )

    whole = template(step)
    with Connection(port) as connection:
        for first in range(0, keys.count, step):
            count = min(step, keys.count - first)
            commands = whole if count == step else template(count)
            connection.send(commands.replace(stamp, b"%0*d" % (len(stamp), first // step)))
            connection.expect_ok(count)


def _step_of(command_bytes: int) -> tuple[int, int]:
    """How many commands to send at once, a power of ten, and how many digits that is."""
    step, digits = 1, 0
    while step < _STEP_KEYS_MAX and step * 10 * command_bytes <= _STEP_BYTES_MAX:
        step, digits = step * 10, digits + 1
    return step, digits
