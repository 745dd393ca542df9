import { DEAD_LETTER_STATES, type DeadLetterState } from "@candlehouse/shared/core/dead-letter";

/** Which dead letters are shown; null where any are. */
export interface LetterFilter {
  readonly state: DeadLetterState | null;
  readonly source: string | null;
  readonly queue: string | null;
}

/** Members of the query string. `letters` has the state, or `all`; open ones where it is left out. */
const STATE = "letters";
const SOURCE = "letters_source";
const QUEUE = "letters_queue";
const ALL = "all";

/** The filter that the address says; what it cannot mean is as if left out. */
export function filterOf(search: URLSearchParams): LetterFilter {
  const state = search.get(STATE);
  return {
    state: state === ALL ? null : (DEAD_LETTER_STATES.find((one) => one === state) ?? "open"),
    source: search.get(SOURCE),
    queue: search.get(QUEUE),
  };
}

/** `search` with `filter` in it. */
export function withFilter(search: URLSearchParams, filter: LetterFilter): URLSearchParams {
  const next = new URLSearchParams(search);
  const members = {
    [STATE]: filter.state === "open" ? null : (filter.state ?? ALL),
    [SOURCE]: filter.source,
    [QUEUE]: filter.queue,
  };
  for (const [name, value] of Object.entries(members)) {
    if (value === null) {
      next.delete(name);
    } else {
      next.set(name, value);
    }
  }
  return next;
}

/** What of a filter the API takes: members that are given. */
export function queryOf({ state, source, queue }: LetterFilter): {
  readonly state?: DeadLetterState;
  readonly source?: string;
  readonly queue?: string;
} {
  return {
    ...(state === null ? {} : { state }),
    ...(source === null ? {} : { source }),
    ...(queue === null ? {} : { queue }),
  };
}

/** The open dead letters of `filter`, in words. */
export function openText({ source, queue }: LetterFilter): string {
  return [
    "every open dead letter",
    ...(source === null ? [] : [`of ${source}`]),
    ...(queue === null ? [] : [`from the queue ${queue}`]),
  ].join(" ");
}
