// One scenario for ioredis and for iovalkey, its fork.
import { checker, port, tls } from "./check.mjs";

export async function run(name, Redis) {
  const check = checker(name);
  const client = new Redis(port, "127.0.0.1", { tls, connectionName: name, retryStrategy: () => null });
  await check("set and get", "v", client.set("k", "v").then(() => client.get("k")));
  await check("the name of the connection", name, client.client("GETNAME"));
  await check("options of set", ["OK", null], Promise.all([client.set("o", "1", "PX", 60000, "NX"), client.set("o", "2", "NX")]));
  await check("time to live", true, client.pttl("o").then((ttl) => ttl > 0 && ttl <= 60000));
  await check("a thousand commands at once", 1000, Promise.all(Array.from({ length: 1000 }, () => client.incr("n"))).then((all) => all.at(-1)));

  const pipeline = client.pipeline();
  for (let i = 0; i < 3000; i++) pipeline.set(`p:${i}`, i);
  for (let i = 0; i < 3000; i++) pipeline.get(`p:${i}`);
  await check("a pipeline of six thousand", "2999", pipeline.exec().then((all) => all.at(-1)[1]));

  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  await check("every byte value", bytes, client.set(bytes, bytes).then(() => client.getBuffer(bytes)));
  await check("two megabytes", 2_000_000, client.set("big", Buffer.alloc(2_000_000, 7)).then(() => client.getBuffer("big")).then((b) => b.length));

  const seen = new Set();
  for await (const keys of client.scanStream({ match: "p:*", count: 500 })) keys.forEach((key) => seen.add(key));
  await check("a scan", 3000, seen.size);

  await check("an error", "ERR value is not an integer or out of range", client.incr("k").catch((error) => error.message));
  await check("several keys", ["v", null, "1000"], client.mget("k", "none", "n"));
  await check("delete", 2, client.del("k", "n"));

  await check("a transaction", [[null, "OK"], [null, 2]], client.multi().set("t", 1).incr("t").exec());
  const other = client.duplicate();
  await client.watch("t");
  await other.set("t", 7);
  await check("a watched key has changed", null, client.multi().incr("t").exec());
  await check("nothing of it was done", "7", client.get("t"));
  await check("an error while queueing", "EXECABORT Transaction discarded because of previous errors.",
    client.multi({ pipeline: false }).then(() => client.call("INCR")).catch(() => client.exec()).catch((error) => error.message));
  const popped = other.blpop("queue", 20);
  await check("a blocking pop", ["queue", "job"], client.rpush("queue", "job").then(() => popped));
  other.disconnect();

  const listener = new Redis(port, "127.0.0.1", { tls, retryStrategy: () => null });
  const messages = [];
  const all = new Promise((resolve) => {
    listener.on("message", (channel, message) => messages.push(`${channel} ${message}`));
    listener.on("pmessage", (pattern, channel, message) => messages.push(`${pattern} ${channel} ${message}`));
    listener.on("messageBuffer", () => messages.length >= 2002 && resolve(messages.length));
    listener.on("pmessageBuffer", () => messages.length >= 2002 && resolve(messages.length));
  });
  await check("subscriptions", [2, 3], Promise.all([listener.subscribe("news", "sport"), listener.psubscribe("sp*")]));
  await check("publish", [1, 2], Promise.all([client.publish("news", "hello"), client.publish("sport", "goal")]));
  await check("a ping while listening", ["pong", "there"], listener.ping("there"));
  for (let i = 0; i < 1999; i++) client.publish("news", i);
  await check("messages", 2002, all);
  await check("their order", ["news hello", "sport goal", "sp* sport goal", "news 0", "news 1998"], Promise.resolve([...messages.slice(0, 4), messages.at(-1)]));
  await check("unsubscribe", 1, listener.unsubscribe("news", "sport"));
  listener.disconnect();
  client.disconnect();
}
