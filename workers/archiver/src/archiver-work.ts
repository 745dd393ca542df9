import { WorkerEntrypoint } from "cloudflare:workers";
import { contextOf } from "./context.ts";
import { countWork } from "./count-work.ts";
import { verifyOldest, type OldestVerified } from "./verify-oldest.ts";

/**
 * Does a part of the daily work in an invocation of its own, with its own share of CPU, statements and
 * subrequests.
 */
export class ArchiverWork extends WorkerEntrypoint<Env> {
  verifyOldest(): Promise<OldestVerified> {
    // The cron that calls it is what is billed.
    return countWork(contextOf(this.env), "archive", verifyOldest);
  }
}
