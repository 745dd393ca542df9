import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll } from "vitest";
import { startSimulator, type Simulator, type SimulatorOptions } from "../src/index.ts";

/** Wednesday, 27 seconds into a minute. */
export const NOW_MS = Date.parse("2024-03-20T12:34:27Z");
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

export interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** A simulator that stands still at NOW_MS unless told otherwise, and ends with the tests of the file. */
export async function standingSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ startMs: NOW_MS, speed: 0, ...options });
  afterAll(() => simulator.close());
  return simulator;
}

/** The answer to a GET of `path`, host first, with its body as JSON. */
export async function ask<Body>(
  simulator: Simulator,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer<Body>> {
  const response = await fetch(simulator.url + path, { headers });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Body,
  };
}

export type BinanceRow = [
  number,
  string,
  string,
  string,
  string,
  string,
  number,
  string,
  number,
  string,
  string,
  string,
];

/** The rows of a klines request on api.binance.com. */
export async function klines(
  simulator: Simulator,
  query: Readonly<Record<string, string | number>>,
): Promise<BinanceRow[]> {
  const search = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
  );
  const { body } = await ask<BinanceRow[]>(
    simulator,
    `/api.binance.com/api/v3/klines?${search.toString()}`,
  );
  return body;
}

const repository = resolve(import.meta.dirname, "../../..");

/** Recorded market data: not part of the repository. */
export const RECORDINGS = process.env["RECORDINGS"] ?? resolve(repository, "../shared/market-data");
export const hasRecordings = existsSync(RECORDINGS);
/** Recorded answers of the sources: not part of the repository. */
export const FIXTURES = process.env["FIXTURES"] ?? resolve(repository, "../shared/fixtures");
export const hasFixtures = existsSync(FIXTURES);
