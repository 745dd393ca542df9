import { PAGE_CANDLES, PAGE_CANDLES_MAX, type PageRequest } from "./window-plan.ts";

/** A page of candles as it is asked for: times are unix seconds, `end` is exclusive. */
export interface PageQuery {
  readonly start?: number;
  readonly end?: number;
  readonly limit: number;
}

/** How `request` is asked for. */
export function queryOf(request: PageRequest): PageQuery {
  switch (request.kind) {
    case "newest":
      return { limit: request.limit };
    case "replace":
      return { start: request.start, end: request.end, limit: PAGE_CANDLES_MAX };
    case "before":
      return request.start === null
        ? { end: request.end, limit: PAGE_CANDLES }
        : { start: request.start, end: request.end, limit: PAGE_CANDLES_MAX };
    case "after":
      return {
        start: request.start,
        ...(request.end === null ? {} : { end: request.end }),
        limit: PAGE_CANDLES_MAX,
      };
  }
}
