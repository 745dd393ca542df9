import type { D1Migration } from "cloudflare:test";

declare global {
  namespace Cloudflare {
    /** What the test configuration binds beside the Worker's own bindings. */
    interface Env {
      TEST_MIGRATIONS: D1Migration[];
      /** The local queue `compaction-dlq`, as the archiver's failures come to it. */
      COMPACTION_DLQ: Queue;
      /** Two databases that no migration has seen yet. */
      OLDER_DB: D1Database;
      NEW_DB: D1Database;
      /** Three that series are spread over. */
      FIRST_DB: D1Database;
      SECOND_DB: D1Database;
      THIRD_DB: D1Database;
    }
  }
}
