/** The query Worker in workerd, with its D1 and R2, filled with the market and asked directly. */
import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { CHAIN_START, type ArchiveFile } from "@candlehouse/shared/core/archive";
import { archiveKey } from "@candlehouse/shared/core/archive-key";
import { candleValues, type Candle } from "@candlehouse/shared/core/candle";
import { partitionOf } from "@candlehouse/shared/core/partition";
import type { Series } from "@candlehouse/shared/core/series";
import { ARCHIVE_COLUMN_NAMES, archiveRowOf } from "@candlehouse/shared/d1/archive-file-row";
import { describeFile } from "@candlehouse/shared/r2/describe-file";
import { encodeCandleFile } from "@candlehouse/shared/r2/encode-candle-file";
import { unstable_readConfig } from "wrangler";
import { HOT_FROM } from "./market.ts";
import { childrenNamed } from "./processor-time.ts";

const root = new URL("../../", import.meta.url).pathname;
const CONFIG = `${root}workers/query/wrangler.jsonc`;
const WORKER = "query";

/** Rows of one statement that fills D1. */
const ROWS_AT_ONCE = 10_000;

/** As much of Miniflare as is used here. It comes with wrangler, which has no such way to workerd. */
interface Miniflare {
  readonly ready: Promise<URL>;
  /** The Worker's own socket: no other Worker stands before it. */
  unsafeGetDirectURL(worker: string): Promise<URL>;
  getD1Database(binding: string, worker: string): Promise<D1Database>;
  getR2Bucket(binding: string, worker: string): Promise<R2Bucket>;
  dispose(): Promise<void>;
}

interface MiniflareModule {
  readonly Miniflare: new (options: unknown) => Miniflare;
  readonly convertV4MiniflareOptions: (options: unknown) => unknown;
}

export interface Candlehouse {
  /** workerd's own socket of the query Worker. */
  readonly url: string;
  /** The entry that the local runtime puts before its Workers. */
  readonly entryUrl: string;
  /** workerd. */
  readonly pid: number;
  /** Stores `candles` (ascending) of a series: the old ones in files, the others in D1. */
  store(series: Series, candles: readonly Candle[]): Promise<void>;
  close(): Promise<void>;
}

/** Builds the Worker into `folder`, as a deployment does, and starts it with an empty database. */
export async function startCandlehouse(folder: string): Promise<Candlehouse> {
  const wrangler = join(root, "node_modules/wrangler/bin/wrangler.js");
  const build = [wrangler, "deploy", "--dry-run", "--outdir", folder, "--config", CONFIG];
  const env = { ...process.env, CI: "true", WRANGLER_SEND_METRICS: "false" };
  execFileSync(process.execPath, build, { env, stdio: "pipe" });
  const config = unstable_readConfig({ config: CONFIG });
  const require = createRequire(createRequire(import.meta.url).resolve("wrangler"));
  const { Miniflare, convertV4MiniflareOptions }: MiniflareModule = require("miniflare");
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: 0,
      cf: false,
      workers: [
        {
          name: WORKER,
          modules: true,
          rootPath: folder,
          scriptPath: join(folder, "index.js"),
          compatibilityDate: config.compatibility_date,
          compatibilityFlags: config.compatibility_flags,
          d1Databases: { DB: "bench" },
          r2Buckets: { BUCKET: "bench" },
          bindings: config.vars,
          unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
        },
      ],
    }),
  );
  const { origin: entryUrl } = await miniflare.ready;
  const { origin: url } = await miniflare.unsafeGetDirectURL(WORKER);
  const db = await miniflare.getD1Database("DB", WORKER);
  const bucket = await miniflare.getR2Bucket("BUCKET", WORKER);
  await migrate(db);
  const [pid = 0] = childrenNamed("workerd");
  return {
    pid,
    url,
    entryUrl,
    store: async (series, candles) => {
      const hot = candles.filter(({ timestamp }) => timestamp >= HOT_FROM);
      const cold = candles.slice(0, candles.length - hot.length);
      await collect(db, series);
      await storeHot(db, series, hot);
      await storeCold(db, bucket, series, cold);
    },
    close: () => miniflare.dispose(),
  };
}

async function migrate(db: D1Database): Promise<void> {
  for (const path of globSync("migrations/*.sql", { cwd: root }).toSorted()) {
    const sql = readFileSync(join(root, path), "utf8").replaceAll(/--.*$/gm, "");
    for (const statement of sql.split(";").filter((text) => text.trim() !== "")) {
      await db.prepare(statement).run();
    }
  }
}

async function collect(db: D1Database, { source, symbol, timeframe }: Series): Promise<void> {
  await db
    .prepare(
      "INSERT INTO series (source, symbol, timeframe, native_symbol, tier) VALUES (?1, ?2, ?3, ?2, 1)",
    )
    .bind(source, symbol, timeframe)
    .run();
}

/** The rows that the consumer would have stored. */
async function storeHot(db: D1Database, series: Series, hot: readonly Candle[]): Promise<void> {
  const { source, symbol, timeframe } = series;
  for (let from = 0; from < hot.length; from += ROWS_AT_ONCE) {
    const rows = hot.slice(from, from + ROWS_AT_ONCE).map(candleValues);
    await db
      .prepare(
        `INSERT INTO price_data SELECT ?1, ?2, ?3, value->>0, value->>1, value->>2, value->>3,
          value->>4, value->>5, value->>6, value->>7 FROM jsonb_each(?4)`,
      )
      .bind(source, symbol, timeframe, JSON.stringify(rows))
      .run();
  }
}

/** The files that the archiver would have written, and their rows of the manifest. */
async function storeCold(
  db: D1Database,
  bucket: R2Bucket,
  series: Series,
  cold: readonly Candle[],
): Promise<void> {
  const { timeframe } = series;
  const partitions = Map.groupBy(cold, ({ timestamp }) => partitionOf(timestamp, timeframe));
  for (const [partition, candles] of partitions) {
    const { bytes, contentHash } = encodeCandleFile(series, candles, CHAIN_START);
    const key = archiveKey({ folder: "candles", series, partition, name: contentHash });
    const file: ArchiveFile = {
      ...describeFile(bytes, key, partition),
      series,
      partition,
      key,
      state: "current",
      createdAt: HOT_FROM,
      replacedAt: null,
      verifiedAt: HOT_FROM,
      damage: null,
    };
    await bucket.put(key, bytes);
    await db
      .prepare(
        `INSERT INTO archive_files (${ARCHIVE_COLUMN_NAMES.join(", ")})
        VALUES (${ARCHIVE_COLUMN_NAMES.map(() => "?").join(", ")})`,
      )
      .bind(...archiveRowOf(file))
      .run();
  }
}
