import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";

// Test files run one after another in one workerd: each begins with empty stores.
await reset();
await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
