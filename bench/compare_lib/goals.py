"""The targets the project holds itself to, beside the reference server in the same run."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from . import catalogue
from .model import Report, Result, metric_of

# At this share of its cores the load generator, not the server, limits the throughput.
GENERATOR_LIMIT_PERCENT = 95.0
_SERVER_BUSY_PERCENT = 95.0
_ENGINE_GOAL_CORES = 4


@dataclass(frozen=True)
class Goal:
    """A bound on one metric of one load: on the ratio to the baseline, or on the value itself."""

    load: str
    metric: str
    bound: float
    absolute: bool = False
    at_least: bool = False

    def text(self) -> str:
        sign = "≥" if self.at_least else "≤"
        return f"{sign} {self.bound:g}{'' if self.absolute else '×'}"


@dataclass(frozen=True)
class HalfGoal:
    """A bound on the ratio to the baseline that at least half of some loads must keep."""

    loads: tuple[str, ...]
    metric: str
    bound: float


@dataclass(frozen=True)
class Verdict:
    """How one server stands to one goal, as text but for the ratio to the baseline."""

    title: str
    server: str
    bound: str
    measured: str
    ratio: float
    outcome: str

    @property
    def missed(self) -> bool:
        return self.outcome == "missed"


def _pipelines(metric: str, command: str, bounds: dict[int, float],
               at_least: bool = False) -> list[Goal]:
    return [Goal(f"{command}-p{depth}", metric, bound, at_least=at_least)
            for depth, bound in bounds.items()]


GOALS = [
    *_pipelines("cpu_us", "get", {1: 0.92, 16: 0.70, 32: 0.55, 128: 0.40}),
    *_pipelines("cpu_us", "set", {1: 0.92, 16: 0.65, 32: 0.50, 128: 0.35}),
    *_pipelines("throughput", "get", {1: 1.0, 16: 1.3, 32: 1.6, 128: 2.5}, at_least=True),
    *_pipelines("throughput", "set", {1: 1.0, 16: 1.3, 32: 1.6, 128: 2.5}, at_least=True),
    *(Goal(f"{prefix}{command}-p{depth}", metric, bound)
      for prefix, bound in (("", 1.0), ("cold-", 1.5))
      for command in ("get", "set") for depth in (1, 16, 32, 128)
      for metric in ("p999_ms", "max_ms")),
    *(Goal(f"memory-{value}-{keys}", metric, bound)
      for value, bound in (("3b", 0.72), ("64b", 0.90), ("64b-ttl", 0.85))
      for keys in ("1m", "1.8m") for metric in ("used_per_key", "rss_per_key")),
    *(Goal(f"get-p{depth}-io2", "engine_us", 0.6) for depth in (1, 16, 128)),
    Goal("startup", "start_ms", 45, absolute=True),
    Goal("startup", "idle_rss_mb", 35, absolute=True),
    Goal("stall-flushall-1m", "stall_ms", 5, absolute=True),
    Goal("stall-expiry-1m", "stall_ms", 5, absolute=True),
]

TYPE_GOALS = [
    *(Goal(load, "cpu_us", 0.65) for load in catalogue.TYPE_COMMANDS),
    *(Goal(f"call-{operation}-1m", "call_ms", 0.5)
      for operation in ("zadd", "zunionstore", "sinterstore", "sunionstore", "sort")),
    Goal("call-bitcount-100mb", "call_ms", 1.05),
    Goal("call-bitop-100mb", "call_ms", 1.05),
    Goal("call-bitpos-64kb", "call_ms", 0.6),
    Goal("call-pfmerge-16", "call_ms", 1.0),
    *(Goal(f"memory-{kind}-{items}", "used_per_item", bound)
      for kind, bound in (("set", 0.82), ("hash", 0.88), ("hash-ttl", 0.85), ("zset", 0.78))
      for items in ("1m", "1.8m")),
    Goal("memory-hashes-100k", "used_per_item", 0.95),
    Goal("memory-list-1m", "used_per_item", 1.0),
    Goal("memory-stream-1m", "used_per_item", 1.0),
]

HALF_GOALS = [HalfGoal(tuple(catalogue.TYPE_COMMANDS), "cpu_us", 0.45)]


def judge(report: Report) -> list[Verdict]:
    """Every goal that the report has figures for, for every server but the baseline."""
    others = [server for server in report.servers if server != report.baseline]
    return _judge_loads(report) + [
        verdict for goal in HALF_GOALS for server in others
        if (verdict := _judge_half(report, goal, server))]


def _judge_loads(report: Report) -> list[Verdict]:
    verdicts: list[Verdict] = []
    cores = int(report.environment.get("cores", "1"))
    for goal in GOALS + TYPE_GOALS:
        result = report.result(goal.load)
        for server in report.servers:
            if result is None or server == report.baseline:
                continue
            value = result.median(server, goal.metric)
            baseline = result.median(report.baseline, goal.metric)
            if value is not None and baseline:
                metric = metric_of(goal.metric)
                verdicts.append(Verdict(
                    f"{result.title}: {metric.label}", server, goal.text(),
                    f"{metric.format(value)} / {metric.format(baseline)}", value / baseline,
                    _outcome(goal, result, server, value, baseline, cores)))
    return verdicts


def _judge_half(report: Report, goal: HalfGoal, server: str) -> Verdict | None:
    """The verdict on as many of the goal's loads as there are; the ratio is their median."""
    ratios = [ratio for load in goal.loads if (result := report.result(load))
              and (ratio := result.ratio(server, report.baseline, goal.metric)) is not None]
    if not ratios:
        return None
    kept = sum(ratio <= goal.bound for ratio in ratios)
    return Verdict(f"Half of the commands of data types: {metric_of(goal.metric).label}", server,
                   f"≤ {goal.bound:g}×", f"{kept} of {len(ratios)}", statistics.median(ratios),
                   "met" if 2 * kept >= len(ratios) else "missed")


def generator_bound(result: Result, server: str) -> bool:
    """Whether the generator had no time left while the server had."""
    generator, busy = result.median(server, "generator_cpu"), result.median(server, "server_cpu")
    return (generator is not None and generator >= GENERATOR_LIMIT_PERCENT
            and busy is not None and busy < _SERVER_BUSY_PERCENT)


def _outcome(goal: Goal, result: Result, server: str, value: float, baseline: float,
             cores: int) -> str:
    measured = value if goal.absolute else value / baseline
    if (measured >= goal.bound) if goal.at_least else (measured <= goal.bound):
        return "met"
    if goal.metric == "throughput" and generator_bound(result, server):
        return f"generator is the limit ({result.median(server, 'generator_cpu'):.0f} % of its core)"
    if goal.metric == "stall_ms" and value <= baseline:
        return "met (no longer than the baseline's)"
    if goal.metric == "engine_us" and cores < _ENGINE_GOAL_CORES:
        return f"reported (fewer than {_ENGINE_GOAL_CORES} cores)"
    return "missed"
