import type { D1Migration } from "cloudflare:test";

declare global {
  namespace Cloudflare {
    /** What the test configuration binds beside the Worker's own bindings. */
    interface Env {
      TEST_MIGRATIONS: D1Migration[];
      /** What the monitor's requests to hosts arrive at. */
      INTERNET: Fetcher;
      /** Writes mails to files. */
      TEST_EMAIL: SendEmail;
    }
  }
}
