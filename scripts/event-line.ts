import { z } from "zod";

const eventSchema = z.looseObject({ event: z.string() });

/** Where a line of wrangler's output holds one of our events. */
const EVENT_PATTERN = /\{"event":.*\}/;

/** Shows what the Workers log: their events one a line, and nothing of wrangler's own talk. */
export function showLine(line: string): void {
  const text = eventText(line);
  if (text !== undefined) {
    console.log(`${new Date().toISOString().slice(11, 19)} ${text}`);
  }
}

/** `candles.stored messages=2 candles=20 …`, or undefined where `line` holds no event. */
export function eventText(line: string): string | undefined {
  const json = EVENT_PATTERN.exec(line)?.[0];
  if (json === undefined) {
    return undefined;
  }
  try {
    const { event, ...fields } = eventSchema.parse(JSON.parse(json));
    const words = Object.entries(fields).map(([name, value]) => `${name}=${show(value)}`);
    return [event.padEnd(19), ...words].join(" ");
  } catch {
    // A line that only looks like an event is shown as it is: better odd than unseen.
    return line;
  }
}

function show(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /\s/.test(text) ? JSON.stringify(text) : text;
}
