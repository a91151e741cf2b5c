"""Tests of the parts of bench/compare that can be wrong without anyone noticing.

    python3 -m unittest discover -s bench/tests
"""

from __future__ import annotations

import io
import socket
import sys
import tempfile
import threading
import unittest
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from compare_lib import catalogue, datatypes, fills, page, table
from compare_lib.catalogue import Call, Items, Memory, Traffic
from compare_lib.generator import GeneratorFailed, parse_report
from compare_lib.goals import GOALS, TYPE_GOALS, judge
from compare_lib.model import Report, Result, Series
from compare_lib.procfs import parse_cores
from compare_lib.resp import Chunk, Connection, KeySpace, ReplyError, load_keys

_REPORT = """
  100000 requests completed in 0.50 seconds
  50 parallel clients

Latency by percentile distribution:
0.000% <= 0.303 milliseconds (cumulative count 4)
50.000% <= 0.503 milliseconds (cumulative count 50100)
99.805% <= 1.111 milliseconds (cumulative count 99805)
99.902% <= 1.407 milliseconds (cumulative count 99903)
100.000% <= 2.207 milliseconds (cumulative count 100000)

Cumulative distribution of latencies:
0.000% <= 0.103 milliseconds (cumulative count 0)
99.899% <= 1.207 milliseconds (cumulative count 99899)
99.900% <= 1.303 milliseconds (cumulative count 99900)
100.000% <= 3.103 milliseconds (cumulative count 100000)

Summary:
  throughput summary: 200000.00 requests per second
  latency summary (msec):
          avg       min       p50       p95       p99       max
        0.511     0.296     0.503     0.711     0.999     2.207
"""


class Catalogue(unittest.TestCase):
    def test_every_set_holds_only_loads_of_the_catalogue(self) -> None:
        for name in catalogue.GOALS + catalogue.TYPE_GOALS + catalogue.QUICK:
            self.assertIn(name, catalogue.ALL)
        self.assertEqual(len(catalogue.ALL), len(set(catalogue.ALL)))
        self.assertEqual([load.name for load in catalogue.select(catalogue.ALL)], catalogue.ALL)

    def test_a_name_defines_its_load(self) -> None:
        self.assertEqual(
            catalogue.parse("cold-get-p16-10m-1kb-c1000-io2"),
            Traffic("cold-get-p16-10m-1kb-c1000-io2", "get", 16, 10_000_000, 1024, 1000, 2, True))
        self.assertEqual(catalogue.parse("memory-64b-ttl-1.8m"),
                         Memory("memory-64b-ttl-1.8m", 64, True, 1_800_000))
        self.assertEqual(catalogue.parse("set-p1-1mb"),
                         Traffic("set-p1-1mb", "set", 1, 100, 1 << 20, 10))
        self.assertEqual(
            catalogue.parse("hget-p32-100kx10-c9-io2"),
            Traffic("hget-p32-100kx10-c9-io2", "hget", 32, 100_000, 64, 9, 2, elements=10))
        self.assertEqual(catalogue.parse("memory-hash-ttl-1.8m"),
                         Items("memory-hash-ttl-1.8m", "hash", True, 1_800_000))
        self.assertEqual(catalogue.parse("call-bitcount-64kb"),
                         Call("call-bitcount-64kb", "bitcount", 65536))

    def test_a_wrong_name_is_refused(self) -> None:
        for name in ("", "get", "get-16", "del-p1", "memory-64b", "memory-64b-tll-1m",
                     "stall-nothing-1m", "get-p1-x5", "stall", "hget-p32", "hget-p16-100kx10",
                     "hget-p32-1kx100", "cold-hget-p32-1kx1k", "hget-p32-1kx1k-64b",
                     "memory-set-ttl-1m", "memory-hash-ttl", "call-sort-1mb", "call-get-1m"):
            with self.assertRaises(ValueError, msg=name):
                catalogue.parse(name)

    def test_patterns_select_in_the_order_of_the_catalogue(self) -> None:
        names = [load.name for load in catalogue.select(["set-p*-10k", "get-p1", "get-p?"])]
        self.assertEqual(names, ["get-p1", "set-p1-10k", "set-p16-10k", "set-p128-10k"])


class GeneratorReport(unittest.TestCase):
    def test_figures(self) -> None:
        run = parse_report(_REPORT, cpu_s=0.25)
        self.assertEqual((run.requests, run.throughput, run.elapsed_s), (100_000, 200_000.0, 0.5))
        self.assertEqual((run.p50_ms, run.p99_ms, run.max_ms), (0.503, 0.999, 2.207))

    def test_p999_is_the_lowest_point_that_covers_it(self) -> None:
        self.assertEqual(parse_report(_REPORT, 0.0).p999_ms, 1.303)

    def test_p999_never_exceeds_the_maximum(self) -> None:
        lines = [line for line in _REPORT.splitlines() if "9990" not in line and "2.207 m" not in line]
        self.assertEqual(parse_report("\n".join(lines), 0.0).p999_ms, 2.207)

    def test_an_incomplete_report_is_refused(self) -> None:
        with self.assertRaises(GeneratorFailed):
            parse_report(_REPORT.partition("Summary")[0], 0.0)


