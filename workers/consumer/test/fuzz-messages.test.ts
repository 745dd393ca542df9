import { env } from "cloudflare:workers";
import { encodeDeadLetter } from "@candlehouse/shared/r2/dead-letter";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { drawsOf, oneOf, wholeOf, type Draw } from "../../../tests/fuzz/draw.ts";
import { mutateJson, type JsonValue } from "../../../tests/fuzz/mutate-json.ts";
import {
  clearTables,
  deadLetterRows,
  deliver,
  NOW_MS,
  revisionRows,
  START,
  storedRows,
} from "./delivery.ts";

/** Vitest lets no other variables into workerd than those that begin so. */
const SETTINGS = Object(Reflect.get(import.meta, "env")) as Readonly<Record<string, unknown>>;
/** Spoilt messages in all. */
const MESSAGES = Number(SETTINGS["VITE_FUZZ_MESSAGES"] ?? 120);
/** The same one makes the same messages again. */
const SEED = Number(SETTINGS["VITE_FUZZ_SEED"] ?? Date.now() % 2 ** 31);

/** Spoilt messages in a batch; as many sound ones stand between them. */
const SPOILT_IN_BATCH = 20;
const BATCHES = Math.ceil(MESSAGES / SPOILT_IN_BATCH);
/** A batch takes some ten milliseconds; one that takes so long hangs. */
const BATCH_MS_MAX = 10_000;

const STEP_SECONDS: Readonly<Record<string, number>> = {
  "1m": 60,
  "5m": 300,
  "1h": 3_600,
  "1d": 86_400,
};
const SYMBOLS = ["BTC-USDT", "ETH-USD", "1INCH-USD"];
const SOURCES = ["binance", "kraken", "coinbase", "coingecko"];
const OPEN_MIN = Date.UTC(2009, 0, 1) / 1_000;
const CLOSE_MAX = NOW_MS / 1_000 + 60;
const DECIMAL = /^(0|[1-9]\d*)(\.\d*[1-9])?$/;

vi.spyOn(console, "log").mockImplementation(() => undefined);
vi.spyOn(console, "error").mockImplementation(() => undefined);

beforeEach(clearTables);

/** A message with up to ten true candles, whose open times no other message of the batch has. */
function soundMessage(draw: Draw, place: number): Readonly<Record<string, JsonValue>> {
  const timeframe = oneOf(draw, Object.keys(STEP_SECONDS));
  const step = STEP_SECONDS[timeframe] ?? 60;
  const first = Math.floor(START / 86_400) * 86_400 + (place - 50) * 10 * step;
  const symbol = oneOf(draw, SYMBOLS);
  const candles = Array.from({ length: wholeOf(draw, 1, 10) }, (_, index) =>
    rowOf(draw, symbol, timeframe, first + index * step),
  );
  return { v: 1, source: oneOf(draw, SOURCES), origin: "cron", candles };
}

function rowOf(draw: Draw, symbol: string, timeframe: string, timestamp: number): JsonValue {
  const low = wholeOf(draw, 1, 90_000) + draw();
  const high = low + draw() * 50;
  const [open, close] = [low + (high - low) * draw(), low + (high - low) * draw()];
  const volume = draw() < 0.2 ? null : draw() < 0.2 ? "339512.12345678901234567" : draw() * 1_000;
  return [symbol, timeframe, timestamp, open, high, low, close, volume, null, wholeOf(draw, 0, 99)];
}

/** A candle under its key: source, symbol, timeframe, open time. */
type KeyedValues = readonly [key: string, values: string];

/** The rows of `body` as far as it has any, in the order of the table's columns. */
function rowsIn(body: JsonValue): KeyedValues[] {
  const source: unknown = Reflect.get(Object(body), "source");
  const candles: unknown = Reflect.get(Object(body), "candles");
  const rows: unknown[] = Array.isArray(candles) ? candles : [];
  return rows.filter(Array.isArray).map((row): KeyedValues => {
    const [symbol, timeframe, timestamp, ...values]: unknown[] = row;
    return [JSON.stringify([source, symbol, timeframe, timestamp]), JSON.stringify(values)];
  });
}

function keyed(row: Readonly<Record<string, unknown>>): KeyedValues {
  const { source, symbol, timeframe, timestamp, open, high, low, close } = row;
  const values = [open, high, low, close, row["volume_from"], row["volume_to"], row["trades"]];
  return [JSON.stringify([source, symbol, timeframe, timestamp]), JSON.stringify(values)];
}

