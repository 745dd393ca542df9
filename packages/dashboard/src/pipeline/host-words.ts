import type { Source } from "@candlehouse/client";
import { formatDuration, formatRatio } from "../ui/format.ts";
import type { Tone } from "../ui/tag.tsx";
import type { Host } from "./answers.ts";

/** Why a host is not asked. */
const REASONS: Readonly<Record<NonNullable<Host["reason"]>, string>> = {
  rate_limited: "it said that we ask too much",
  blocked: "it refused us",
  unavailable: "it failed again and again",
  weight: "its own count of our requests neared its limit",
};

/** The share of the limit from which on requests soon have to wait. */
const MUCH_USED = 0.8;

/** How `host` is treated at `nowSeconds`, in a word and in a sentence. */
export function describeHost(
  host: Host,
  nowSeconds: number,
): { readonly tone: Tone; readonly word: string; readonly sentence: string } {
  const why = host.reason === null ? "" : `: ${REASONS[host.reason]}`;
  const strikes = host.strikes > 1 ? ` ${host.strikes} times in a row` : "";
  if (host.state === "silent") {
    const seconds = (host.silent_until ?? nowSeconds) - nowSeconds;
    const left = seconds > 0 ? ` for ${formatDuration(seconds)}` : "";
    return { tone: "bad", word: "Silent", sentence: `Not asked${left}${why}${strikes}.` };
  }
  if (host.state === "probing") {
    return {
      tone: "warning",
      word: "Probing",
      sentence: `One request tries whether it answers again${why}${strikes}.`,
    };
  }
  return { tone: "good", word: "Open", sentence: "Asked as needed." };
}

/** How much of its limit is used now. */
export function describeUse({ used_ratio: used, burst, per_second: rate }: Host): {
  readonly tone: Tone;
  readonly text: string;
  readonly limit: string;
} {
  return {
    tone: used >= MUCH_USED ? "warning" : "good",
    text: formatRatio(used),
    limit: `${round(burst)} at once, ${rate >= 1 ? `${round(rate)} a second` : `${round(rate * 60)} a minute`}`,
  };
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** When a source last failed, as a whole or in one series; unix seconds, null where it has not. */
export function lastErrorAt({
  last_error_at: whole,
  last_error: one,
}: Pick<Source, "last_error" | "last_error_at">): number | null {
  return one === null ? whole : Math.max(whole ?? one.at, one.at);
}