class Loading(unittest.TestCase):
    """load_keys against a listener that keeps what it received."""

    def test_every_key_is_sent_once_with_its_value(self) -> None:
        for count, value_bytes in ((2345, 3), (7, 300_000), (1, 64)):
            received = _loaded(KeySpace("key:", count, value_bytes), "EX", 9)
            keys = [words[1] for words in received]
            self.assertEqual(keys, [b"key:%012d" % index for index in range(count)])
            for words in received:
                self.assertEqual(words[0], b"SET")
                self.assertEqual(len(words[2]), value_bytes)
                self.assertFalse(words[2].isdigit())
                self.assertEqual(words[3:], [b"EX", b"9"])

    def test_an_error_reply_ends_the_loading(self) -> None:
        with self.assertRaisesRegex(ReplyError, "OOM"):
            _loaded(KeySpace("key:", 10, 3), reply=b"-OOM full\r\n")


class DataTypes(unittest.TestCase):
    def test_a_pipeline_reaches_every_element_that_is_there(self) -> None:
        words = " ".join(datatypes.sequence("hget", 32, 100_000, 10)).split(" ; ")
        self.assertEqual(len(words), 32)
        self.assertEqual({word.split()[2] for word in words},
                         {f"fld0{number:012d}" for number in range(10)})
        self.assertEqual(datatypes.sequence("zscore", 2, 1000, 1000),
                         ["ZSCORE", "zset:__rand_int__", "item0__rand_int__", ";",
                          "ZSCORE", "zset:__rand_int__", "item0__rand_int__"])

    def test_half_of_the_additions_go_to_elements_that_exist(self) -> None:
        for command in ("sadd", "zadd", "hset", "pfadd"):
            for pipeline, keys, elements in ((32, 100_000, 10), (32, 1000, 1000)):
                words = datatypes.sequence(command, pipeline, keys, elements)
                new = sum(word.startswith(("item1", "fld1")) for word in words)
                old = sum(word.startswith(("item0", "fld0")) for word in words)
                self.assertEqual((old, new), (16, 16), command)

    def test_lists_grow_and_shrink_around_the_shape(self) -> None:
        for command, first, change in (("lpush", 7, 1), ("xadd", 7, 1), ("rpop", 13, -1),
                                       ("spop", 13, -1)):
            burst = datatypes.burst(command, 1000, 10)
            assert burst is not None
            self.assertEqual(datatypes.filled_elements(command, 10), first)
            self.assertEqual(first + change * burst / 1000, 20 - first)
        self.assertIsNone(datatypes.burst("hgetall", 1000, 10))

    def test_every_key_is_filled_with_every_element(self) -> None:
        for kind, per_element in (("list", 1), ("set", 1), ("hll", 1), ("hash", 2), ("zset", 2)):
            commands = _parsed(fills.many_keys(kind, 1500, 10))
            self.assertEqual([words[1] for words in commands],
                             [b"%s:%012d" % (kind.encode(), number) for number in range(1500)])
            self.assertEqual({len(words) for words in commands}, {2 + 10 * per_element})
        self.assertEqual(len(_parsed(fills.many_keys("stream", 150, 10))), 1500)

    def test_one_key_is_filled_with_every_item_once(self) -> None:
        for kind, first, step in (("list", 2, 1), ("set", 2, 1), ("hash", 2, 2), ("zset", 3, 2)):
            commands = _parsed(fills.one_key(kind, "k", range(500, 2945)))
            items = [item for words in commands for item in words[first::step]]
            self.assertEqual(len(items), 2445)
            self.assertEqual(len(set(items)), 2445)
        entries = _parsed(fills.one_key("stream", "k", range(2445)))
        self.assertEqual(len({words[2] for words in entries}), 2445)
        expiring = _parsed(fills.expiring_fields("k", range(2445)))
        self.assertEqual(sum(int(words[4]) for words in expiring), 2445)
        self.assertEqual(sum(len(words) - 5 for words in expiring), 2445)

    def test_lines_of_replies_are_counted_and_errors_among_them_found(self) -> None:
        def sent(reply: bytes, lines: int) -> list[bytes]:
            with socket.create_server(("127.0.0.1", 0)) as listener, \
                    Connection(listener.getsockname()[1]) as connection:
                peer, _ = listener.accept()
                with peer:
                    peer.sendall(reply)
                    return connection.expect_lines(lines)

        self.assertEqual(sent(b":1\r\n$3\r\n1-1\r\n:2\r\n", 3), [b":1\r", b"$3\r", b"1-1\r"])
        for reply in (b":1\r\n-ERR no\r\n", b"-ERR no\r\n:1\r\n"):
            with self.assertRaisesRegex(ReplyError, "^ERR no$"):
                sent(reply, 2)


