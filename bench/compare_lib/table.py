"""The result as text: a row per load and server, each figure with its ratio to the baseline's."""

from __future__ import annotations

from .goals import generator_bound, judge
from .model import THREAD_PREFIX, Report, Result, metric_of

_KIND_TITLES = {
    "traffic": "Under load, warmed",
    "cold": "Under load, from a cold start",
    "memory": "Memory",
    "types": "Data types under load",
    "call": "Time of one call",
    "items": "Memory of data types",
    "stall": "Longest stall of another client",
    "startup": "Start-up and idle",
}
_HIDDEN = {"user_us"}

# Above this part of the time that a server waited for a core that another process had, its
# figures say more about the machine than about the server.
_CONTENDED_PERCENT = 5.0


def sections(report: Report) -> list[tuple[str, str, list[Result]]]:
    """The results by kind: kind, title, results."""
    return [(kind, title, found) for kind, title in _KIND_TITLES.items()
            if (found := [result for result in report.results if result.kind == kind])]


def columns(results: list[Result]) -> list[str]:
    """The metrics that the results of one kind have in common; threads have lines of their own."""
    keys = dict.fromkeys(key for result in results for key in result.keys())
    return [key for key in keys if not key.startswith(THREAD_PREFIX)]


def cell(report: Report, result: Result, server: str, key: str) -> str:
    """A median, and how many times the baseline's it is."""
    value = result.median(server, key)
    if value is None:
        return "–"
    metric = metric_of(key)
    ratio = result.ratio(server, report.baseline, key)
    if server == report.baseline or ratio is None or metric.better == 0:
        return metric.format(value)
    return f"{metric.format(value)} ({ratio:.2f}×)"


def notes(result: Result, server: str) -> str:
    """What a reader must know of one row beside its figures."""
    series = result.of(server)
    if series and series.error:
        return f"failed: {series.error.splitlines()[0]}"
    remarks = ["generator-bound"] if generator_bound(result, server) else []
    if (result.median(server, "core_wait") or 0.0) > _CONTENDED_PERCENT:
        remarks.append("contended")
    return ", ".join(remarks)


def threads(result: Result, server: str) -> str:
    """CPU per operation of each thread that took part."""
    series = result.of(server)
    keys = [key for key in series.keys() if key.startswith(THREAD_PREFIX)] if series else []
    medians = {key: result.median(server, key) or 0.0 for key in keys}
    return ", ".join(f"{key[len(THREAD_PREFIX):]} {medians[key]:.3f}"
                     for key in sorted(keys, key=lambda key: -medians[key]))


def render(report: Report) -> str:
    """The whole report."""
    lines: list[str] = []
    for _, title, results in sections(report):
        keys = [key for key in columns(results) if key not in _HIDDEN]
        rows = [["load", "server", *(metric_of(key).label for key in keys), ""]]
        for result in results:
            for position, server in enumerate(report.servers):
                rows.append(["" if position else result.load, server,
                             *(cell(report, result, server, key) for key in keys),
                             notes(result, server)])
        lines += ["", title, *_aligned(rows)]
        for result in results:
            lines += [f"  {result.load}, {server}, threads µs/op: {text}"
                      for server in report.servers if (text := threads(result, server))]
    if report.goals:
        lines += ["", "Goals", *_goal_lines(report)]
    return "\n".join(lines).lstrip("\n")


def _goal_lines(report: Report) -> list[str]:
    rows = [["measure", "server", "goal", "measured", "ratio", ""]]
    verdicts = judge(report)
    for verdict in verdicts:
        rows.append([verdict.title, verdict.server, verdict.bound, verdict.measured,
                     f"{verdict.ratio:.2f}×", verdict.outcome])
    missed = sum(verdict.missed for verdict in verdicts)
    return [*_aligned(rows), f"{len(verdicts)} goals measured, {missed} missed"]


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows)]
    words = {0, 1, len(widths) - 1}
    return ["  ".join(text.ljust(width) if index in words else text.rjust(width)
                      for index, (text, width) in enumerate(zip(row, widths))).rstrip()
            for row in rows]
