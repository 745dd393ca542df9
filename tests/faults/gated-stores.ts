import { overlay } from "@candlehouse/shared/core/overlay";
import type { CallKind, Fate } from "./fates.ts";

/** Where a call waits for its fate. */
export type Gate = <Result>(
  point: string,
  kind: CallKind,
  effect: (fate: Fate) => Promise<Result>,
  rival?: (fate: Fate) => Promise<unknown>,
) => Promise<Result>;

/** A statement as it was prepared, and what to call it. */
interface Gated {
  readonly statement: D1PreparedStatement;
  readonly sql: string;
}

const gatedStatements = new WeakMap<D1PreparedStatement, Gated>();

function gatedOf(one: D1PreparedStatement): Gated {
  const gated = gatedStatements.get(one);
  if (gated === undefined) {
    throw new Error("a statement was prepared by another database");
  }
  return gated;
}

/** `db`, every call of which goes through `gate`, named by what it does to which table. */
export function gateDatabase(db: D1Database, gate: Gate): D1Database {
  const wrap = (statement: D1PreparedStatement, sql: string): D1PreparedStatement => {
    const point = labelOf([sql]);
    const wrapped = overlay(statement, {
      bind: (...values) => wrap(statement.bind(...values), sql),
      all: <Row>() => gate(point, "d1", () => statement.all<Row>()),
      run: <Row>() => gate(point, "d1", () => statement.run<Row>()),
      first: <Row>(column?: string) =>
        gate(point, "d1", () =>
          column === undefined ? statement.first<Row>() : statement.first<Row>(column),
        ),
    });
    gatedStatements.set(wrapped, { statement, sql });
    return wrapped;
  };
  return overlay(db, {
    prepare: (sql) => wrap(db.prepare(sql), sql),
    batch: <Row>(statements: D1PreparedStatement[]) => {
      const gated = statements.map(gatedOf);
      const point = labelOf(gated.map(({ sql }) => sql));
      return gate(point, "d1", () => db.batch<Row>(gated.map(({ statement }) => statement)));
    },
  });
}

const WRITES = /\b(INSERT(?: OR IGNORE)? INTO|UPDATE|DELETE FROM)\s+(\w+)/;
const READS = /\b(?:FROM|JOIN)\s+(?!jsonb?_each|\()(\w+)/g;

/** `D1 insert price_data`: what a transaction writes first, or else what it reads last. */
function labelOf(all: readonly string[]): string {
  const write = all.map((sql) => WRITES.exec(sql)).find((match) => match !== null);
  if (write !== null && write !== undefined) {
    const [, verb = "", table = ""] = write;
    return `D1 ${verb.toLowerCase().split(" ")[0]} ${table}`;
  }
  const tables = [...(all[0] ?? "").matchAll(READS)].map(([, table = ""]) => table);
  return `D1 select ${tables.find((table) => TABLES.has(table)) ?? tables.at(-1) ?? ""}`;
}

const TABLES: ReadonlySet<string> = new Set([
  "price_data",
  "candle_revisions",
  "series",
  "dead_letters",
  "archive_files",
  "archive_changes",
  "asked_ranges",
  "coverage",
  "jobs",
]);

/** When objects were written, by the schedule's clock: R2's own is the real one. */
export type UploadTimes = Map<string, number>;

export interface BucketSettings {
  readonly gate: Gate;
  readonly uploaded: UploadTimes;
  /** Keys of objects that were damaged, and not written again since. */
  readonly damaged: Set<string>;
  readonly nowMs: () => number;
}

/** `bucket`, every call of which goes through a gate, on the schedule's clock. */
export function gateBucket(bucket: R2Bucket, settings: BucketSettings): R2Bucket {
  const { gate, uploaded, damaged, nowMs } = settings;
  const put = async (key: string, bytes: Uint8Array, options?: R2PutOptions) => {
    const object = await bucket.put(key, bytes, options);
    if (object !== null) {
      uploaded.set(key, nowMs());
      damaged.delete(key);
    }
    return object;
  };
  const rival = async (key: string, bytes: Uint8Array, fate: Fate) => {
    if (fate === "lost to the same") {
      await put(key, bytes, { onlyIf: { etagDoesNotMatch: "*" } });
    } else if ((await bucket.head(key)) === null) {
      await put(key, bytes.slice(0, -9));
      damaged.add(key);
    }
  };
  const gated = {
    head: (key: string) => gate(`R2 head ${folderOf(key)}`, "r2", () => bucket.head(key)),
    get: (key: string, options?: R2GetOptions) =>
      gate(`R2 get ${folderOf(key)}`, "r2", async () => {
        const object = await bucket.get(key, options);
        return object === null ? null : withBody(object, await object.arrayBuffer(), gate);
      }),
    put: (key: string, bytes: Uint8Array, options?: R2PutOptions) =>
      gate(
        `R2 put ${folderOf(key)}`,
        putKindOf(key, options),
        () => put(key, bytes, options),
        (fate) => rival(key, bytes, fate),
      ),
    delete: (keys: string | string[]) =>
      gate(`R2 delete ${folderOf([keys].flat()[0] ?? "")}`, "r2", () => bucket.delete(keys)),
    list: (options: R2ListOptions) =>
      gate(`R2 list ${folderOf(options.prefix ?? "")}`, "r2", async () => {
        const list = await bucket.list(options);
        return { ...list, objects: list.objects.map((object) => datedAt(object, uploaded)) };
      }),
  };
  return new Proxy(bucket, {
    get(_, name) {
      if (!Object.hasOwn(gated, name)) {
        throw new Error(`no schedule knows ${String(name)} of a bucket`);
      }
      return Reflect.get(gated, name) as unknown;
    },
  });
}

/** `candles/` and the like: the first folder of a key. */
function folderOf(key: string): string {
  return key.slice(0, key.indexOf("/") + 1);
}

function putKindOf(key: string, options: R2PutOptions | undefined): CallKind {
  const onlyIf = options?.onlyIf;
  const isIfAbsent = onlyIf !== undefined && "etagDoesNotMatch" in onlyIf;
  if (!isIfAbsent) {
    return "r2";
  }
  return key.startsWith("dead-letters/") ? "r2 put if absent" : "r2 file put if absent";
}

/** `object` with the bytes that were read with it: they come through the gate too. */
function withBody(object: R2ObjectBody, bytes: ArrayBuffer, gate: Gate): R2ObjectBody {
  return overlay(object, {
    arrayBuffer: () => gate(`R2 body ${folderOf(object.key)}`, "r2", async () => bytes),
  });
}

function datedAt(object: R2Object, uploaded: UploadTimes): R2Object {
  return overlay(object, { uploaded: new Date(uploaded.get(object.key) ?? 0) });
}
