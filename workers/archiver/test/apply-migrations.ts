import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";

/** Work of the file before may be under way still, and write to what was just emptied. */
const RESETS_MAX = 20;
const PAUSE_MS = 50;

/** Whether neither a table nor an object of the file before is left. */
async function isEmpty(): Promise<boolean> {
  const table = await env.DB.prepare(
    "SELECT 1 FROM sqlite_master WHERE name = 'd1_migrations'",
  ).first();
  const { objects } = await env.BUCKET.list({ limit: 1 });
  return table === null && objects.length === 0;
}

// Test files run one after another in one workerd: each begins with empty stores.
await reset();
for (let resets = 1; !(await isEmpty()); resets += 1) {
  if (resets === RESETS_MAX) {
    throw new Error(`the stores are not empty after ${resets} resets: what writes to them?`);
  }
  await scheduler.wait(PAUSE_MS);
  await reset();
}
await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
