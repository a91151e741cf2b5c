"""Debian's prometheus-redis-exporter: it finds nothing to complain about."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

port = os.environ["PORT"]
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    address = f"127.0.0.1:{free.getsockname()[1]}"

failed = False


def check(name, expected, actual):
    global failed
    if expected == actual:
        print(f"ok exporter: {name}")
    else:
        print(f"not ok exporter: {name}: expected {expected!r}, got {actual!r}")
        failed = True


def scrape():
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"http://{address}/metrics", timeout=20) as answer:
                return answer.read().decode()
        except OSError:
            time.sleep(0.05)
    return ""


subprocess.run(["redis-cli", "-p", port, "mset", "a", "1", "b", "2"], stdout=subprocess.DEVNULL, check=True)
subprocess.run(["redis-cli", "-p", port, "xadd", "stream", "*", "a", "b"], stdout=subprocess.DEVNULL, check=True)
subprocess.run(["redis-cli", "-p", port, "xgroup", "create", "stream", "group", "0"], stdout=subprocess.DEVNULL, check=True)
with tempfile.TemporaryFile("w+") as log:
    exporter = subprocess.Popen(
        ["prometheus-redis-exporter", "-redis.addr", f"redis://127.0.0.1:{port}", "-web.listen-address", address,
         "-include-system-metrics", "-include-config-metrics", "-export-client-list", "-ping-on-connect",
         "-check-single-keys", "db0=a", "-check-keys", "db0=b*", "-check-streams", "db0=stream", "-count-keys", "db0=*"],
        stdout=log, stderr=log)
    try:
        metrics = [scrape().splitlines() for _ in range(2)][-1]
    finally:
        exporter.terminate()
        exporter.wait()
    log.seek(0)
    check("nothing in its log but that it runs", [], [line for line in log if "level=info" not in line])

values = dict(line.rsplit(" ", 1) for line in metrics if line and not line.startswith("#"))
check("the server is up", "1", values.get("redis_up"))
check("the last scrape had no error", "0", values.get('redis_exporter_last_scrape_error{err=""}'))
check("keys of the database", "3", values.get('redis_db_keys{db="db0"}'))
check("calls of a command", "1", values.get('redis_commands_total{cmd="xadd"}'))
check("the value of a key", "1", values.get('redis_key_value{db="db0",key="a"}'))
check("the length of a stream", "1", values.get('redis_stream_length{db="db0",stream="stream"}'))
sys.exit(1 if failed else 0)
