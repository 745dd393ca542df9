import type { Random } from "./random.ts";

/** What a call is made to, as far as it decides what may go wrong with it. */
export type CallKind =
  | "d1"
  | "r2"
  | "r2 put if absent"
  | "r2 file put if absent"
  | "queue"
  | "service"
  | "source"
  | "sleep"
  | "step";

/** What may go wrong with a call of any kind. */
const FAILURES = [
  "fails before",
  "fails after",
  "times out",
  "killed before",
  "killed after",
] as const;

/** What a source may answer instead of what is so. */
export const LIES = [
  "429",
  "418",
  "503",
  "garbage",
  "cut short",
  "empty",
  "restated",
  "clock ahead",
  "clock behind",
] as const;
export type Lie = (typeof LIES)[number];

export type Fate =
  | "works"
  | (typeof FAILURES)[number]
  | Lie
  | "lost to the same"
  | "lost to a damaged one";

/** The fates of a call beside "works", by its kind. */
export const FATES: Readonly<Record<CallKind, readonly Fate[]>> = {
  d1: FAILURES,
  r2: FAILURES,
  "r2 put if absent": [...FAILURES, "lost to the same"],
  "r2 file put if absent": [...FAILURES, "lost to the same", "lost to a damaged one"],
  queue: FAILURES,
  service: FAILURES,
  source: ["fails before", "times out", "killed before", ...LIES],
  sleep: ["killed before"],
  // The engine forgets that a step was done and does it again, or its machine dies around it.
  step: ["fails after", "killed before", "killed after"],
};

/** https://developers.cloudflare.com/d1/observability/debug-d1/ */
const D1_FAILURES = [
  "D1_ERROR: D1 DB is overloaded. Requests queued for too long.",
  "D1_ERROR: D1 DB is overloaded. Too many requests queued.",
  "D1_ERROR: Network connection lost.",
  "D1_ERROR: D1 DB reset because its code was updated.",
  "D1_ERROR: Internal error in D1 DB storage caused object to be reset.",
  "D1_ERROR: Cannot resolve D1 DB due to transient issue on remote node.",
];
const D1_TIMEOUTS = [
  "D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.",
];

/** https://developers.cloudflare.com/r2/api/error-codes/ */
const R2_FAILURES = [
  "We encountered an internal error. Please try again. (10001)",
  "Reduce your concurrent request rate for the same object. (10058)",
  "Network connection lost.",
];
const R2_TIMEOUTS = ["Please retry your request: it timed out. (10054)"];

const QUEUE_FAILURES = ["Queue sendBatch failed: Too Many Requests", "Network connection lost."];
const QUEUE_TIMEOUTS = ["Queue sendBatch failed: Internal Server Error"];

const SERVICE_FAILURES = ["Network connection lost.", "internal error; reference = fault-suite"];
const SERVICE_TIMEOUTS = ["The call to the service timed out."];

/** The error that a call of `kind` fails with, by its real text. */
export function errorOf(kind: CallKind, isTimeout: boolean, random: Random): Error {
  switch (kind) {
    case "d1":
      return new Error(random.pick(isTimeout ? D1_TIMEOUTS : D1_FAILURES));
    case "r2":
    case "r2 put if absent":
    case "r2 file put if absent":
      return new Error(random.pick(isTimeout ? R2_TIMEOUTS : R2_FAILURES));
    case "queue":
      return new Error(random.pick(isTimeout ? QUEUE_TIMEOUTS : QUEUE_FAILURES));
    case "source":
      return isTimeout
        ? new DOMException("The operation was aborted due to timeout", "TimeoutError")
        : new TypeError("Network connection lost.");
    case "service":
    case "sleep":
    case "step":
      return new Error(random.pick(isTimeout ? SERVICE_TIMEOUTS : SERVICE_FAILURES));
  }
}
