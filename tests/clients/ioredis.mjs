import Redis from "ioredis";
import { run } from "./ioredis-like.mjs";

await run("ioredis", Redis);
