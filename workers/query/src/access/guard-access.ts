import {
  callerId,
  limitOf,
  mayCall,
  type Caller,
  type RouteScope,
} from "@candlehouse/shared/core/access";
import {
  CandlehouseError,
  ForbiddenError,
  UnauthorizedError,
  WritesClosedError,
} from "@candlehouse/shared/core/errors";
import { hasKeys } from "@candlehouse/shared/d1/api-keys";
import { log } from "@candlehouse/shared/log/log";
import type { MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { AppContext, AppEnv } from "../app.ts";
import { readAccessSettings, type AccessSettings } from "./access-settings.ts";
import { credentialOf } from "./credential.ts";
import { assertLoopbackHost, assertNoForeignPage } from "./foreign-order.ts";
import { identifyCaller, type Proofs } from "./identify-caller.ts";
import { countCall } from "./rate-limits.ts";
import { isLimited, routeScopeOf, takesFile, type DeclaredRoute } from "./route-scopes.ts";

/** A call that was let in, for what comes after. */
export interface Access {
  readonly caller: Caller;
  readonly route: DeclaredRoute;
  readonly scope: RouteScope;
}

/** What surrounds every route, and is none. */
const AROUND_ALL = "/*";

/** Nothing is known of who calls a route that is open to all. */
const NOBODY: Caller = { kind: "nobody", refusal: undefined };

/** A path without a route is answered by 404, or 405, whoever asks. */
const NO_ROUTE: DeclaredRoute = { method: "ALL", path: "no route" };

/**
 * Decides whether a call is let in, before anything of it is read but its headers. Goes around the
 * routes and inside of what every answer has, so that a refusal has it too.
 */
export function guardAccess(proofs: Proofs): MiddlewareHandler<AppEnv> {
  const refusals = new Refusals();
  return async (c, next) => {
    const found = matchedRoutes(c).find(({ path }) => path !== AROUND_ALL);
    const route = found ?? NO_ROUTE;
    const scope = found === undefined ? "open" : routeScopeOf(route);
    let caller = NOBODY;
    try {
      caller = await admit(c, route, scope, proofs);
    } catch (error) {
      refusals.tell(error, { route, scope, caller: callerOf(error) });
      // A connection that is closed on a sender who still sends takes the answer with it.
      await c.req.raw.body?.pipeTo(new WritableStream());
      throw error;
    }
    c.set("access", { caller, route, scope });
    await next();
    if (scope === "read" && readAccessSettings(c.env).reads === "keyed") {
      keepFromOthers(c.res.headers);
    }
  };
}

/** Who calls. Throws what keeps them out. */
async function admit(
  c: AppContext,
  route: DeclaredRoute,
  scope: RouteScope,
  proofs: Proofs,
): Promise<Caller> {
  const { url, headers } = c.req.raw;
  const address = headers.get("cf-connecting-ip") ?? undefined;
  if (scope === "open") {
    if (address !== undefined && isLimited(route)) {
      await count(c, NOBODY, address, readAccessSettings(c.env));
    }
    return NOBODY;
  }
  const settings = readAccessSettings(c.env);
  const isMoreThanRead = scope !== "read";
  if (settings.isLocal) {
    if (isMoreThanRead) {
      assertLoopbackHost(url, headers);
      assertNoForeignPage(url, headers, !takesFile(route));
    }
    return { kind: "local" };
  }
  const credential = credentialOf(headers);
  const nowMs = Date.now();
  // To look a key up costs a row read: whoever tries many is stopped before that.
  const isUnknown = credential?.kind === "key" && !proofs.keys.holds(credential.id, nowMs);
  if (isUnknown) {
    await count(c, NOBODY, address, settings);
  }
  const caller = await identifyCaller(credential, settings, proofs, c.env, nowMs);
  if (!isUnknown || caller.kind !== "nobody") {
    await count(c, caller, address, settings);
  }
  await assertAllowed(c.env, caller, scope, settings);
  if (isMoreThanRead && credential?.kind === "assertion") {
    assertNoForeignPage(url, headers, !takesFile(route));
  }
  return caller;
}

async function count(
  c: AppContext,
  caller: Caller,
  address: string | undefined,
  settings: AccessSettings,
): Promise<void> {
  const limit = limitOf(caller, address, settings.defaultRate);
  if (limit !== undefined) {
    await countCall(c.env, limit);
  }
}

async function assertAllowed(
  env: Pick<Env, "DB">,
  caller: Caller,
  scope: RouteScope,
  settings: AccessSettings,
): Promise<void> {
  const decision = mayCall(caller, scope, settings.reads);
  if (decision.isAllowed) {
    return;
  }
  if (decision.code === "forbidden") {
    throw new RefusedCallerError(decision.reason, caller);
  }
  if (scope !== "read" && !(await canAnybody(env, settings))) {
    throw new WritesClosedError(
      "no key is configured, so nobody may write: store the hexadecimal SHA-256 of a key of your choice as the secret BOOTSTRAP_KEY_SHA256 of the query Worker, then send Authorization: Bearer with the key",
    );
  }
  throw new UnauthorizedError(decision.reason);
}

/** Whether there is anything to show that would let somebody in. */
async function canAnybody(
  env: Pick<Env, "DB">,
  { bootstrapSha256, tokens }: AccessSettings,
): Promise<boolean> {
  return bootstrapSha256 !== undefined || tokens !== undefined || hasKeys(env.DB);
}

/** An answer that only some may read is not kept where others find it. */
function keepFromOthers(headers: Headers): void {
  const kept = headers.get("cache-control");
  if (kept !== null) {
    headers.set("cache-control", kept.replace(/\bpublic\b/, "private"));
  }
  headers.append("vary", "Authorization");
}

/** A caller who is known and may not do it: the log names the key. */
class RefusedCallerError extends ForbiddenError {
  readonly caller: Caller;

  constructor(reason: string, caller: Caller) {
    super(reason);
    this.caller = caller;
  }
}

function callerOf(error: unknown): Caller {
  return error instanceof RefusedCallerError ? error.caller : NOBODY;
}

/** Tells the log of calls that were not let in; of too many calls, once a minute and route. */
class Refusals {
  #minute = 0;
  readonly #told = new Set<string>();

  tell(error: unknown, { caller, route, scope }: Access): void {
    // What is no refusal is a failure, which is logged with its answer.
    if (!(error instanceof CandlehouseError) || error.code === "storage_unavailable") {
      return;
    }
    const { code, message: reason } = error;
    if (code === "rate_limited" && !this.#isFirst(`${route.method} ${route.path}`)) {
      return;
    }
    const { method, path } = route;
    log("access.refused", { code, scope, method, route: path, caller: callerId(caller), reason });
  }

  #isFirst(name: string): boolean {
    const minute = Math.floor(Date.now() / 60_000);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#told.clear();
    }
    const isFirst = !this.#told.has(name);
    this.#told.add(name);
    return isFirst;
  }
}
