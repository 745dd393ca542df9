import { PayloadTooLargeError } from "@candlehouse/shared/core/errors";
import type { D1Cost } from "@candlehouse/shared/d1/read-candles";
import type { Stores } from "../read-pages.ts";
import type { ServeCost } from "./serve-query.ts";

/** A Worker may make so many queries in one request; some are left for what is not counted here. */
// https://developers.cloudflare.com/d1/platform/limits/
export const QUERIES_MAX = 1_000;
export const QUERIES_RESERVED = 50;

/** Of the subrequests that wrangler.jsonc allows (50,000), those that may be reads of R2. */
const R2_READS_MAX = 40_000;

/** So many stretches are looked for by themselves, in an answer; after that, many as one. */
export const DETOURS_MAX = 60;

const TOO_LARGE =
  "ask for a shorter range or for fewer series at once, give a smaller limit and follow the cursors, or name a coarser stored timeframe to make the candles of";

/** Stores whose use is counted, and bounded by what one request may use. */
export interface MeteredStores extends Stores {
  readonly meter: Meter;
}

/** `stores`, of which every use is counted from here on. */
export function meterStores({ DB, BUCKET }: Stores): MeteredStores {
  const meter = new Meter();
  return { DB, BUCKET: meteredBucket(BUCKET, meter), meter };
}

/** What an answer has cost so far. */
export class Meter {
  #d1Ms = 0;
  #rowsRead = 0;
  #d1Queries = 0;
  #detours = 0;
  #r2Reads = 0;
  #r2Ms = 0;
  /** Reads of R2 under way, and since when there are any, as milliseconds of the clock. */
  #underWay = 0;
  #since = 0;

  get cost(): ServeCost {
    return {
      d1Ms: this.#d1Ms,
      rowsRead: this.#rowsRead,
      d1Queries: this.#d1Queries,
      r2Reads: this.#r2Reads,
      r2Ms: this.#r2Ms,
    };
  }

  /** Counts `queries` that were made. */
  addQueries(queries: number, { rowsRead, durationMs }: D1Cost): void {
    this.#d1Queries += queries;
    this.#rowsRead += rowsRead;
    this.#d1Ms += durationMs;
  }

  /** Whether `count` more stretches may be looked for by themselves; they are counted then. */
  takeDetours(count: number): boolean {
    const isAllowed = this.#detours + count <= DETOURS_MAX;
    this.#detours += isAllowed ? count : 0;
    return isAllowed;
  }

  /** Throws PayloadTooLargeError where `queries` more are more than one request may make. */
  assertQueries(queries: number): void {
    const most = QUERIES_MAX - QUERIES_RESERVED;
    if (this.#d1Queries + queries > most) {
      throw new PayloadTooLargeError(
        `this takes more than the ${most} queries of the database that one answer may make: ${TOO_LARGE}`,
      );
    }
  }

  /** Counts the read of R2 that `read` makes. Throws PayloadTooLargeError where it is one too many. */
  async timeRead<Value>(read: () => Promise<Value>): Promise<Value> {
    if (this.#r2Reads >= R2_READS_MAX) {
      throw new PayloadTooLargeError(
        `this takes more than the ${R2_READS_MAX} reads of the archive that one answer may make: ${TOO_LARGE}`,
      );
    }
    this.#r2Reads += 1;
    if (this.#underWay === 0) {
      this.#since = performance.now();
    }
    this.#underWay += 1;
    try {
      return await read();
    } finally {
      this.#underWay -= 1;
      // Reads that are under way at once take their time together.
      if (this.#underWay === 0) {
        this.#r2Ms += performance.now() - this.#since;
      }
    }
  }
}

/** `bucket`, whose reads `meter` counts. Its other members are as they were. */
function meteredBucket(bucket: R2Bucket, meter: Meter): R2Bucket {
  return new Proxy(bucket, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") {
        return member;
      }
      const call = (...given: unknown[]): unknown => Reflect.apply(member, target, given);
      return name === "get"
        ? (...given: unknown[]) => meter.timeRead(async () => call(...given))
        : call;
    },
  });
}
