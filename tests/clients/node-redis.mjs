// node-redis over RESP3.
import { createClient } from "redis";
import { checker, port, tls } from "./check.mjs";

const check = checker("node-redis");
const client = createClient({ RESP: 3, name: "node", socket: { port, host: "127.0.0.1", reconnectStrategy: false, ...(tls && { tls: true, ...tls }) } });
await client.connect();
await check("set and get", "v", client.set("k", "v").then(() => client.get("k")));
await check("the name of the connection", "node", client.clientGetName());
await check("options of set", ["OK", null], Promise.all([client.set("o", "1", { EX: 60, NX: true }), client.set("o", "2", { NX: true })]));
await check("time to live", true, client.ttl("o").then((ttl) => ttl > 0 && ttl <= 60));
await check("counters", [1, 11, "13.5"], Promise.all([client.incr("n"), client.incrBy("n", 10), client.incrByFloat("n", 2.5)]).then((all) => [all[0], all[1], String(all[2])]));
await check("a thousand commands at once", 1000, Promise.all(Array.from({ length: 1000 }, (_, i) => client.set(`p:${i}`, String(i)))).then((all) => all.length));

const seen = new Set();
for await (const keys of client.scanIterator({ MATCH: "p:*", COUNT: 200 })) [keys].flat().forEach((key) => seen.add(key));
await check("a scan", 1000, seen.size);

await check("an error", "ERR offset is out of range", client.sendCommand(["SETRANGE", "k", "-1", "x"]).catch((error) => error.message));
await check("an object from CONFIG GET", "10", client.configGet("hz").then((map) => map.hz));
await check("several keys", ["v", null], client.mGet(["k", "none"]));
await check("delete", 2, client.del(["k", "o"]));

const listener = await client.duplicate({ name: "listener" }).connect();
const messages = [];
const goal = new Promise((resolve) => {
  listener.subscribe("news", (message) => messages.push(message));
  listener.pSubscribe("sp*", (message, channel) => resolve([channel, message]));
});
await check("commands while subscribed", "PONG", listener.ping());
await check("publish", [1, 1], Promise.all([client.publish("news", "hello"), client.publish("sport", "goal")]));
await check("a message to a pattern", ["sport", "goal"], goal);
await check("a message to a channel", ["hello"], Promise.resolve(messages));
listener.destroy();
client.destroy();
