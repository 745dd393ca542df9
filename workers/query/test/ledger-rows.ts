import { env } from "cloudflare:workers";
import type { LedgerCounts, Work } from "@candlehouse/shared/core/ledger";
import { addToLedger } from "@candlehouse/shared/d1/ledger";
import { createApp } from "../src/app.ts";

/** Adds to the ledger what `work` did at `at`, unix seconds. */
export async function didWork(work: Work, at: number, counts: LedgerCounts): Promise<void> {
  await addToLedger(env.DB, work, counts, at).run();
}

/** What stands in for the monitor, whose own tests and those of the whole system run the real one. */
export function monitorThat(answers: () => Response): { readonly fetch: () => Promise<Response> } {
  return { fetch: async () => answers() };
}

/** A Worker with its own memory, at `nowSeconds`; asked by path. */
export function workerAt(
  nowSeconds: number,
  changes: object = {},
): (path: string, headers?: Record<string, string>) => Promise<Response> {
  const app = createApp();
  const clock = JSON.stringify({
    realMs: Date.now(),
    shownMs: nowSeconds * 1_000,
    speed: 0.000001,
  });
  return async (path, headers = {}) =>
    app.request(path, { headers }, { ...env, CLOCK: clock, ...changes });
}

/** The rows of the database that `response` says were read. */
export function rowsReadFor(response: Response): number {
  return Number(/(\d+) rows read/.exec(response.headers.get("server-timing") ?? "")?.[1]);
}
