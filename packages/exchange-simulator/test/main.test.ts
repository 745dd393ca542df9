import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";

const MAIN = resolve(import.meta.dirname, "../src/main.ts");

test("the command prints its address, serves, and ends cleanly on SIGTERM", async () => {
  const child = spawn(process.execPath, [
    MAIN,
    "--start",
    "2023-03-20T00:00:00Z",
    "--speed",
    "0",
    "--seed",
    "7",
  ]);
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0] ?? "";
  const response = await fetch(`${url}/api.binance.com/api/v3/time`);
  expect(await response.json()).toEqual({ serverTime: Date.parse("2023-03-20T00:00:00Z") });
  child.kill("SIGTERM");
  const [code] = (await once(child, "exit")) as [number];
  expect(code).toBe(0);
});

test("a wrong option ends the command with a sentence", async () => {
  const child = spawn(process.execPath, [MAIN, "--speed", "fast"]);
  const [text] = (await once(child.stderr, "data")) as [Buffer];
  const [code] = (await once(child, "exit")) as [number];
  expect([text.toString(), code]).toEqual(["--speed is not valid: fast\n", 1]);
});
