import type { ReplayFailure } from "../core/dead-letter.ts";

/** Events about dead letters that somebody sees to. events.ts has the others. */
export interface DeadLetterEvents {
  /** Dead letters were sent again. Logged by consumer once a `POST /v1/dead-letters/replay`. */
  "dead_letters.replayed": {
    replayed: number;
    /** In those that were sent. */
    candles: number;
    /** Not sent or not marked, and of the first of them why. */
    failed: number;
    code: ReplayFailure | null;
    reason: string | null;
    /** Open ones that match and are left to a later request. */
    remaining: number;
    durationMs: number;
  };
  /** Dead letters were given up. Logged by consumer once a `POST /v1/dead-letters/discard`. */
  "dead_letters.discarded": {
    discarded: number;
    /** Named, but not open: they stay as they are. */
    left: number;
    reason: string;
    durationMs: number;
  };
}