class Results(unittest.TestCase):
    def test_ratios_and_goals_follow_from_medians(self) -> None:
        report = _report(ours=[0.9, 0.5, 0.6], theirs=[1.0, 1.0, 3.0])
        self.assertEqual(report.results[0].ratio("ours", "theirs", "cpu_us"), 0.6)
        self.assertEqual([verdict.outcome for verdict in judge(report)], ["met"])
        slower = _report(ours=[0.9, 0.9, 0.6], theirs=[1.0, 1.0, 3.0])
        self.assertEqual([verdict.outcome for verdict in judge(slower)], ["missed"])

    def test_every_goal_is_one_of_the_loads_that_its_set_measures(self) -> None:
        self.assertLessEqual({goal.load for goal in GOALS}, set(catalogue.GOALS))
        self.assertEqual({goal.load for goal in TYPE_GOALS}, set(catalogue.TYPE_GOALS))

    def test_half_of_the_commands_of_types_keep_the_closer_bound(self) -> None:
        for costs, outcome in (([0.4, 0.6, 0.3, 0.5], "met"), ([0.4, 0.6, 0.5, 0.5], "missed")):
            loads = [catalogue.parse(name) for name in catalogue.TYPE_COMMANDS[:4]]
            report = _report(ours=[], theirs=[])
            report.results = [
                Result(load.name, load.title, load.kind,
                       [Series("ours", [{"cpu_us": cost}]), Series("theirs", [{"cpu_us": 1.0}])])
                for load, cost in zip(loads, costs)]
            each, half = judge(report)[:4], judge(report)[4:]
            self.assertEqual([verdict.outcome for verdict in each], ["met"] * 4)
            self.assertEqual([verdict.outcome for verdict in half], [outcome])
            self.assertIn(half[0].measured, table.render(report))
            self.assertIn(half[0].measured, page.render(report))

    def test_a_saved_report_is_read_back(self) -> None:
        report = _report(ours=[0.5], theirs=[1.0])
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "result.json"
            report.save(path)
            self.assertEqual(Report.load(path), report)

    def test_a_failed_server_is_shown_and_does_not_hide_the_other(self) -> None:
        report = _report(ours=[], theirs=[1.0])
        report.results[0].series[0].error = "it <broke>"
        self.assertIn("failed: it <broke>", table.render(report))
        self.assertIn("it &lt;broke&gt;", page.render(report))
        self.assertEqual(report.failures(), ["get-p16, ours: it <broke>"])


class CoreLists(unittest.TestCase):
    def test_single_cores_and_ranges(self) -> None:
        self.assertEqual(parse_cores("0,2-4"), frozenset({0, 2, 3, 4}))


def _report(ours: list[float], theirs: list[float]) -> Report:
    series = [Series("ours", [{"cpu_us": value} for value in ours]),
              Series("theirs", [{"cpu_us": value} for value in theirs])]
    result = Result("get-p16", "GET, pipeline 16", "traffic", series)
    return Report("theirs", {"ours": "1", "theirs": "2"}, {"cores": "2"}, [result], goals=True)


def _parsed(chunks: Iterable[Chunk]) -> list[list[bytes]]:
    """The commands of chunks as words."""
    stream = io.BytesIO(b"".join(data for data, _ in chunks))
    commands: list[list[bytes]] = []
    while header := stream.readline():
        words = []
        for _ in range(int(header[1:])):
            words.append(stream.read(int(stream.readline()[1:]) + 2)[:-2])
        commands.append(words)
    return commands


def _loaded(keys: KeySpace, *options: str | int, reply: bytes = b"+OK\r\n") -> list[list[bytes]]:
    received: list[list[bytes]] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def serve() -> None:
            peer, _ = listener.accept()
            # The loader hangs up at an error, perhaps before it was sent everything.
            with suppress(OSError), peer, peer.makefile("rb") as stream:
                while header := stream.readline():
                    words = []
                    for _ in range(int(header[1:])):
                        length = int(stream.readline()[1:])
                        words.append(stream.read(length + 2)[:-2])
                    received.append(words)
                    peer.sendall(reply)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        load_keys(listener.getsockname()[1], keys, *options)
        thread.join(timeout=10)
    return received


if __name__ == "__main__":
    unittest.main()
