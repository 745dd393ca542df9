import type { CandleRow } from "@candlehouse/shared/core/candle";
import { shownSeconds } from "@candlehouse/shared/core/clock";
import { partitionsBetween } from "@candlehouse/shared/core/partition";
import type { ArchiveFile } from "@candlehouse/shared/core/archive";
import type { CandleBlock } from "@candlehouse/shared/import/candle-block";
import {
  ROW_CONTRADICTS,
  ROW_DIFFERS,
  ROW_HELD,
  ROW_NEW,
  rowsIn,
} from "@candlehouse/shared/import/compare-rows";
import { encodeCandle } from "@candlehouse/shared/queue/candle-message";
import { packMessages, sendMessages } from "@candlehouse/shared/queue/send-candles";
import { compareWithHeld } from "./import-held.ts";
import { countRows, takeDistinct } from "./import-partition.ts";
import type { ImportRun } from "./import-run.ts";

/** Rows of the hot window that were sent, by open time: the consumer may not have stored them yet. */
export type SentRows = Map<number, string>;

/**
 * Sends the rows of `read`, all of the hot window, to the consumer: those that are not held. What
 * collection stores is stored the same way, so the first of two stays and the other is a revision.
 * Repeatable: what is sent twice is stored once.
 */
export async function sendHotRows(
  run: ImportRun,
  read: CandleBlock,
  sent: SentRows,
): Promise<void> {
  const { context, series, tally } = run;
  const block = takeDistinct(run, read);
  const [first, last] = [block.timestamps[0] ?? 0, block.timestamps[block.rows - 1] ?? 0];
  const files: ArchiveFile[] = [];
  for (const partition of partitionsBetween(first, last + 1, series.timeframe)) {
    files.push(...(await run.filesOf(partition)).files);
  }
  const held = { series, files, ownKeys: run.ownKeys, hot: run.hot };
  const states = await compareWithHeld(context, block, held);
  const rows: CandleRow[] = [];
  let added = 0;
  for (const place of rowsIn(states, ROW_NEW, ROW_DIFFERS)) {
    const row = encodeCandle(series.symbol, series.timeframe, block.candleAt(place));
    const [timestamp, text] = [block.timestamps[place] ?? 0, JSON.stringify(row)];
    const before = sent.get(timestamp);
    if (before === undefined) {
      sent.set(timestamp, text);
      rows.push(row);
      added += states[place] === ROW_NEW ? 1 : 0;
    } else {
      states[place] = before === text ? ROW_HELD : ROW_CONTRADICTS;
    }
  }
  const messages = packMessages(series.source, "import", rows, shownSeconds(context), run.id);
  await sendMessages(context.candles, messages, (ms) => scheduler.wait(ms));
  tally.queued += added;
  countRows(run, block, states);
}
