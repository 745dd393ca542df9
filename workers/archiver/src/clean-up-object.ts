import { parseArchiveKey } from "@candlehouse/shared/core/archive-key";
import { shownTimeMs } from "@candlehouse/shared/core/clock";
import { formatSeries } from "@candlehouse/shared/core/series";
import { log } from "@candlehouse/shared/log/log";
import { MISSING } from "@candlehouse/shared/r2/read-candle-file";
import { adoptObject, findListedFault, type ListedObject } from "./adopt.ts";
import type { ArchiverContext } from "./context.ts";

/**
 * What becomes of an object that no row names. One that was written lately is somebody's who has
 * not come to the manifest yet: it is left alone, as is one that holds no candles of its partition.
 * One that is adopted is to be compacted yet; an `unread` one is unreadable by what the list tells.
 */
export async function settleObject(
  context: ArchiverContext,
  object: ListedObject,
): Promise<"young" | "adopted" | "unreadable" | "unread"> {
  const { clock, realNowMs, deleteAfterSeconds } = context;
  const ageMs = shownTimeMs(clock, realNowMs()) - shownTimeMs(clock, object.uploaded.getTime());
  if (ageMs < deleteAfterSeconds * 1_000) {
    return "young";
  }
  const fault = findListedFault(object);
  if (fault !== undefined) {
    reportUnreadable(object, fault);
    return "unread";
  }
  const adopted = await adoptObject(context, object);
  if (typeof adopted !== "string") {
    return "adopted";
  }
  if (adopted === MISSING) {
    // It was deleted since the list was made, by a clean-up that runs beside this one.
    return "young";
  }
  reportUnreadable(object, adopted);
  return "unreadable";
}

function reportUnreadable({ key }: ListedObject, reason: string): void {
  const named = parseArchiveKey(key);
  log("archive.damaged", {
    series: named === undefined ? "" : formatSeries(named.series),
    partition: named?.partition ?? "",
    key,
    reason,
  });
}