/** What is wrong with a stored row, by rules written here once more. */
function faultOfRow(row: Readonly<Record<string, unknown>>): string | undefined {
  const { timeframe, timestamp } = row;
  const step = STEP_SECONDS[String(timeframe)] ?? 60;
  const prices = [row["open"], row["high"], row["low"], row["close"]];
  const [open = 0, high = 0, low = 0, close = 0] = prices.map(Number);
  const volumes = [row["volume_from"], row["volume_to"]].filter((value) => value !== null);
  const isTimed =
    typeof timestamp === "number" &&
    Number.isInteger(timestamp) &&
    timestamp >= OPEN_MIN &&
    timestamp % step === 0 &&
    timestamp + step <= CLOSE_MAX;
  const isOrdered = low > 0 && low <= Math.min(open, close) && Math.max(open, close) <= high;
  const isNumeric = [...prices, ...volumes].every(
    (value) => typeof value === "number" || (typeof value === "string" && DECIMAL.test(value)),
  );
  const areVolumes = volumes.every((value) => Number(value) >= 0);
  const trades = row["trades"];
  const isCounted = trades === null || (Number.isSafeInteger(trades) && Number(trades) >= 0);
  return isTimed && isOrdered && isNumeric && areVolumes && isCounted
    ? undefined
    : `stored ${JSON.stringify(row)}`;
}

/** Without the bodies of dead letters, which would take the most time. */
async function emptyTables(): Promise<void> {
  const tables = ["price_data", "candle_revisions", "dead_letters"];
  await env.DB.batch(tables.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
}

interface Sent {
  readonly id: string;
  readonly body: JsonValue;
  readonly isSound: boolean;
}

/** `message` with its members in another order: what nobody sends, and says the same. */
function turned(message: Readonly<Record<string, JsonValue>>): JsonValue {
  return Object.fromEntries(Object.entries(message).toReversed());
}

function batchOf(draw: Draw): Sent[] {
  return Array.from({ length: 2 * SPOILT_IN_BATCH }, (_, place) => {
    const sound = soundMessage(draw, place);
    const isSound = place % 2 === 0;
    const spoilt = place === 1 ? turned(sound) : mutateJson(draw, sound);
    return { id: `m${place}`, body: isSound ? sound : spoilt, isSound };
  });
}

/** What is wrong with what became of the messages `sent`. */
async function faultsOfBatch(
  sent: readonly Sent[],
  result: { readonly explicitAcks: readonly string[]; readonly retryMessages: readonly unknown[] },
): Promise<string[]> {
  const stored = await storedRows();
  const held = new Map(stored.map(keyed));
  const revised = new Set((await revisionRows()).map((row) => keyed(row).join()));
  const letters = new Set((await deadLetterRows()).map(({ id }) => id));
  const offered = new Set(sent.flatMap(({ body }) => rowsIn(body)).map((row) => row.join()));
  const faults = [
    ...(result.retryMessages.length === 0 ? [] : ["a message went back to the queue"]),
    ...stored.flatMap((row) => faultOfRow(row) ?? []),
    ...[...held]
      .filter((row) => !offered.has(row.join()))
      .map((row) => `nobody sent ${row.join()}`),
  ];
  for (const { id, body, isSound } of sent) {
    const isDead = letters.has((await encodeDeadLetter(body)).id);
    const isStored = rowsIn(body).every(
      (row) => held.get(row[0]) === row[1] || revised.has(row.join()),
    );
    if (!result.explicitAcks.includes(id)) {
      faults.push(`${id} was not acknowledged: ${JSON.stringify(body)}`);
    }
    if (isSound && (isDead || !isStored)) {
      faults.push(`the sound ${id} is ${isDead ? "dead" : "lost"}: ${JSON.stringify(body)}`);
    }
    if (!isDead && !(isStored && rowsIn(body).length > 0)) {
      faults.push(`${id} is lost: ${JSON.stringify(body).slice(0, 500)}`);
    }
  }
  return faults;
}

describe(`${MESSAGES} spoilt messages, VITE_FUZZ_SEED=${SEED}`, () => {
  test(
    "are stored as they are or kept as dead letters, and spoil no other",
    { timeout: 60_000 + BATCHES * 2_000 },
    async () => {
      const faults: string[] = [];
      let dead = 0;
      for (let batch = 0; batch < BATCHES; batch += 1) {
        await emptyTables();
        const sent = batchOf(drawsOf(SEED, batch));
        const startedMs = Date.now();
        const result = await deliver(sent.map(({ id, body }) => ({ id, body })));
        if (Date.now() - startedMs > BATCH_MS_MAX) {
          faults.push(`batch ${batch} took ${Date.now() - startedMs} ms`);
        }
        const found = await faultsOfBatch(sent, result);
        faults.push(...found.map((fault) => `batch ${batch}: ${fault}`));
        const letters = await env.DB.prepare("SELECT count(*) AS n FROM dead_letters").first("n");
        dead += Number(letters);
      }
      expect(faults.slice(0, 3).join("\n")).toBe("");
      // Neither are all of them refused, nor do all of them pass: in each batch one says what it said.
      expect(dead).toBeGreaterThan(MESSAGES / 4);
      expect(dead).toBeLessThan(MESSAGES);
    },
  );
});
