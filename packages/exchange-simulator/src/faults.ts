import { z } from "zod";
import { parseDecimal, type Decimal } from "./decimal.ts";
import type { Span } from "./market/span.ts";
import { drawsFor, keyOf } from "./market/seeded.ts";

const target = {
  /** Real host, as in the first part of the path. */
  host: z.string().min(1).optional(),
  /** Part of the path with its query, as it was asked. */
  pathIncludes: z.string().min(1).optional(),
  /** Native symbol, as it was asked. */
  symbol: z.string().min(1).optional(),
  /** How many requests it meets; null: until faults are cleared. 1 unless said; null for `restate` and `absent`. */
  times: z.int().min(1).nullable().optional(),
  /** Share of the matching requests that it meets, 0 to 1. */
  probability: z.number().min(0).max(1).optional(),
};

const faultSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    ...target,
    kind: z.literal("status"),
    status: z.int().min(200).max(599),
    /** A string is sent as it is, anything else as JSON. Absent: Binance's own for 451, else none. */
    body: z.unknown().optional(),
    headers: z.record(z.string(), z.string()).optional(),
  }),
  z.strictObject({ ...target, kind: z.literal("delay"), delayMs: z.number().min(0).max(600_000) }),
  z.strictObject({ ...target, kind: z.literal("cut") }),
  z.strictObject({
    ...target,
    kind: z.literal("restate"),
    /** Open time of the candle, Unix milliseconds. */
    timestamp: z.int(),
    /** Close and volume are multiplied by it. */
    factor: z.number().positive().max(1000),
  }),
  z
    .strictObject({
      ...target,
      kind: z.literal("absent"),
      /** As it is asked, or the source's own name of the market. */
      symbol: z.string().min(1),
      /** The minutes that are not there: the first, and the first that is there again; Unix milliseconds. */
      startMs: z.int().multipleOf(60_000),
      endMs: z.int().multipleOf(60_000),
    })
    .refine(({ startMs, endMs }) => startMs < endMs, "endMs is not after startMs"),
  z.strictObject({ ...target, kind: z.literal("truncate"), rows: z.int().min(0) }),
  z.strictObject({ ...target, kind: z.literal("garbage") }),
]);

/** Something that goes wrong on purpose. */
export type Fault = z.input<typeof faultSchema>;

/** What a fault is matched with. */
export interface FaultSubject {
  readonly host: string;
  readonly pathAndQuery: string;
  readonly symbol: string | undefined;
}

export interface Restatement {
  readonly openMs: number;
  readonly factor: Decimal;
}

/** The faults that wait for requests. */
export interface FaultBook {
  /** Throws an error with a sentence when `fault` is none. */
  inject(fault: unknown): void;
  /** The faults that `subject` meets, each counted as used once. */
  meet(subject: FaultSubject): readonly Fault[];
  /** Faults that are not used up, with the number of times left. */
  waiting(): readonly Fault[];
  clear(): void;
}

export function createFaultBook(seed: number): FaultBook {
  const draw = drawsFor(keyOf(seed, "faults"));
  let entries: { readonly fault: Fault; left: number }[] = [];
  return {
    inject(fault) {
      const parsed = parseFault(fault);
      const stays = parsed.kind === "restate" || parsed.kind === "absent";
      const times = parsed.times === undefined && !stays ? 1 : parsed.times;
      entries.push({ fault: parsed, left: times ?? Infinity });
    },
    meet(subject) {
      const met: Fault[] = [];
      for (const entry of entries) {
        const { probability = 1 } = entry.fault;
        if (matches(entry.fault, subject) && (probability >= 1 || draw() < probability)) {
          entry.left -= 1;
          met.push(entry.fault);
        }
      }
      entries = entries.filter((entry) => entry.left > 0);
      return met;
    },
    waiting: () =>
      entries.map(({ fault, left }) => ({ ...fault, times: left === Infinity ? null : left })),
    clear() {
      entries = [];
    },
  };
}

/** The restatements among `faults`. */
export function restatementsOf(faults: readonly Fault[]): readonly Restatement[] {
  return faults
    .filter((fault) => fault.kind === "restate")
    .map((fault) => ({ openMs: fault.timestamp, factor: parseDecimal(String(fault.factor)) }));
}

/** The minutes that `faults` take out of the market `symbol`, which was asked for as `asked`. */
export function absencesOf(
  faults: readonly Fault[],
  symbol: string,
  asked: string | undefined,
): readonly Span[] {
  return faults
    .filter((fault) => fault.kind === "absent")
    .filter((fault) => fault.symbol === symbol || fault.symbol === asked);
}

function parseFault(fault: unknown): Fault {
  const parsed = faultSchema.safeParse(fault);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue?.path.join(".") ?? "";
    throw new Error(`The fault is not valid${place && ` at "${place}"`}: ${issue?.message}.`);
  }
  return parsed.data;
}

function matches(fault: Fault, subject: FaultSubject): boolean {
  // What is absent is absent from answers about all markets too: the market decides, not the address.
  const symbol = fault.kind === "absent" ? undefined : fault.symbol;
  return (
    (fault.host === undefined || fault.host === subject.host) &&
    (fault.pathIncludes === undefined || subject.pathAndQuery.includes(fault.pathIncludes)) &&
    (symbol === undefined || symbol === subject.symbol)
  );
}
