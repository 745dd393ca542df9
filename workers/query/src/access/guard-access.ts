import { limitOf, mayCall, type Caller, type RouteScope } from "@candlehouse/shared/core/access";
import {
  IdentityUnavailableError,
  StorageUnavailableError,
  UnauthorizedError,
  WritesClosedError,
} from "@candlehouse/shared/core/errors";
import { hasKeys } from "@candlehouse/shared/d1/api-keys";
import { discardBody } from "@candlehouse/shared/http/read-body";
import { logHandlerFailure } from "@candlehouse/shared/log/log";
import type { MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { AppContext, AppEnv } from "../app.ts";
import { readAccessSettings, type AccessSettings } from "./access-settings.ts";
import { credentialOf, type Credential } from "./credential.ts";
import { assertLoopbackHost, assertNoForeignPage } from "./foreign-order.ts";
import { identifyCaller, type Proofs } from "./identify-caller.ts";
import { countCall } from "./rate-limits.ts";
import { isLimited, routeScopeOf, takesFile, type DeclaredRoute } from "./route-scopes.ts";
import { callerOf, RefusedCallerError, Refusals } from "./refusals.ts";
import { watchEvents } from "./watch-stream.ts";

/** A call that was let in, for what comes after. */
export interface Access {
  readonly caller: Caller;
  readonly route: DeclaredRoute;
  readonly scope: RouteScope;
  /** What recording it, and keys, has cost so far, for the ledger. */
  readonly cost: { rowsWritten: number };
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
      await discardBody(c.req.raw);
      throw error;
    }
    c.set("access", { caller, route, scope, cost: { rowsWritten: 0 } });
    await next();
    if (scope === "read" && readAccessSettings(c.env).reads === "keyed") {
      keepFromOthers(c.res.headers);
      watchEvents(c, caller, proofs);
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
  // Who reads the description alone, such as what makes the client's types, brings no settings.
  const settings = readAccessSettings(c.env ?? {});
  const isMoreThanRead = scope === "write" || scope === "admin";
  if (settings.isLocal) {
    if (isMoreThanRead) {
      assertLoopbackHost(url, headers);
      assertNoForeignPage(url, headers, !takesFile(route));
    }
    return { kind: "local" };
  }
  if (scope === "open") {
    if (isLimited(route)) {
      await count(c, NOBODY, address, settings);
    }
    return NOBODY;
  }
  const credential = credentialOf(headers);
  const nowMs = Date.now();
  // To look a key up costs a row read: whoever tries many is stopped before that.
  const isUnknown = credential?.kind === "key" && !proofs.keys.holds(credential.id, nowMs);
  if (isUnknown) {
    await count(c, NOBODY, address, settings);
  }
  const caller = await identify(c, credential, scope, settings, proofs);
  if (!isUnknown || caller.kind !== "nobody") {
    await count(c, caller, address, settings);
  }
  await assertAllowed(c.env, caller, scope, settings);
  if (isMoreThanRead && credential?.kind === "assertion") {
    assertNoForeignPage(url, headers, !takesFile(route));
  }
  return caller;
}

/** Who shows `credential`. Where all may read, who that is may be found out another time. */
async function identify(
  c: AppContext,
  credential: Credential | undefined,
  scope: RouteScope,
  settings: AccessSettings,
  proofs: Proofs,
): Promise<Caller> {
  try {
    return await identifyCaller(credential, settings, proofs, c.env, Date.now());
  } catch (error) {
    const isUnavailable =
      error instanceof IdentityUnavailableError || error instanceof StorageUnavailableError;
    if (!isUnavailable || scope !== "read" || settings.reads !== "open") {
      throw error;
    }
    logHandlerFailure("who reads", error);
    return NOBODY;
  }
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
