import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { createClient, type CandlehouseClient } from "@candlehouse/client";
import { getPlatformProxy } from "wrangler";
import { prepareDatabase } from "../../scripts/local-system.ts";
import { freePort, runStart } from "../start-process.ts";

const READY_MS_MAX = 120_000;
const DONE_MS_MAX = 180_000;
const POLL_MS = 250;
const MINUTE = 60;

/** Markets of the default fleet that it collects. */
const COLLECTED = ["BTC-USDT", "BTC-USD", "ETH-USDT"];

const root = new URL("../../", import.meta.url).pathname;

/** A running `npm start` of its own, with some history and a dead letter in it. */
export interface PreparedSystem {
  readonly url: string;
  readonly client: CandlehouseClient;
  /** Of a dead letter whose candles are valid: replayed, they are stored. */
  readonly deadLetter: string;
  /** Ends it and removes what it kept. */
  close(): Promise<void>;
}

export interface PreparedOptions {
  /** Variables of `npm start`. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Orders of backfills that have ended when it is ready. */
  readonly backfills: readonly BackfillOrder[];
}

interface BackfillOrder {
  readonly source: "binance" | "kraken" | "coinbase";
  readonly symbols: string[];
  readonly timeframes: ("1m" | "1h" | "1d")[];
  readonly days?: number;
  readonly start?: string;
  readonly end?: string;
}

/** The parts of the bindings that are used. */
interface Database {
  prepare(sql: string): Statement;
}

interface Statement {
  bind(...values: readonly (string | number)[]): Statement;
  run(): Promise<unknown>;
}

interface Bucket {
  put(
    key: string,
    body: string,
    options: { readonly httpMetadata: { readonly contentType: string } },
  ): Promise<unknown>;
}

/** Starts it as its user does, and waits until its backfills have ended. */
export async function startPrepared(options: PreparedOptions): Promise<PreparedSystem> {
  const directory = mkdtempSync(`${tmpdir()}/candlehouse-dashboard-`);
  const state = `${directory}/state`;
  await prepareDatabase(state);
  const deadLetter = await prepareState(state);
  const started = runStart({
    ...options.variables,
    STATE_DIR: state,
    PORT: String(await freePort()),
  });
  const close = async (): Promise<void> => {
    await started.clean();
    rmSync(directory, { recursive: true });
  };
  try {
    const [, url = ""] = await started.untilPrinted(/up at (http:\S+)/, READY_MS_MAX);
    const client = createClient({ baseUrl: url });
    await Promise.all(options.backfills.map((order) => backfill(client, order)));
    return { url, client, deadLetter, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function backfill({ api }: CandlehouseClient, order: BackfillOrder): Promise<void> {
  const { data, error } = await api.POST("/v1/backfills", { body: order });
  if (data === undefined) {
    throw new Error(`no backfill began: ${error.detail}`);
  }
  for (const giveUpMs = Date.now() + DONE_MS_MAX; Date.now() < giveUpMs;) {
    const params = { path: { id: data.id } };
    const { data: status } = await api.GET("/v1/backfills/{id}", { params });
    if (status?.jobs.every((job) => job.finished_at !== null) === true) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`the backfill ${data.message} did not end in ${DONE_MS_MAX} ms`);
}

/**
 * Leaves a dead letter in the state of a system that does not run, as the consumer does where D1
 * did not answer four times: with candles of a day long before all others. And has it collect a few
 * markets alone.
 */
async function prepareState(state: string): Promise<string> {
  const firstSeen = Math.floor(Date.now() / 1_000) - 90 * MINUTE;
  const start = Date.UTC(2020, 0, 1) / 1_000;
  const body = JSON.stringify({
    v: 1,
    source: "binance",
    origin: "cron",
    candles: Array.from({ length: 10 }, (_, place) => {
      const price = 7_200 + place;
      const values = [price, price + 2, price - 3, price + 1, 1.5, 1.5 * price, 12];
      return ["BTC-USDT", "1m", start + place * MINUTE, ...values];
    }),
  });
  const id = createHash("sha256").update(body).digest("hex");
  const key = `dead-letters/${id}.json`;
  // A few markets are enough to look at: two hundred series more only keep the machine busy.
  const collected = COLLECTED.map((symbol) => `'${symbol}'`).join(", ");
  const { env, dispose } = await getPlatformProxy<{ DB: Database; BUCKET: Bucket }>({
    configPath: `${root}workers/producer/wrangler.jsonc`,
    persist: { path: `${state}/v3` },
  });
  await env.BUCKET.put(key, body, { httpMetadata: { contentType: "application/json" } });
  await env.DB.prepare(`UPDATE series SET enabled = 0 WHERE symbol NOT IN (${collected})`).run();
  await env.DB.prepare(
    `INSERT INTO dead_letters (
      id, queue, source, candles, reason_code, reason, body_key, body_bytes, first_seen, last_seen
    ) VALUES (?, 'candles-dlq', 'binance', 10, 'retries_exhausted',
      'the work failed each time it was tried; the log says why', ?, ?, ?, ?)`,
  )
    .bind(id, key, body.length, firstSeen, firstSeen)
    .run();
  await dispose();
  return id;
}
