"""What every measurement needs: the servers under test, their cores, the settings, clean-up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .generator import Generator, GeneratorFailed
from .model import Result, Series
from .catalogue import Load
from .resp import ReplyError
from .server import Server, ServerFailed, ServerSpec

# What a server or the generator may do wrong without ending the whole run.
_FAILURES = (ServerFailed, GeneratorFailed, ReplyError, OSError)


@dataclass(frozen=True)
class Settings:
    """How long and how often."""

    warmup_s: float
    measure_s: float
    repetitions: int
    cold_s: int
    cold_repetitions: int
    starts: int = 20


@dataclass(frozen=True)
class Cores:
    """Who runs where. With I/O threads a server gets its own, wider set."""

    server: frozenset[int]
    io_server: frozenset[int]
    generator: frozenset[int]


class Bench:
    """The stage on which all measurements play."""

    def __init__(self, specs: list[ServerSpec], generator: Generator, cores: Cores,
                 settings: Settings, log: Callable[[str], None]) -> None:
        self.specs = specs
        self.generator = generator
        self.cores = cores
        self.settings = settings
        self.log = log

    def start(self, spec: ServerSpec, io_threads: int = 1) -> Server:
        """A fresh server, to be entered as a context; without persistence, else with its defaults."""
        if io_threads == 1:
            return Server(spec, self.cores.server)
        return Server(spec, self.cores.io_server, ("--io-threads", str(io_threads)))

    def series(self) -> dict[str, Series]:
        """An empty series for every server."""
        return {spec.name: Series(spec.name) for spec in self.specs}

    def alternate(self, repetitions: int, series: dict[str, Series],
                  label: str) -> Iterator[ServerSpec]:
        """The servers in turn, A B A B, without those that have failed."""
        for repetition in range(repetitions):
            for spec in self.specs:
                if series[spec.name].error is None:
                    self.log(f"{label}: {spec.name} {repetition + 1}/{repetitions}")
                    yield spec

    @contextmanager
    def recorded(self, series: Series) -> Iterator[None]:
        """Turns a failure in the block into the series' error: the other servers go on."""
        try:
            yield
        except _FAILURES as error:
            series.error = str(error) or type(error).__name__
            self.log(f"{series.server} failed: {series.error}")


def result_of(load: Load, series: dict[str, Series]) -> Result:
    return Result(load.name, load.title, load.kind, list(series.values()))
