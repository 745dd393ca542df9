import { callerId, callerName } from "@candlehouse/shared/core/access";
import {
  addressWithoutSecrets,
  describeOrder,
  type AuditStart,
} from "@candlehouse/shared/core/access-audit";
import { keyIdOf } from "@candlehouse/shared/core/api-key";
import { beginAudit, endAudit } from "@candlehouse/shared/d1/audit-log";
import { readBody } from "@candlehouse/shared/http/read-body";
import { recordWork } from "@candlehouse/shared/ledger/record-work";
import { logHandlerFailure } from "@candlehouse/shared/log/log";
import type { MiddlewareHandler } from "hono";
import type { AppContext, AppEnv } from "../app.ts";
import { orderBytesMax } from "./body-limits.ts";
import { shownText } from "./credential.ts";
import { readNowSeconds } from "../settings.ts";
import { isOrder, takesFile } from "./route-scopes.ts";

/**
 * Records each order that was let in: before it is carried out, so that one that dies is in the log
 * as well, and what came of it after. An order that cannot be recorded is not carried out.
 */
export const auditOrders: MiddlewareHandler<AppEnv> = async (c, next) => {
  const { route, scope, cost } = c.get("access");
  if (!isOrder(route, scope)) {
    await next();
    return;
  }
  const body = takesFile(route) ? undefined : await takeBody(c);
  const startMs = Date.now();
  const start = startOf(c, body, startMs);
  cost.rowsWritten += await beginAudit(c.env.DB, start);
  await next();
  const result = { status: c.res.status, durationMs: Date.now() - startMs };
  try {
    cost.rowsWritten += await endAudit(c.env.DB, start, result);
  } catch (error) {
    // It was carried out, and its sender is told what came of it; the log keeps that it was begun.
    logHandlerFailure("audit log", error);
  }
  const counts = { rows_written: cost.rowsWritten };
  await recordWork(c.env.DB, "serve", counts, readNowSeconds(c.env));
};

function startOf(c: AppContext, body: string | undefined, startMs: number): AuditStart {
  const { caller } = c.get("access");
  const { pathname, search } = new URL(c.req.url);
  const announced = c.req.header("content-length");
  const shown = shownText(c.req.raw.headers);
  const bytes = announced === undefined ? body?.length : Number(announced);
  return {
    at: Math.floor(startMs / 1_000),
    id: `${String(startMs % 1_000).padStart(3, "0")}-${keyIdOf(crypto.getRandomValues(new Uint8Array(12)))}`,
    caller: callerId(caller),
    name: callerName(caller),
    method: c.req.method,
    path: addressWithoutSecrets(pathname, shown),
    detail: describeOrder({ query: search.slice(1), body, bytes, shown }),
  };
}

/** The body as text, and left where the route finds it again; undefined where there is none. */
async function takeBody(c: AppContext): Promise<string | undefined> {
  const { raw } = c.req;
  if (raw.body === null) {
    return undefined;
  }
  const body = await readBody(raw, orderBytesMax(c.get("access").route));
  const { url, method, headers } = raw;
  c.req.raw = new Request(url, { method, headers, body });
  return body;
}
