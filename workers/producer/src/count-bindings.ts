import type { LedgerTally } from "@candlehouse/shared/core/ledger";
import { databasesOf } from "@candlehouse/shared/d1/databases";
import { countD1 } from "@candlehouse/shared/ledger/count-d1";
import { countQueue } from "@candlehouse/shared/ledger/count-queue";
import { countR2 } from "@candlehouse/shared/ledger/count-r2";

/** `env`, whose database, bucket and queue add what is billed of them to `tally`. */
export function countBindings(env: Env, tally: LedgerTally): Env {
  return {
    ...env,
    DB: countD1(databasesOf(env), tally),
    BUCKET: countR2(env.BUCKET, tally),
    CANDLES: countQueue(env.CANDLES, tally),
  };
}
