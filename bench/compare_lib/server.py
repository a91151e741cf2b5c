"""One server process, from start to stop."""

from __future__ import annotations

import shlex
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from . import procfs
from .resp import Chunk, Connection, ReplyError

_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 20.0
_POLL_S = 0.0002

# A server is at rest when it takes less than this part of a core; one that never is must not hold
# up the run.
_REST_SHARE = 0.05
_REST_WATCH_S = 0.05
_REST_TIMEOUT_S = 10.0


class ServerFailed(Exception):
    """A server did not start, or ended while it was being measured."""


@dataclass(frozen=True)
class ServerSpec:
    """A server under test: its name in the report, its executable, its extra arguments."""

    name: str
    executable: Path
    arguments: tuple[str, ...] = ()

    @staticmethod
    def parse(text: str) -> ServerSpec:
        """Reads ``NAME=PATH [ARGUMENTS]``."""
        name, equals, command = text.partition("=")
        words = shlex.split(command)
        if not (name and equals and words):
            raise ValueError(f"a server is given as NAME=PATH, not as {text!r}")
        # Made absolute but not resolved: some servers look at the name they were started by.
        executable = Path(words[0]).absolute()
        if not executable.is_file():
            raise ValueError(f"no server at {words[0]}")
        return ServerSpec(name, executable, tuple(words[1:]))


class Server:
    """A running server. Use as a context manager: it is stopped whatever happens."""

    def __init__(self, spec: ServerSpec, cores: frozenset[int], options: tuple[str, ...] = (),
                 start_timeout_s: float = _START_TIMEOUT_S) -> None:
        self.spec = spec
        self.port = _free_port()
        self._cores = cores
        self._options = options
        self._start_timeout_s = start_timeout_s
        self._folder = tempfile.TemporaryDirectory(prefix="compare-")
        self._process: subprocess.Popen[bytes] | None = None
        self.start_s = 0.0

    @property
    def pid(self) -> int:
        if self._process is None:
            raise ServerFailed(f"{self.spec.name} is not running")
        return self._process.pid

    def __enter__(self) -> Server:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def connect(self, timeout_s: float = _START_TIMEOUT_S) -> Connection:
        return Connection(self.port, timeout_s)

    def load(self, chunks: Iterable[Chunk]) -> None:
        """Sends commands over one connection; every reply must not be an error."""
        with self.connect() as connection:
            connection.send_all(chunks)

    def rest(self) -> None:
        """Waits until what runs in the background (freeing, rehashing) is done."""
        until = time.perf_counter() + _REST_TIMEOUT_S
        while time.perf_counter() < until:
            before = procfs.run_time_s(self.pid)
            time.sleep(_REST_WATCH_S)
            if procfs.run_time_s(self.pid) - before < _REST_SHARE * _REST_WATCH_S:
                return

    def info(self, section: str) -> dict[str, str]:
        """INFO of one section as a dictionary."""
        with self.connect() as connection:
            text = connection.command("INFO", section)
        if not isinstance(text, bytes):
            raise ServerFailed(f"{self.spec.name}: INFO gave no text")
        lines = text.decode(errors="replace").splitlines()
        return {key: value for key, colon, value in (line.partition(":") for line in lines) if colon}

    def version(self) -> str:
        facts = self.info("server")
        for product in ("sigrun", "valkey", "redis"):
            if f"{product}_version" in facts:
                return f"{product} {facts[f'{product}_version']}"
        return "unknown"

    def _start(self) -> None:
        arguments = [str(self.spec.executable), "--port", str(self.port), "--bind", "127.0.0.1",
                     "--save", "", "--appendonly", "no", *self._options, *self.spec.arguments]
        with open(self._log, "wb") as log, procfs.pinned(self._cores):
            started = time.perf_counter()
            self._process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self._folder.name)
        while not self._answers_ping():
            if self._process.poll() is not None:
                raise ServerFailed(f"{self.spec.name} ended at start:\n{self._log_tail()}")
            if time.perf_counter() - started > self._start_timeout_s:
                raise ServerFailed(f"{self.spec.name} did not answer PING:\n{self._log_tail()}")
            time.sleep(_POLL_S)
        self.start_s = time.perf_counter() - started

    def _answers_ping(self) -> bool:
        try:
            with Connection(self.port, timeout_s=_START_TIMEOUT_S) as connection:
                return connection.command("PING") == b"PONG"
        except (OSError, ReplyError):
            return False

    def _stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None
        self._folder.cleanup()

    @property
    def _log(self) -> Path:
        return Path(self._folder.name) / "server.log"

    def _log_tail(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
