import { z } from "zod";

const eventSchema = z.looseObject({ event: z.string() });
type Event = z.infer<typeof eventSchema>;

/** Where a line of wrangler's output holds one of our events. */
const EVENT_PATTERN = /\{"event":.*\}/;

/** The first tick fills some fifty batches a second: within this they are told in one line. */
const GATHER_MS = 1_000;

/** Shows what the Workers log: their events one a line, and nothing of wrangler's own talk. */
export interface EventPrinter {
  /** Takes a line of wrangler's output. */
  take(line: string): void;
  /** Shows what was held back. */
  flush(): void;
}

/** Shows lines by `print`. Batches that reach D1 within a second become one line with their sums. */
export function createEventPrinter(print: (line: string) => void): EventPrinter {
  let batches: Event[] = [];
  const show = (text: string): void => print(`${new Date().toISOString().slice(11, 19)} ${text}`);
  const flush = (): void => {
    if (batches.length > 0) {
      show(textOf(sumOf(batches)));
      batches = [];
    }
  };
  return {
    take: (line) => {
      const json = EVENT_PATTERN.exec(line)?.[0];
      if (json === undefined) {
        return;
      }
      const event = parseEvent(json);
      if (event === undefined) {
        // A line that only looks like an event is shown as it is: better odd than unseen.
        show(line);
      } else if (event.event === "candles.stored") {
        batches.push(event);
        if (batches.length === 1) {
          setTimeout(flush, GATHER_MS).unref();
        }
      } else {
        show(textOf(event));
      }
    },
    flush,
  };
}

function parseEvent(json: string): Event | undefined {
  try {
    return eventSchema.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
}

/** One event with the sums of all counts, and the speed that follows from them. */
function sumOf(batches: readonly Event[]): Event {
  const sums: Record<string, number> = {};
  for (const [name, value] of batches.flatMap((batch) => Object.entries(batch))) {
    if (typeof value === "number") {
      sums[name] = (sums[name] ?? 0) + value;
    }
  }
  const { rowsPerSecond: _, durationMs = 0, candles = 0, ...counts } = sums;
  return {
    event: "candles.stored",
    batches: batches.length,
    candles,
    ...counts,
    durationMs,
    rowsPerSecond: durationMs === 0 ? 0 : Math.round((candles / durationMs) * 1_000),
  };
}

/** `candles.stored      batches=2 candles=20 …`; a count of 0 is left out. */
function textOf({ event, ...fields }: Event): string {
  const words = Object.entries(fields)
    .filter(([, value]) => value !== 0)
    .map(([name, value]) => `${name}=${wordOf(value)}`);
  return [event.padEnd(19), ...words].join(" ");
}

function wordOf(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /\s/.test(text) ? JSON.stringify(text) : text;
}
