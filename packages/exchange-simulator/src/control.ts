import { Hono } from "hono";
import { z } from "zod";
import type { Clock } from "./clock.ts";
import type { FaultBook } from "./faults.ts";
import type { RequestLog } from "./request-log.ts";
import { SOURCE_HOSTS } from "./sources.ts";

const clockSetting = z.strictObject({
  nowMs: z.number().min(0).max(8.64e15).optional(),
  speed: z.number().min(0).max(1_000_000).optional(),
});

/** What other processes steer. */
export interface Controls {
  readonly clock: Clock;
  readonly faults: FaultBook;
  readonly log: RequestLog;
}

/** The routes below /control, and an index at /. */
export function controlRoutes({ clock, faults, log }: Controls): Hono {
  const routes = new Hono();
  const clockNow = (): unknown => ({
    nowMs: clock.nowMs(),
    now: new Date(clock.nowMs()).toISOString(),
    speed: clock.speed(),
  });
  routes.get("/", (context) => context.json({ hosts: SOURCE_HOSTS, clock: clockNow() }));
  routes.get("/control/clock", (context) => context.json(clockNow()));
  routes.put("/control/clock", async (context) => {
    const setting = clockSetting.safeParse(await bodyOf(context.req.raw));
    if (!setting.success) {
      const [issue] = setting.error.issues;
      return context.json({ error: `The clock setting is not valid: ${issue?.message}.` }, 400);
    }
    clock.set(setting.data);
    return context.json(clockNow());
  });
  routes.get("/control/requests", (context) => context.json(log.all()));
  routes.delete("/control/requests", (context) => {
    log.clear();
    return context.body(null, 204);
  });
  routes.get("/control/faults", (context) => context.json(faults.waiting()));
  routes.post("/control/faults", async (context) => {
    try {
      faults.inject(await bodyOf(context.req.raw));
    } catch (error) {
      return context.json({ error: error instanceof Error ? error.message : String(error) }, 400);
    }
    return context.json(faults.waiting(), 201);
  });
  routes.delete("/control/faults", (context) => {
    faults.clear();
    return context.body(null, 204);
  });
  routes.notFound((context) =>
    context.json({ error: `Nothing is served at ${context.req.path}.`, hosts: SOURCE_HOSTS }, 404),
  );
  return routes;
}

/** The body as JSON; undefined where it is not JSON, which no schema takes. */
async function bodyOf(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch {
    return undefined;
  }
}
