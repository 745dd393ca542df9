import { CandlehouseError } from "../core/errors.ts";
import { FAILURE_EVENTS, type LogEvent, type LogEvents } from "./events.ts";
import { pointOf, type Point } from "./point.ts";

/** What takes points: a dataset of Analytics Engine. */
interface PointDataset {
  readonly writeDataPoint: (point: Point) => void;
}

/** The same for all invocations of an isolate, since it is a binding of its Worker. */
let dataset: PointDataset | undefined;

/**
 * From now on, points of events go to the dataset that `env` binds as ANALYTICS, where it binds one.
 * A Worker's entry calls it.
 */
export function writePointsTo(env: object): void {
  const binding: unknown = Reflect.get(env, "ANALYTICS");
  dataset = isDataset(binding) ? binding : undefined;
}

function isDataset(binding: unknown): binding is PointDataset {
  return (
    typeof binding === "object" &&
    binding !== null &&
    typeof Reflect.get(binding, "writeDataPoint") === "function"
  );
}

/**
 * Writes one event as one line of JSON, the event's name first. The only call of the console in
 * the Workers: a line reads well in `wrangler tail --format pretty`, and Workers Logs indexes the
 * fields of a JSON line. Where points are written and the event has one, it writes it beside.
 */
export function log<Event extends LogEvent>(event: Event, fields: LogEvents[Event]): void {
  const line = JSON.stringify({ event, ...fields });
  if (FAILURE_EVENTS.has(event)) {
    console.error(line);
  } else {
    console.log(line);
  }
  const point = dataset === undefined ? undefined : pointOf(event, fields);
  if (point !== undefined) {
    dataset?.writeDataPoint(point);
  }
}

/** Logs an error that nothing below a Worker's entry took; the entry then throws it on. */
export function logHandlerFailure(handler: string, error: unknown): void {
  const code = error instanceof CandlehouseError ? error.code : "internal";
  log("handler.failed", { handler, code, reason: String(error) });
}
