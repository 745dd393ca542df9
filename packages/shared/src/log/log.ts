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
