import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { emptyStores } from "../../../packages/shared/test/empty-stores.ts";

// Test files run one after another in one workerd: each begins with empty stores.
await emptyStores(env, reset);
await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
