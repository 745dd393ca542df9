import type { Plugin } from "vitest/config";

/** A guarantee that is taken out of the real code, to see that the schedules notice it. */
interface Mutation {
  /** Below the root of the repository. */
  readonly file: string;
  /** What stands there once. */
  readonly find: string;
  /** What is done before it, while the guarantee is broken. */
  readonly before: string;
  /** What stands in its place, while the guarantee is broken; without it, it stays. */
  readonly instead?: string;
}

/** By name. `BROKEN` is put in for the question whether the guarantee is broken now. */
export const MUTATIONS = {
  "messages are acknowledged before their rows are committed": {
    file: "workers/consumer/src/consume-batch.ts",
    find: "  const stored = await storeInDatabases(",
    before: "if (BROKEN) { for (const message of batch.messages) { message.ack(); } }",
  },
  "hot rows are deleted before the file is verified": {
    file: "workers/archiver/src/archive-partition.ts",
    find: "    const { written } = outcome;",
    before: `if (BROKEN) {
      await context.db.prepare(
        "DELETE FROM price_data WHERE source = ?1 AND symbol = ?2 AND timeframe = ?3 AND timestamp BETWEEN ?4 AND ?5",
      ).bind(params.series.source, params.series.symbol, params.series.timeframe, outcome.hotFirst, outcome.hotLast).run();
    }`,
  },
  "a file is swapped in without a look at what it replaces": {
    file: "packages/shared/src/d1/archive-manifest.ts",
    find: "  const { series, partition, at, kind, add, remove, reused = [], hot = [] } = change;",
    before: `if (BROKEN) {
      const state = await readPartitionState(db, change.series, change.partition);
      head = state.head;
      change = { ...change, remove: state.files.filter((file) => change.add.some((one) => one.state === "current" && one.key !== file.key) && (file.state === "current" || change.remove.includes(file.key))).map(({ key }) => key), hot: [] };
    }`,
  },
  "a dead letter is marked as replayed before it is sent": {
    file: "workers/consumer/src/replay-dead-letters.ts",
    find: "    await batch[0]?.queue.sendBatch(",
    before: "if (BROKEN) { await markReplayed(context.db, letters, shownSeconds(context)); }",
  },
  "a missing candle has no record": {
    file: "packages/shared/src/coverage/scan-series.ts",
    find: "  const plan = planGaps({ series, range, records, runs: classified, nowSeconds });",
    before: "if (BROKEN) { classified.splice(0, 1); }",
  },
  "a stored candle is overwritten by a later value": {
    file: "packages/shared/src/d1/store-candles.ts",
    find: "      db.prepare(INSERT_SERIES).bind(json),",
    before: "",
    instead:
      '      db.prepare(BROKEN ? INSERT_SERIES.replace("OR IGNORE", "OR REPLACE") : INSERT_SERIES).bind(json),',
  },
} as const satisfies Readonly<Record<string, Mutation>>;

/**
 * Puts the mutations into the real code as it is loaded, each asleep until `globalThis.broken` names
 * it. Throws where the code is not the one that a mutation was written for.
 */
export function mutate(root: string): Plugin {
  return {
    name: "broken-guarantees",
    enforce: "pre",
    transform(code, id) {
      let mutated = code;
      for (const [name, mutation] of Object.entries<Mutation>(MUTATIONS)) {
        if (id.split("?")[0] === `${root}${mutation.file}`) {
          mutated = put(mutated, name, mutation);
        }
      }
      return mutated === code ? undefined : { code: mutated, map: null };
    },
  };
}

function put(code: string, name: string, { file, find, before, instead = find }: Mutation): string {
  if (code.split(find).length !== 2) {
    throw new Error(`tests/faults/broken-guarantees.ts: ${file} does not have this once: ${find}`);
  }
  const isBroken = `(globalThis.broken === ${JSON.stringify(name)})`;
  // A function: what is put in may hold a dollar sign.
  return code.replace(find, () => `${before}${instead}`.replaceAll("BROKEN", isBroken));
}
