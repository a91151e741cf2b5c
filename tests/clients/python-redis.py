"""redis-py as Debian ships it."""

import os
import sys
import threading

import redis

failed = False
certificates = os.environ["CERTIFICATES"]
name_of_client = "python-redis over TLS" if certificates else "python-redis"
options = {"port": int(os.environ["PORT"])}
if certificates:
    options |= {
        "ssl": True,
        "ssl_ca_certs": certificates + "/ca.crt",
        "ssl_certfile": certificates + "/peer.crt",
        "ssl_keyfile": certificates + "/peer.key",
    }


def check(name, expected, actual):
    global failed
    if expected == actual:
        print(f"ok {name_of_client}: {name}")
    else:
        print(f"not ok {name_of_client}: {name}: expected {expected!r}, got {actual!r}")
        failed = True


r = redis.Redis(**options, client_name="python")

check("set and get", b"v", (r.set("k", "v"), r.get("k"))[1])
check("client name", "python", r.client_getname())
check("client list", "python", r.client_list()[0]["name"])
check("options of set", (True, None, b"v"), (r.set("k2", "1", ex=100, nx=True), r.set("k2", "2", nx=True), r.set("k", "w", get=True)))
check("time to live", True, 0 < r.ttl("k2") <= 100)
check("expiry in milliseconds", True, r.pexpire("k2", 50_000) and 0 < r.pttl("k2") <= 50_000)
check("counters", (1, 11, 10, 2.5), (r.incr("n"), r.incrby("n", 10), r.decr("n"), r.incrbyfloat("f", 2.5)))
check("several keys", [b"1", b"2", None], (r.mset({"a": 1, "b": 2}), r.mget("a", "b", "c"))[1])
every_byte = bytes(range(256))
check("every byte value in key and value", every_byte, (r.set(every_byte, every_byte), r.get(every_byte))[1])
big = os.urandom(5_000_000)
check("five megabytes", big, (r.set("big", big), r.get("big"))[1])
check("parts of strings", (b"hell", 5), (r.set("s", "hello"), r.getrange("s", 0, 3), r.strlen("s"))[1:])
check("bits", (0, 1, 1), (r.setbit("bits", 7, 1), r.getbit("bits", 7), r.bitcount("bits")))

pipe = r.pipeline(transaction=False)
for i in range(5000):
    pipe.set(f"p:{i}", i)
for i in range(5000):
    pipe.get(f"p:{i}")
replies = pipe.execute()
check("a pipeline of ten thousand", [str(i).encode() for i in range(5000)], replies[5000:])

for start in range(0, 100_000, 5000):
    r.mset({f"scan:{i}": i for i in range(start, start + 5000)})
check("a scan over 100,000 keys", 100_000, len(set(r.scan_iter("scan:*", count=1000))))

check("types and encodings", (b"string", b"int"), (r.type("n"), r.object("encoding", "n")))
check("dump and restore", b"hello", (r.restore("s2", 0, r.dump("s")), r.get("s2"))[1])
check("rename, copy, delete", (True, True, 2), (r.rename("a", "a2"), r.copy("a2", "a3"), r.delete("a2", "a3")))
try:
    r.execute_command("NOSUCH")
    check("an unknown command is an error", True, False)
except redis.ResponseError as error:
    check("an unknown command is an error", True, str(error).startswith("unknown command 'NOSUCH'"))
check("info", "9.1.0", r.info("server")["valkey_version"])
check("config", {"hz": "10"}, r.config_get("hz"))
check("slow log", True, isinstance(r.slowlog_get(), list))
other = redis.Redis(**options, db=3)
check("databases", (None, 0), (other.get("k"), other.dbsize()))

with r.pipeline() as transaction:
    transaction.set("t", 1).incr("t").lpush("t", "x").get("t")
    outcome = transaction.execute(raise_on_error=False)
check("a transaction", [True, 2, "WRONGTYPE", b"2"], [str(o).split()[0] if isinstance(o, redis.ResponseError) else o for o in outcome])
with r.pipeline() as transaction:
    transaction.watch("t")
    r.set("t", 7)
    transaction.multi()
    transaction.incr("t")
    try:
        transaction.execute()
        check("a watched key has changed", "WatchError", "no error")
    except redis.WatchError:
        check("a watched key has changed", b"7", r.get("t"))


def increment(transaction):
    value = int(transaction.get("t"))
    transaction.multi()
    transaction.set("t", value + 1)


check("an optimistic increment", ([True], b"8"), (r.transaction(increment, "t"), r.get("t")))

blocked = []
waiter = threading.Thread(target=lambda: blocked.append(redis.Redis(**options).blpop(["queue:a", "queue:b"], timeout=20)))
waiter.start()
while r.info("clients")["blocked_clients"] == 0:
    pass
r.rpush("queue:b", "job")
waiter.join()
check("a blocking pop", [(b"queue:b", b"job")], blocked)

pubsub = r.pubsub(ignore_subscribe_messages=True)
pubsub.subscribe("news")
pubsub.psubscribe("ne*")
pubsub.get_message(timeout=5)
pubsub.get_message(timeout=5)
check("publish", 2, r.publish("news", "hello"))
messages = [pubsub.get_message(timeout=5) for _ in range(2)]
check("messages", [("message", None, b"news", b"hello"), ("pmessage", b"ne*", b"news", b"hello")],
      [(m["type"], m["pattern"], m["channel"], m["data"]) for m in messages])
pubsub.ping("there")
check("a ping while listening", b"there", pubsub.get_message(timeout=5)["data"])
check("who listens", ([b"news"], [(b"news", 1)], 1), (r.pubsub_channels(), r.pubsub_numsub("news"), r.pubsub_numpat()))
pubsub.close()

heard = []
listener = r.pubsub(ignore_subscribe_messages=True)
listener.subscribe(**{"work": lambda message: heard.append(message["data"])})
thread = listener.run_in_thread(sleep_time=0.01)
for i in range(1000):
    while r.publish("work", i) == 0:
        pass
while len(heard) < 1000 and thread.is_alive():
    pass
thread.stop()
thread.join()
check("a thousand messages on a thread", [str(i).encode() for i in range(1000)], heard)

r.config_set("notify-keyspace-events", "Kg$")
events = r.pubsub(ignore_subscribe_messages=True)
events.psubscribe("__keyspace@0__:*")
events.get_message(timeout=5)
r.set("watched", 1)
r.delete("watched")
check("keyspace events", [b"set", b"del"], [events.get_message(timeout=5)["data"] for _ in range(2)])
events.close()
r.config_set("notify-keyspace-events", "")
check("flush", True, r.flushall())
sys.exit(1 if failed else 0)
