/** What a Worker of the tests stores in. */
export interface TestStores {
  readonly DB: D1Database;
  readonly BUCKET: R2Bucket;
}

const RESETS_MAX = 20;
const PAUSE_MS = 50;

/**
 * Empties `stores` by `reset`, vitest-plugin's, until neither a table nor an object is left: what a
 * test file left under way may still write to them, and brings back what is being deleted. Throws
 * where they do not become empty.
 */
export async function emptyStores(stores: TestStores, reset: () => Promise<void>): Promise<void> {
  await reset();
  for (let resets = 1; !(await areEmpty(stores)); resets += 1) {
    if (resets === RESETS_MAX) {
      throw new Error(`the stores are not empty after ${resets} resets: what writes to them?`);
    }
    await scheduler.wait(PAUSE_MS);
    await reset();
  }
}

async function areEmpty({ DB, BUCKET }: TestStores): Promise<boolean> {
  const table = await DB.prepare(
    "SELECT 1 FROM sqlite_master WHERE name = 'd1_migrations'",
  ).first();
  const { objects } = await BUCKET.list({ limit: 1 });
  return table === null && objects.length === 0;
}
