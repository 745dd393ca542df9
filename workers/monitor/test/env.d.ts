import type { D1Migration } from "cloudflare:test";

declare global {
  namespace Cloudflare {
    /** What the test configuration binds beside the Worker's own bindings. */
    interface Env {
      TEST_MIGRATIONS: D1Migration[];
    }
  }
}
