import type { CandleStores } from "@candlehouse/shared/coverage/find-missing";
import { mapDatabases } from "@candlehouse/shared/d1/databases";

/**
 * Statements of D1 that a page of a scan may take before it begins with another series; an
 * invocation has 1,000, and a series takes 30 at most but for one of many years of minutes.
 * https://developers.cloudflare.com/d1/platform/limits/
 */
const STATEMENTS_MAX = 700;

/** Reads of R2 before it begins with another series: each is one of 50,000 subrequests. */
const READS_MAX = 8_000;

/** What was asked of the stores so far. */
export interface Spending {
  statements: number;
  reads: number;
}

/** Whether no further series is to be begun. */
export function isSpent({ statements, reads }: Spending): boolean {
  return statements >= STATEMENTS_MAX || reads >= READS_MAX;
}

/** The stores, with each statement and each read of an object counted in `spending`. */
export function counted({ db, bucket }: CandleStores, spending: Spending): CandleStores {
  return {
    db: mapDatabases(db, (one) =>
      watched(one, "prepare", () => {
        spending.statements += 1;
      }),
    ),
    bucket: watched(bucket, "get", () => {
      spending.reads += 1;
    }),
  };
}

/** `store` as it is, but that `called` hears of each call of `method`. */
function watched<Store extends object>(
  store: Store,
  method: keyof Store,
  called: () => void,
): Store {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") {
        return member;
      }
      return (...given: unknown[]): unknown => {
        if (name === method) {
          called();
        }
        return Reflect.apply(member, target, given);
      };
    },
  });
}
