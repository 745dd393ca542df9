import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, describe, expect, test } from "vitest";
import { aliveOf } from "../scripts/process-tree.ts";
import { marketCandles, servedCandles } from "./market-candles.ts";
import { freePort, runStart, type StartProcess } from "./start-process.ts";

/** `KILLS=10` does what the gate does not take the time for. */
const KILLS = Number(process.env["KILLS"] ?? 1);
const DAYS = Number(process.env["KILL_DAYS"] ?? 45);
/** The cron goes on with it within a minute; the gate orders it again, which does so at once. */
const WAITS_FOR_CRON = process.env["KILLS"] !== undefined;
const SEED = Number(process.env["KILL_SEED"] ?? 1);

const READY_MS_MAX = 120_000;
const ENDED_MS_MAX = 300_000;
const SERIES = "binance:BTC-USDT:1m";

/**
 * The system is killed at a moment within so long after the job has come as far as it was to come
 * before that kill: a window of it takes about as long.
 */
const MOMENT_MS_MAX = 700;

/** The last kill comes when this part of the job is done: after it there is work left in any case. */
const LAST_KILL_PART = 0.6;

interface Job {
  readonly state: string;
  readonly windows_done: number;
  readonly windows_due: number;
  readonly candles_due: number;
  readonly candles_absent: number;
  readonly message: string;
  readonly finished_at: number | null;
}

/** Draws from 0 (inclusive) to 1 (exclusive) that are the same each time. */
function* draws(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (state * 48_271) % 2_147_483_647;
    yield state / 2_147_483_647;
  }
}

describe(`a backfill on a system that is killed ${KILLS} times`, () => {
  const stateDirectory = `${mkdtempSync(`${tmpdir()}/candlehouse-kill-`)}/state`;
  let instance: StartProcess | undefined;

  afterAll(async () => {
    await instance?.clean();
    rmSync(stateDirectory, { recursive: true });
  });

  async function start(): Promise<string> {
    const port = String(await freePort());
    instance = runStart({ STATE_DIR: stateDirectory, PORT: port });
    const [, url = ""] = await instance.untilPrinted(/up at (http:\S+)/, READY_MS_MAX);
    return url;
  }

  /** Kills everything at once, as a power cut does. */
  async function kill(): Promise<void> {
    const processes = instance?.processes() ?? [];
    processes.forEach((pid) => process.kill(pid, "SIGKILL"));
    await instance?.exited;
    while (aliveOf(processes).length > 0) {
      await sleep(50);
    }
  }

  test(
    "is gone on with, and holds exactly what the market had",
    { timeout: KILLS * 60_000 + 400_000 },
    async () => {
      let url = await start();
      const end = Math.floor(Date.now() / 60_000) * 60 - 3_600;
      const begin = end - DAYS * 86_400;
      const order = { source: "binance", symbol: "BTC-USDT", timeframe: "1m", start: begin, end };
      const id = await startBackfill(url, order);
      const draw = draws(SEED);
      for (let kills = 1; kills <= KILLS; kills += 1) {
        await untilDone(url, id, (LAST_KILL_PART * kills) / KILLS);
        await sleep(draw.next().value * MOMENT_MS_MAX);
        // In the middle of its work: some of it is done, and it has not ended.
        expect(await jobOf(url, id)).toMatchObject({ state: "running", finished_at: null });
        await kill();
        url = await start();
        // The open one, and no other.
        expect(WAITS_FOR_CRON ? id : await startBackfill(url, order)).toBe(id);
      }
      const job = await untilEnded(url, id);
      expect(job).toMatchObject({ state: "complete", candles_due: DAYS * 1_440 });
      const simulator = simulatorOf(stateDirectory);
      const had = await marketCandles(simulator, "BTCUSDT", begin, end, { start: 0, end: 0 });
      const get = (path: string) => fetch(`${url}${path}`);
      const held = await servedCandles({ get }, SERIES, begin, end);
      expect(held.length).toBe(had.length);
      expect(held.join("\n") === had.join("\n")).toBe(true);
      expect(job.candles_absent).toBe(DAYS * 1_440 - had.length);
    },
  );
});

/** Its id; that of the open one where there is one already. */
async function startBackfill(url: string, order: object): Promise<string> {
  const answer = await fetch(`${url}/v1/backfills`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(order),
  });
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { id: string }).id;
}

async function jobOf(url: string, id: string): Promise<Job> {
  const response = await fetch(`${url}/v1/backfills/${id}`);
  const { jobs } = (await response.json()) as { jobs: Job[] };
  const [job] = jobs;
  if (job === undefined) {
    throw new Error(`there is no backfill ${id}: ${JSON.stringify(jobs)}`);
  }
  return job;
}

async function until(url: string, id: string, what: string, is: (job: Job) => boolean) {
  for (const giveUpMs = Date.now() + ENDED_MS_MAX; Date.now() < giveUpMs;) {
    const job = await jobOf(url, id);
    if (is(job)) {
      return job;
    }
    await sleep(50);
  }
  throw new Error(`backfill ${id} ${what} in ${ENDED_MS_MAX / 1_000} s`);
}

/** Waits until at least one window, and the given part of all, is done. */
function untilDone(url: string, id: string, part: number): Promise<Job> {
  return until(url, id, `did not come to ${part}`, ({ windows_done: done, windows_due: due }) => {
    return done >= Math.max(1, Math.floor(part * due));
  });
}

function untilEnded(url: string, id: string): Promise<Job> {
  return until(url, id, "did not end", ({ finished_at: at }) => at !== null);
}

/** Where the simulator of the running system listens, as its Workers were told. */
function simulatorOf(stateDirectory: string): string {
  const config = readFileSync(
    `${stateDirectory}/workers/candlehouse-producer/wrangler.json`,
    "utf8",
  );
  const { vars } = JSON.parse(config) as { vars: { SIMULATOR_URL: string } };
  return vars.SIMULATOR_URL;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
