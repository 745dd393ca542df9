import { CandlehouseError } from "../core/errors.ts";
import { FAILURE_EVENTS, type LogEvent, type LogEvents } from "./events.ts";

/**
 * Writes one event as one line of JSON, the event's name first. The only call of the console in
 * the Workers: a line reads well in `wrangler tail --format pretty`, and Workers Logs indexes the
 * fields of a JSON line.
 */
export function log<Event extends LogEvent>(event: Event, fields: LogEvents[Event]): void {
  const line = JSON.stringify({ event, ...fields });
  if (FAILURE_EVENTS.has(event)) {
    console.error(line);
  } else {
    console.log(line);
  }
}

/** Logs an error that nothing below a Worker's entry took; the entry then throws it on. */
export function logHandlerFailure(handler: string, error: unknown): void {
  const code = error instanceof CandlehouseError ? error.code : "internal";
  log("handler.failed", { handler, code, reason: String(error) });
}
