// What the scenarios in JavaScript share: one line per check, and the exit code.
import assert from "node:assert";

export const port = Number(process.env.PORT);

export function checker(client) {
  return async (name, expected, actual) => {
    try {
      assert.deepStrictEqual(await actual, expected);
      console.log(`ok ${client}: ${name}`);
    } catch (error) {
      console.log(`not ok ${client}: ${name}: ${String(error.message).replaceAll("\n", " ")}`);
      process.exitCode = 1;
    }
  };
}
