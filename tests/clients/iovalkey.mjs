import Redis from "iovalkey";
import { run } from "./ioredis-like.mjs";

await run("iovalkey", Redis);
