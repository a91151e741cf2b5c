"""The result as one HTML file that needs nothing beside it."""

from __future__ import annotations

from html import escape

from . import table
from .charts import Bar, Ladder, bars, ladders
from .goals import judge
from .model import Report, Result, metric_of

# Which metrics are drawn as bars, by kind; latencies get a drawing of their own.
_BARS = {
    "traffic": ("cpu_us", "throughput"),
    "cold": ("throughput",),
    "memory": ("used_per_key", "rss_per_key"),
    "types": ("cpu_us", "throughput"),
    "call": ("call_ms",),
    "items": ("used_per_item", "rss_per_item"),
    "stall": ("stall_ms",),
    "startup": ("start_ms", "idle_rss_mb"),
}
# Loads differ by orders of magnitude: what can be compared is one load's servers.
_UNDER_LOAD = ("traffic", "cold", "types")
_OWN_SCALE = (*_UNDER_LOAD, "call")
_LATENCIES = ("p50_ms", "p99_ms", "p999_ms", "max_ms")
_COLORS = 5

_STYLE = """
:root { color-scheme: light dark; --text: #1c2430; --soft: #66707f; --line: #d9dee6; --back: #fff;
  --base: #98a2b1; --c1: #2f6fde; --c2: #d9662b; --c3: #2c9a64; --c4: #8a55c9; --c5: #b83a64;
  --good: #1e7f4f; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --text: #e4e8ee; --soft: #98a2b1; --line: #333b47;
  --back: #14181e; --base: #66707f; --c1: #6ea1ff; --c2: #f0935f; --c3: #5cc592; --c4: #b48ae6;
  --c5: #e67397; --good: #62c796; --bad: #f28b82; } }
body { margin: 2rem auto; max-width: 1100px; padding: 0 1rem; background: var(--back);
  color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; }
.facts { color: var(--soft); font-size: .85rem; } .facts b { font-weight: 600; }
.legend span { display: inline-block; margin-right: 1.2rem; }
.legend i { display: inline-block; width: .8em; height: .8em; border-radius: 2px;
  margin-right: .4em; }
figure { margin: 1.2rem 0; } figcaption { font-weight: 600; margin-bottom: .4rem; }
svg { width: 100%; max-width: 960px; height: auto; overflow: visible; }
svg text { font-size: 11px; fill: var(--text); } svg .row { text-anchor: end; }
svg .axis { text-anchor: middle; fill: var(--soft); } svg .grid { stroke: var(--line); }
svg .spread { stroke: var(--text); stroke-width: 1.2; opacity: .55; }
svg .line { stroke-width: 2; opacity: .55; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: .82rem; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid var(--line);
  white-space: nowrap; font-variant-numeric: tabular-nums; }
th { color: var(--soft); font-weight: 600; }
th:first-child, td:first-child, td.name, th.name { text-align: left; }
.met { color: var(--good); } .missed { color: var(--bad); font-weight: 600; }
"""


def render(report: Report) -> str:
    """The whole page."""
    colors = _colors(report)
    style = _STYLE + "".join(
        f".{name} {{ fill: var(--{name}); stroke: var(--{name}); background: var(--{name}); }}\n"
        for name in ["base", *(f"c{index + 1}" for index in range(_COLORS))])
    parts = [
        "<!doctype html>", '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Side by side</title><style>{style}</style></head><body>",
        "<h1>Side by side</h1>", _legend(report, colors), _facts(report),
    ]
    if report.goals:
        parts += ["<h2>Goals</h2>", _goals(report)]
    for kind, title, results in table.sections(report):
        parts.append(f"<h2>{escape(title)}</h2>")
        parts += [_bar_chart(report, results, key, colors) for key in _BARS[kind]]
        if kind in _UNDER_LOAD:
            parts.append(_latency_chart(report, results, colors))
        parts.append(_figures(report, results))
    return "\n".join([*parts, "</body></html>", ""])


