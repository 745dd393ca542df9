import { WorkerEntrypoint } from "cloudflare:workers";
import { contextOf } from "./context.ts";
import { countWork } from "./count-work.ts";
import { scanPage, type ScanOrder, type ScanPage } from "./scan-page.ts";

/**
 * Does a page of the daily work in an invocation of its own, with its own share of CPU, statements
 * and subrequests: so a thousand series are scanned in one night.
 */
export class MonitorWork extends WorkerEntrypoint<Env> {
  scan(order: ScanOrder): Promise<ScanPage> {
    // The cron that calls it is what is billed.
    return countWork(contextOf(this.env), (context) => scanPage(context, order), 0);
  }
}
