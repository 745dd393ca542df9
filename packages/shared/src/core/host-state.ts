import { z } from "zod";
import { SOURCES } from "./source.ts";

/** How one host of a source is treated now. Times are unix seconds by the system's clock. */
export const hostState = z.strictObject({
  host: z.string(),
  state: z.enum(["open", "silent", "probing"]),
  silent_until: z.int().nullable(),
  reason: z.enum(["rate_limited", "blocked", "unavailable", "weight"]).nullable(),
  strikes: z.int(),
  used_ratio: z.number(),
  burst: z.number(),
  per_second: z.number(),
});
export type HostState = z.output<typeof hostState>;

/** What the producer answers to `GET /v1/hosts`. */
export const hostsAnswer = z.strictObject({
  sources: z.array(z.strictObject({ source: z.enum(SOURCES), hosts: z.array(hostState) })),
});
export type HostsAnswer = z.output<typeof hostsAnswer>;
