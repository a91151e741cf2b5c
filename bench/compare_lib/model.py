"""Metrics, samples and results, and the JSON file that keeps them."""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

# One repetition of one load at one server: metric key -> value.
Sample = dict[str, float]

THREAD_PREFIX = "thread/"
_FORMAT = 1


@dataclass(frozen=True)
class Metric:
    """Something measured. ``better`` is -1 where less is better, 1 where more is, 0 for context."""

    key: str
    label: str
    unit: str
    better: int
    decimals: int

    def format(self, value: float) -> str:
        return f"{value:,.{self.decimals}f}"


_METRICS = {
    metric.key: metric
    for metric in (
        Metric("throughput", "ops/s", "1/s", 1, 0),
        Metric("cpu_us", "CPU µs/op", "µs", -1, 3),
        Metric("user_us", "user µs/op", "µs", -1, 3),
        Metric("engine_us", "engine thread µs/op", "µs", -1, 3),
        Metric("p50_ms", "p50 ms", "ms", -1, 3),
        Metric("p99_ms", "p99 ms", "ms", -1, 3),
        Metric("p999_ms", "p99.9 ms", "ms", -1, 3),
        Metric("max_ms", "max ms", "ms", -1, 3),
        Metric("server_cpu", "server CPU %", "%", 0, 0),
        Metric("generator_cpu", "generator CPU %", "%", 0, 0),
        Metric("core_wait", "core wait %", "%", 0, 1),
        Metric("used_per_key", "used B/key", "B", -1, 1),
        Metric("rss_per_key", "resident B/key", "B", -1, 1),
        Metric("call_ms", "ms/call", "ms", -1, 4),
        Metric("call_cpu_ms", "CPU ms/call", "ms", -1, 4),
        Metric("used_per_item", "used B/item", "B", -1, 2),
        Metric("rss_per_item", "resident B/item", "B", -1, 1),
        Metric("used_mb", "used MB", "MB", -1, 1),
        Metric("rss_mb", "resident MB", "MB", -1, 1),
        Metric("start_ms", "start to PING ms", "ms", -1, 1),
        Metric("idle_rss_mb", "idle resident MB", "MB", -1, 1),
        Metric("idle_used_mb", "idle used MB", "MB", -1, 2),
        Metric("stall_ms", "longest stall ms", "ms", -1, 2),
        Metric("quiet_ms", "longest before ms", "ms", 0, 2),
        Metric("drain_s", "until empty s", "s", -1, 2),
    )
}


def metric_of(key: str) -> Metric:
    """The metric of a key; every thread name is a metric of its own."""
    if key.startswith(THREAD_PREFIX):
        return Metric(key, f"{key[len(THREAD_PREFIX):]} µs/op", "µs", 0, 3)
    return _METRICS[key]


@dataclass
class Series:
    """What one server showed at one load: a sample per repetition, or the reason for none."""

    server: str
    samples: list[Sample] = field(default_factory=list)
    error: str | None = None

    def keys(self) -> list[str]:
        """The metrics present, each once, in the order in which they were taken."""
        return list(dict.fromkeys(key for sample in self.samples for key in sample))

    def values(self, key: str) -> list[float]:
        return [sample[key] for sample in self.samples if key in sample]

    def median(self, key: str) -> float | None:
        values = self.values(key)
        return statistics.median(values) if values else None


@dataclass
class Result:
    """One load at every server."""

    load: str
    title: str
    kind: str
    series: list[Series]

    def of(self, server: str) -> Series | None:
        return next((series for series in self.series if series.server == server), None)

    def median(self, server: str, key: str) -> float | None:
        series = self.of(server)
        return series.median(key) if series else None

    def ratio(self, server: str, baseline: str, key: str) -> float | None:
        """The server's median divided by the baseline's."""
        value, base = self.median(server, key), self.median(baseline, key)
        return None if value is None or not base else value / base

    def keys(self) -> list[str]:
        return list(dict.fromkeys(key for series in self.series for key in series.keys()))


@dataclass
class Report:
    """A whole run: who took part, where, how, and what came out."""

    baseline: str
    servers: dict[str, str]
    environment: dict[str, str]
    results: list[Result] = field(default_factory=list)
    goals: bool = False

    def result(self, load: str) -> Result | None:
        return next((result for result in self.results if result.load == load), None)

    def failures(self) -> list[str]:
        return [f"{result.load}, {series.server}: {series.error}"
                for result in self.results for series in result.series if series.error]

    def save(self, path: Path) -> None:
        """Writes the file as a whole or not at all: a run that is cut short keeps the last state."""
        content: dict[str, Any] = {"format": _FORMAT, **asdict(self)}
        for result, raw in zip(self.results, content["results"]):
            for series, raw_series in zip(result.series, raw["series"]):
                raw_series["medians"] = {key: series.median(key) for key in series.keys()}
                raw_series["ratios"] = {
                    key: result.ratio(series.server, self.baseline, key) for key in series.keys()}
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".tmp")
        unfinished.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
        unfinished.replace(path)

    @staticmethod
    def load(path: Path) -> Report:
        content = json.loads(path.read_text())
        if content.get("format") != _FORMAT:
            raise ValueError(f"{path} is not a result of this version")
        results = [
            Result(raw["load"], raw["title"], raw["kind"],
                   [Series(one["server"], one["samples"], one["error"]) for one in raw["series"]])
            for raw in content["results"]
        ]
        return Report(content["baseline"], content["servers"], content["environment"], results,
                      content["goals"])
