import type { LogEvent } from "@candlehouse/shared/log/events";
import type { MockInstance } from "vitest";

/** The fields of each `event` that the monitor wrote to a method of the console. */
export function loggedEvents(
  method: MockInstance<(...line: string[]) => void>,
  event: LogEvent,
): Record<string, unknown>[] {
  return method.mock.calls
    .map(([line = ""]) => JSON.parse(line) as Record<string, unknown>)
    .filter((fields) => fields["event"] === event);
}
