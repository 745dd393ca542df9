import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";

// Applies what is not applied yet: a set-up file may run more than once.
await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