def _colors(report: Report) -> dict[str, str]:
    """The baseline is grey; the others take the colours in turn."""
    others = [server for server in report.servers if server != report.baseline]
    colors = {server: f"c{index % _COLORS + 1}" for index, server in enumerate(others)}
    return {**colors, report.baseline: "base"}


def _legend(report: Report, colors: dict[str, str]) -> str:
    entries = "".join(
        f'<span><i class="{colors[server]}"></i>{escape(server)} ({escape(version)})'
        f'{", the baseline" if server == report.baseline else ""}</span>'
        for server, version in report.servers.items())
    return f'<p class="legend">{entries}</p>'


def _facts(report: Report) -> str:
    facts = " · ".join(f"<b>{escape(name)}</b> {escape(value)}"
                       for name, value in report.environment.items())
    return f'<p class="facts">{facts}</p>'


def _bar_chart(report: Report, results: list[Result], key: str, colors: dict[str, str]) -> str:
    rows: list[tuple[str, list[Bar]]] = []
    for result in results:
        group = [bar for server in report.servers
                 if (bar := _bar(report, result, server, key, colors[server]))]
        if group:
            rows.append((result.title, group))
    metric = metric_of(key)
    direction = {-1: "less is better", 1: "more is better"}.get(metric.better, "")
    own_scale = results[0].kind in _OWN_SCALE
    scale = ", each load on its own scale" if own_scale else ""
    return bars(rows, f"{metric.label} ({direction}{scale})", own_scale) if rows else ""


def _bar(report: Report, result: Result, server: str, key: str, color: str) -> Bar | None:
    series = result.of(server)
    value = series.median(key) if series else None
    if series is None or value is None:
        return None
    values = series.values(key)
    return Bar(server, color, value, min(values), max(values),
               table.cell(report, result, server, key))


def _latency_chart(report: Report, results: list[Result], colors: dict[str, str]) -> str:
    rows: list[tuple[str, list[Ladder]]] = []
    for result in results:
        group = [Ladder(server, colors[server], steps) for server in report.servers
                 if (steps := _steps(result, server))]
        if group:
            rows.append((result.title, group))
    return ladders(rows, "Latency: p50, p99, p99.9 and maximum, from left to right") if rows else ""


def _steps(result: Result, server: str) -> tuple[tuple[str, float, str], ...]:
    return tuple((metric_of(key).label, value, metric_of(key).format(value))
                 for key in _LATENCIES if (value := result.median(server, key)))


def _figures(report: Report, results: list[Result]) -> str:
    keys = table.columns(results)
    head = "".join(f"<th>{escape(metric_of(key).label)}</th>" for key in keys)
    rows: list[str] = []
    for result in results:
        for server in report.servers:
            cells = "".join(f"<td>{escape(table.cell(report, result, server, key))}</td>"
                            for key in keys)
            remarks = "; ".join(filter(None, [table.notes(result, server),
                                              table.threads(result, server)]))
            rows.append(f"<tr><td>{escape(result.title)}</td>"
                        f'<td class="name">{escape(server)}</td>{cells}'
                        f'<td class="name">{escape(remarks)}</td></tr>')
    return (f'<div class="scroll"><table><tr><th>load</th><th class="name">server</th>{head}'
            f'<th></th></tr>{"".join(rows)}</table></div>')


def _goals(report: Report) -> str:
    rows: list[str] = []
    for verdict in judge(report):
        state = "missed" if verdict.missed else "met" if verdict.outcome.startswith("met") else ""
        rows.append(
            f"<tr><td>{escape(verdict.title)}</td>"
            f'<td class="name">{escape(verdict.server)}</td><td>{escape(verdict.bound)}</td>'
            f"<td>{escape(verdict.measured)}</td>"
            f'<td>{verdict.ratio:.2f}×</td><td class="name {state}">{escape(verdict.outcome)}</td>'
            "</tr>")
    return ('<div class="scroll"><table><tr><th>measure</th><th class="name">server</th>'
            '<th>goal</th><th>measured / baseline</th><th>ratio</th><th class="name">outcome</th>'
            f'</tr>{"".join(rows)}</table></div>')
