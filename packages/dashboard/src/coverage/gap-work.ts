import type {
  Backfill,
  GapRepair,
  GapRepairOrder,
  GapScan,
  GapScanOrder,
} from "@candlehouse/client";
import { isFinal } from "@candlehouse/shared/core/backfill-job";
import { client } from "../api/connection.ts";
import { count } from "./day-words.ts";
import { outcomeOf, scanAll, type Send } from "./gap-scan.ts";
import type { Tell } from "./work.ts";

/** Between two looks at a backfill that goes on, milliseconds. */
const LOOK_EVERY_MS = 2_000;

/**
 * Asks again for what `order` names, follows the backfills that this begins to their end, and scans
 * for what came; returns that in a sentence.
 */
export async function repair(
  sends: {
    readonly repair: Send<GapRepairOrder, GapRepair>;
    readonly scan: Send<GapScanOrder, GapScan>;
  },
  order: GapRepairOrder,
  tell: Tell,
): Promise<string> {
  const begun = await sends.repair(order);
  tell(sentence(begun.message), 0);
  await followBackfills(begun.backfills, tell);
  tell("The backfills have ended. Looking what came…", 1);
  const { class: _class, dry_run: _isDry, ...range } = order;
  const found = await scanAll(sends.scan, range, () => undefined);
  return outcomeOf(begun, found);
}

async function followBackfills(ids: readonly string[], tell: Tell): Promise<void> {
  for (;;) {
    const all = await Promise.all(ids.map((id) => readBackfill(id)));
    const open = all.filter(({ state }) => !isFinal(state));
    if (open.length === 0) {
      return;
    }
    const done = all.reduce((sum, { totals }) => sum + totals.windows_done, 0);
    const due = all.reduce((sum, { totals }) => sum + totals.windows_due, 0);
    const ended = all.length - open.length;
    const paused = open.filter(({ state }) => state === "paused").length;
    tell(
      `${ended} of ${count(all.length, "backfill")} ended${paused === 0 ? "" : `, ${paused} paused`}. ${open[0]?.message ?? ""}`.trim(),
      due === 0 ? ended / all.length : done / due,
    );
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

async function readBackfill(id: string): Promise<Backfill> {
  const response = await client.transport.send(`/v1/backfills/${encodeURIComponent(id)}`);
  return response.json();
}

/** With a capital and a full stop. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
