import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { shardOf } from "@candlehouse/shared/core/shard";

/** Three databases beside that of the other tests, which is the only one of its Worker. */
export const THREE: readonly D1Database[] = [env.FIRST_DB, env.SECOND_DB, env.THIRD_DB];

const TABLES = ["series", "price_data", "candle_revisions", "gaps", "archive_files", "shard"];

/** Makes `databases` such as the migrations leave them. */
export async function emptyDatabases(...databases: readonly D1Database[]): Promise<void> {
  for (const db of databases) {
    await applyD1Migrations(db, env.TEST_MIGRATIONS);
    await db.batch(TABLES.map((table) => db.prepare(`DELETE FROM ${table}`)));
  }
}

/** `db` as a binding that this isolate has not used before, with other members where `own` has some. */
export function freshBinding(db: D1Database, own: Partial<D1Database> = {}): D1Database {
  return new Proxy(db, {
    get(target, name) {
      const member: unknown = Reflect.get(Object.hasOwn(own, name) ? own : target, name);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
}

/** A symbol for each of three databases, whose minutes at Binance it holds. */
export const SYMBOLS: readonly string[] = THREE.map((_, shard) => {
  const symbols = Array.from({ length: 100 }, (_unused, index) => `T${index}-USDT`);
  const found = symbols.find(
    (symbol) => shardOf({ source: "binance", symbol, timeframe: "1m" }, THREE.length) === shard,
  );
  if (found === undefined) {
    throw new Error(`no symbol is in database ${shard}`);
  }
  return found;
});
