"""What the kernel accounts to a process. Linux only: everything is read from /proc."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class CpuTime:
    """CPU consumed, in seconds. The kernel reports it in ticks, commonly of 10 ms."""

    user_s: float
    system_s: float

    @property
    def total_s(self) -> float:
        return self.user_s + self.system_s

    def __sub__(self, earlier: CpuTime) -> CpuTime:
        return CpuTime(self.user_s - earlier.user_s, self.system_s - earlier.system_s)


@dataclass(frozen=True)
class ThreadTime:
    """CPU consumed by one thread since it started."""

    name: str
    cpu: CpuTime


def cpu_time(pid: int) -> CpuTime:
    """CPU of all threads of a process, those that have ended included."""
    return _read_stat(Path(f"/proc/{pid}/stat")).cpu


def thread_times(pid: int) -> dict[int, ThreadTime]:
    """CPU of each living thread, by thread id."""
    times: dict[int, ThreadTime] = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            times[int(task.name)] = _read_stat(task / "stat")
        except (FileNotFoundError, ProcessLookupError):
            continue  # the thread ended between the listing and the reading
    return times


def run_time_s(pid: int) -> float:
    """CPU of the living threads of a process, to the nanosecond, as of their last switches."""
    return _schedstat_s(pid, 0)


def run_delay_s(pid: int) -> float:
    """Seconds that the threads of a process were ready to run and had to wait for a core."""
    return _schedstat_s(pid, 1)


def resident_bytes(pid: int) -> int:
    """The resident set (VmRSS)."""
    return _status_bytes(pid, "VmRSS")


def peak_bytes(pid: int) -> int:
    """The largest resident set so far (VmHWM)."""
    return _status_bytes(pid, "VmHWM")


@contextmanager
def pinned(cores: frozenset[int]) -> Iterator[None]:
    """Runs the block, and whatever it spawns, on the given cores.

    Children inherit the affinity, so that a server is on its core from its first instruction and
    nothing runs between fork and exec.
    """
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def available_cores() -> frozenset[int]:
    return frozenset(os.sched_getaffinity(0))


def parse_cores(text: str) -> frozenset[int]:
    """Reads a list such as ``0``, ``1,3`` or ``0-2``."""
    cores: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        cores.update(range(int(first), int(last if dash else first) + 1))
    return frozenset(cores)


def format_cores(cores: frozenset[int]) -> str:
    return ",".join(str(core) for core in sorted(cores))


def machine() -> dict[str, str]:
    """The facts about this machine that a reader needs beside the figures."""
    facts = {"kernel": f"{platform.system()} {platform.release()}", "cores": str(os.cpu_count())}
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            facts["cpu"] = line.partition(":")[2].strip()
            break
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemTotal:"):
            facts["memory"] = f"{int(line.split()[1]) / 1048576:.0f} GiB"
            break
    return facts


def _status_bytes(pid: int, field: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"process {pid} reports no {field}")


def _schedstat_s(pid: int, field: int) -> float:
    total_ns = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            total_ns += int((task / "schedstat").read_text().split()[field])
        except (FileNotFoundError, ProcessLookupError, IndexError):
            continue  # the thread ended between the listing and the reading
    return total_ns / 1e9


def _read_stat(path: Path) -> ThreadTime:
    # The name may hold spaces and parentheses: the numbers start after the last one.
    head, _, tail = path.read_text().rpartition(")")
    fields = tail.split()
    user_ticks, system_ticks = int(fields[11]), int(fields[12])
    cpu = CpuTime(user_ticks / _TICKS_PER_SECOND, system_ticks / _TICKS_PER_SECOND)
    return ThreadTime(head.partition("(")[2], cpu)
