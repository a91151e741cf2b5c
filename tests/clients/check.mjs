// What the scenarios in JavaScript share: one line per check, and the exit code.
import assert from "node:assert";
import fs from "node:fs";

export const port = Number(process.env.PORT);

// What Node's tls.connect takes, or undefined where there is no TLS.
const directory = process.env.CERTIFICATES;
const read = (name) => fs.readFileSync(`${directory}/${name}`);
export const tls = directory ? { ca: read("ca.crt"), cert: read("peer.crt"), key: read("peer.key") } : undefined;

export function checker(name) {
  const client = tls ? `${name} over TLS` : name;
  return async (what, expected, actual) => {
    try {
      assert.deepStrictEqual(await actual, expected);
      console.log(`ok ${client}: ${what}`);
    } catch (error) {
      console.log(`not ok ${client}: ${what}: ${String(error.message).replaceAll("\n", " ")}`);
      process.exitCode = 1;
    }
  };
}
