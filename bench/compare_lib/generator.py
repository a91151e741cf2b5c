"""The load generator: how it is called, and what its report says.

The full report is read, not the CSV: it alone carries the distribution from which p99.9 follows.
The generator groups latencies (Valkey's in steps of 8 µs) and prints the distribution at fixed points (…,
99.805, 99.902, 99.951 %, …, and every 100 µs up to 2 ms, every millisecond from there). p99.9 is
the lowest printed latency that at least 99.9 % of the requests did not exceed: exact to that grid,
never too low. A pipeline counts as one latency: until its first reply.
"""

from __future__ import annotations

import re
import resource
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import datatypes, procfs
from .catalogue import Traffic

_OWN_PIPELINE = 16

_COMPLETED = re.compile(r"(\d+) requests completed in ([\d.]+) seconds")
_THROUGHPUT = re.compile(r"throughput summary: ([\d.]+) requests per second")
_SUMMARY = re.compile(r"avg\s+min\s+p50\s+p95\s+p99\s+max\s+((?:[\d.]+\s+){5}[\d.]+)")
_POINT = re.compile(r"[\d.]+% <= ([\d.]+) milliseconds \(cumulative count (\d+)\)")


class GeneratorFailed(Exception):
    """The generator could not run a load, or ended with an error."""


@dataclass(frozen=True)
class Run:
    """What one run of the generator did and saw."""

    requests: int
    throughput: float
    cpu_s: float
    p50_ms: float
    p99_ms: float
    p999_ms: float
    max_ms: float

    @property
    def elapsed_s(self) -> float:
        return self.requests / self.throughput


class Generator:
    """A program with the options and the report of valkey-benchmark, pinned to its cores."""

    def __init__(self, executable: Path, cores: frozenset[int]) -> None:
        self.executable = executable
        self._cores = cores
        self._help = _output([str(executable), "--help"])
        self.version = _output([str(executable), "--version"]).strip()

    @staticmethod
    def find(given: str | None, cores: frozenset[int]) -> Generator:
        """The generator at a path, or the one that is installed."""
        for name in [given] if given else ["valkey-benchmark", "redis-benchmark"]:
            found = shutil.which(name)
            if found:
                return Generator(Path(found).absolute(), cores)
        raise GeneratorFailed(f"no load generator at {given}" if given else
                              "no valkey-benchmark or redis-benchmark on PATH: give --generator")

    def check(self, load: Traffic) -> None:
        """Raises where this generator cannot drive a load."""
        if (load.command == "mixed" or load.elements) and "';'" not in self._help:
            raise GeneratorFailed("this generator sends no sequences of commands")
        if load.cold and not self._supports("--duration"):
            raise GeneratorFailed("this generator has no --duration, which a cold start needs")

    def run_requests(self, port: int, load: Traffic, requests: int, timeout_s: float) -> Run:
        """Sends a number of requests."""
        return self._run(port, load, ["-n", str(requests)], timeout_s)

    def run_seconds(self, port: int, load: Traffic, seconds: int, timeout_s: float) -> Run:
        """Sends for a time. The generator then reads the clock at every reply, so that this costs
        it more than a number of requests does."""
        return self._run(port, load, ["--duration", str(seconds)], timeout_s)

    def run_command(self, port: int, words: str, numbers: int, requests: int,
                    timeout_s: float) -> Run:
        """Sends a command of one's own, with random numbers in their places, in a pipeline."""
        return self._call(port, ["-n", str(requests), "-r", str(numbers),
                                 "-P", str(_OWN_PIPELINE), *words.split()], timeout_s)

    def _run(self, port: int, load: Traffic, amount: list[str], timeout_s: float) -> Run:
        self.check(load)
        arguments = [*amount, "-c", str(load.connections), "-r", str(load.keys),
                     "-d", str(load.value_bytes)]
        if load.elements:
            arguments += ["-P", "1", *datatypes.sequence(
                load.command, load.pipeline, load.keys, load.elements)]
        elif load.command == "mixed":
            arguments += ["-P", "1", *_mixed(load.pipeline)]
        else:
            arguments += ["-P", str(load.pipeline), "-t", load.command]
        return self._call(port, arguments, timeout_s)

    def _call(self, port: int, options: list[str], timeout_s: float) -> Run:
        arguments = [str(self.executable), "-h", "127.0.0.1", "-p", str(port)]
        if len(self._cores) > 1:
            arguments += ["--threads", str(len(self._cores))]
        arguments += options
        before = _children_cpu_s()
        text = _output(arguments, self._cores, timeout_s)
        return parse_report(text, _children_cpu_s() - before)

    def _supports(self, option: str) -> bool:
        return f" {option} " in self._help


def parse_report(text: str, cpu_s: float) -> Run:
    """Reads a full report."""
    completed = _COMPLETED.search(text)
    throughput = _THROUGHPUT.search(text)
    summary = _SUMMARY.search(text)
    points = [(int(count), float(latency)) for latency, count in _POINT.findall(text)]
    if not (completed and throughput and summary and points):
        raise GeneratorFailed(f"the generator's report was not understood:\n{text[-500:]}")
    _, _, p50, _, p99, longest = (float(number) for number in summary[1].split())
    total = max(count for count, _ in points)
    return Run(
        requests=int(completed[1]),
        throughput=float(throughput[1]),
        cpu_s=cpu_s,
        p50_ms=p50,
        p99_ms=p99,
        # The grid's upper ends may lie above the largest latency that occurred.
        p999_ms=min(longest, min(latency for count, latency in points if count >= 0.999 * total)),
        max_ms=longest,
    )


def _mixed(length: int) -> list[str]:
    """A sequence of commands, every fifth a SET, the others GETs."""
    words: list[str] = []
    for index in range(length):
        words += [";"] if words else []
        words += (["SET", "key:__rand_int__", "__data__"] if index % 5 == 4
                  else ["GET", "key:__rand_int__"])
    return words


def _output(arguments: list[str], cores: frozenset[int] | None = None, timeout_s: float = 10) -> str:
    with procfs.pinned(cores or procfs.available_cores()):
        process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT)
    try:
        output, _ = process.communicate(timeout=timeout_s)
    except BaseException as error:
        process.kill()
        process.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            raise GeneratorFailed(f"not done after {timeout_s:.0f} s") from None
        raise
    text = output.decode(errors="replace").replace("\r", "\n")
    # Some versions end --help with a status of 1.
    if process.returncode != 0 and len(arguments) > 2:
        raise GeneratorFailed(f"status {process.returncode}:\n{text[-500:]}")
    return text


def _children_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
