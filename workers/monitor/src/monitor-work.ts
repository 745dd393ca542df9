import { WorkerEntrypoint } from "cloudflare:workers";
import { contextOf } from "./context.ts";
import { scanPage, type ScanOrder, type ScanPage } from "./scan-page.ts";

/**
 * Does a page of the daily work in an invocation of its own, with its own share of CPU, statements
 * and subrequests: so a thousand series are scanned in one night.
 */
export class MonitorWork extends WorkerEntrypoint<Env> {
  scan(order: ScanOrder): Promise<ScanPage> {
    return scanPage(contextOf(this.env), order);
  }
}
