import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { startLocalSystem } from "../scripts/local-system.ts";
import { aliveOf } from "../scripts/process-tree.ts";
import { commandOf, freePort, runStart, type StartProcess } from "./start-process.ts";

const READY_MS_MAX = 90_000;
/** Candles are there within a minute of the start. */
const CANDLES_MS_MAX = 60_000;
const POLL_MS = 250;
/** A simulated minute takes two seconds. */
const SPEED = "30";

const GAPLESS = "binance:BTC-USDT:1m";
const SERIES = [GAPLESS, "kraken:BTC-USD:1m", "coinbase:BTC-USD:1m", "cryptocompare:BTC-USD:1m"];

interface Candle {
  readonly timestamp: number;
  readonly close: number | string;
}

const directory = mkdtempSync(`${tmpdir()}/candlehouse-start-`);
const stateDirectory = `${directory}/state`;
const started: StartProcess[] = [];

function run(variables: Readonly<Record<string, string>>): StartProcess {
  const instance = runStart({ STATE_DIR: stateDirectory, SPEED, ...variables });
  started.push(instance);
  return instance;
}

/** Starts on a free port; resolves with its address when it says that it is up. */
async function runUntilUp(): Promise<{ instance: StartProcess; url: string }> {
  const instance = run({ PORT: String(await freePort()) });
  const [, url = ""] = await instance.untilPrinted(/up at (http:\S+)/, READY_MS_MAX);
  return { instance, url };
}

async function candlesOf(url: string, series: string): Promise<Candle[]> {
  const response = await fetch(`${url}/v1/candles?series=${series}&start=0&limit=5000`);
  expect(response.status).toBe(200);
  const { candles } = (await response.json()) as { candles: Candle[] };
  return candles;
}

/** Waits until each of `series` has a candle later than `timestamp`. */
async function untilLaterThan(
  url: string,
  series: readonly string[],
  timestamp: number,
): Promise<void> {
  const query = series.map((each) => `series=${each}`).join("&");
  let newest: (number | undefined)[] = [];
  for (const giveUpMs = Date.now() + CANDLES_MS_MAX; Date.now() < giveUpMs;) {
    const response = await fetch(`${url}/v1/latest?${query}`);
    const { latest } = (await response.json()) as { latest: { candle: Candle | null }[] };
    newest = latest.map(({ candle }) => candle?.timestamp);
    if (newest.every((each) => each !== undefined && each > timestamp)) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`waited in vain for candles after ${timestamp}: ${newest.join(", ")}`);
}

function minutesOf(candles: readonly Candle[]): number[] {
  return candles.map(({ timestamp }) => timestamp);
}

afterEach(() => Promise.all(started.splice(0).map((instance) => instance.clean())));
afterAll(() => rmSync(directory, { recursive: true }));

describe("npm start", () => {
  /** What the first run had stored when it was stopped. */
  let before: Candle[] = [];

  test("collects from four sources within a minute, goes on each minute, and ends without a trace", async () => {
    const { instance, url } = await runUntilUp();
    await untilLaterThan(url, SERIES, 0);
    const first = (await candlesOf(url, GAPLESS)).at(-1)?.timestamp ?? 0;
    await untilLaterThan(url, SERIES, first + 60);
    before = await candlesOf(url, GAPLESS);
    const processes = instance.processes();
    expect(processes.length).toBeGreaterThan(2);
    instance.signal("SIGINT");
    expect(await instance.exited).toBe(0);
    expect(aliveOf(processes)).toEqual([]);
    expect(instance.output()).toMatch(/candlehouse: SIGINT: stopping\n$/);
  });

  test("goes on where it was stopped, without a hole, changes no candle, and ends with a sentence when workerd crashes", async () => {
    const last = before.at(-1)?.timestamp ?? 0;
    const { instance, url } = await runUntilUp();
    await untilLaterThan(url, SERIES, last + 120);
    const after = await candlesOf(url, GAPLESS);
    expect(after.slice(0, before.length)).toEqual(before);
    const [oldest = 0] = minutesOf(after);
    expect(minutesOf(after)).toEqual(after.map((_, index) => oldest + index * 60));
    const processes = instance.processes();
    processes
      .filter((pid) => commandOf(pid) === "workerd")
      .forEach((pid) => process.kill(pid, "SIGKILL"));
    expect(await instance.exited).toBe(1);
    expect(instance.output()).toMatch(
      /candlehouse: the Workers' runtime \(workerd\) crashed; \S+workers.log says more\n$/,
    );
    expect(aliveOf(processes)).toEqual([]);
  });

  test("does not mix candles of two markets", async () => {
    const instance = run({ PORT: String(await freePort()), RECORDINGS: directory });
    expect(await instance.exited).toBe(1);
    expect(instance.output()).toBe(
      `candlehouse: STATE_DIR ${stateDirectory} holds candles of the simulator's random market, not of the simulator's recordings in ${directory}: set STATE_DIR to another folder\n`,
    );
  });

  test("does not look for candles in another number of databases than it has put them in", async () => {
    const instance = run({ PORT: String(await freePort()), D1_SHARDS: "3" });
    expect(await instance.exited).toBe(1);
    expect(instance.output()).toBe(
      `candlehouse: STATE_DIR ${stateDirectory} was started with D1_SHARDS 1, not 3, and the number stays: start with D1_SHARDS=1, or set STATE_DIR to another folder\n`,
    );
  });

  test.each([
    [{ SPEED: "fast" }, "SPEED fast is not allowed: more than 0, at most 60"],
    [{ SPEED: "61" }, "SPEED 61 is not allowed: more than 0, at most 60"],
    [{ PORT: "99999" }, "PORT 99999 is not allowed: a whole number from 1 to 65535"],
    [{ RECORDINGS: "/no/such/folder" }, "RECORDINGS /no/such/folder is not a folder"],
    [{ START: "soon" }, "START soon is not a time: give ISO 8601, such as 2023-03-20T00:00:00Z"],
  ])("says what is wrong with %o, and leaves nothing behind", async (variables, sentence) => {
    const untouched = `${directory}/untouched`;
    const instance = run({ STATE_DIR: untouched, ...variables });
    expect(await instance.exited).toBe(1);
    expect(instance.output()).toBe(`candlehouse: ${sentence}\n`);
    expect(existsSync(untouched)).toBe(false);
  });

  test("says why the Workers end where another program has taken the port meanwhile", async () => {
    const server = createServer().listen({ host: "127.0.0.1", port: await freePort() });
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const system = startLocalSystem({
      port,
      stateDirectory: `${directory}/taken`,
      variables: {},
      onLine: () => {},
    });
    await expect(system).rejects.toThrow(
      /^the Workers ended \(code 1\): Address already in use .*; \S+workers.log says more$/,
    );
    server.close();
  });

  test("says that its port is in use, and leaves nothing behind", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const untouched = `${directory}/untouched`;
    const instance = run({ STATE_DIR: untouched, PORT: String(port) });
    expect(await instance.exited).toBe(1);
    expect(instance.output()).toBe(
      `candlehouse: PORT ${port} is in use by another program: stop it, or set PORT to another\n`,
    );
    expect(existsSync(untouched)).toBe(false);
    server.close();
  });
});
