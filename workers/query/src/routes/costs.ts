import {
  billOf,
  elapsedRatio,
  monthOf,
  NOT_COUNTED,
  parseMonth,
  PLAN,
  type Month,
} from "@candlehouse/shared/core/cost";
import { InvalidInputError } from "@candlehouse/shared/core/errors";
import { sumCounts, WORKS, type LedgerCounts } from "@candlehouse/shared/core/ledger";
import { readLastChange } from "@candlehouse/shared/d1/archive-changes";
import type { D1Cost } from "@candlehouse/shared/d1/read-candles";
import { readMonth, type WorkOfDay } from "@candlehouse/shared/d1/read-cost";
import { z } from "@hono/zod-openapi";
import { AnswerMemory } from "../answer-memory.ts";
import { NOT_MODIFIED, problemsOf } from "../answer-schemas.ts";
import { answer, CACHE_BRIEFLY, JSON_TYPE } from "../answer.ts";
import type { App, AppContext } from "../app.ts";
import type { ArchiveFigures } from "../archive-figures.ts";
import { asksPastCaches } from "../cache-control.ts";
import { costsSchema } from "../operations-schemas.ts";
import { readParameters } from "../parameters.ts";
import { readBudget } from "../read-budget.ts";
import { CACHE_HIT } from "../server-timing.ts";
import { readNowSeconds } from "../settings.ts";

const MONTH_FORM = "a month that has begun, such as 2026-11; UTC";

const costsQuery = z.strictObject({
  month: z
    .string("give it once")
    .refine((text) => parseMonth(text) !== undefined, MONTH_FORM)
    .optional()
    .openapi({
      description: `${MONTH_FORM}. The running one where it is not given.`,
      examples: ["2026-11"],
    }),
});

/** How long an answer is kept, real milliseconds. */
const HOLDS_MS = 60_000;

/** GET /v1/costs */
export function addCostsRoute(app: App, figures: ArchiveFigures): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/costs",
    operationId: "getCosts",
    tags: ["system"],
    summary: "What the system did in a month, and what is billed of it",
    description:
      "From the ledger, a row an hour and kind of work. What was done is projected to the month's end as if it went on as it went from its beginning to now; what lies in storage, in the running month alone, as if it stayed.",
    request: { query: costsQuery },
    responses: {
      200: {
        description: "By what is billed, by kind of work, and by day.",
        content: { [JSON_TYPE]: { schema: costsSchema } },
      },
      ...NOT_MODIFIED,
      ...problemsOf({
        400: "The month cannot be meant, or has not begun.",
        503: "The database does not answer now.",
      }),
    },
  });
  const memory = new AnswerMemory(HOLDS_MS);
  app.get("/v1/costs", (c) => answerCosts(c, memory, figures));
}

async function answerCosts(
  c: AppContext,
  memory: AnswerMemory,
  figures: ArchiveFigures,
): Promise<Response> {
  const at = readNowSeconds(c.env);
  const { month: name = monthOf(at) } = readParameters(costsQuery, c.req.queries());
  const month = parseMonth(name);
  if (month === undefined || month.start > at) {
    throw new InvalidInputError("month", name, MONTH_FORM);
  }
  const nowMs = Date.now();
  const head = { contentType: JSON_TYPE, cacheControl: CACHE_BRIEFLY };
  const kept = asksPastCaches(c.req.header("cache-control"))
    ? undefined
    : memory.recall(name, nowMs);
  if (kept !== undefined) {
    return answer(kept, { ...head, headers: { "server-timing": CACHE_HIT } });
  }
  const found = await readMonth(c.env.DB, month);
  const isRunning = at < month.end;
  const storage = isRunning ? await readStorage(c.env.DB, figures, nowMs) : undefined;
  const budget = isRunning ? await readBudget(c.env.PRODUCER) : null;
  const stored =
    storage === undefined
      ? {}
      : { d1_storage: found.databaseBytes, r2_storage: storage.storedBytes };
  const cost = {
    rowsRead: found.rowsRead + (storage?.rowsRead ?? 0),
    durationMs: found.durationMs + (storage?.durationMs ?? 0),
  };
  const body = JSON.stringify({
    month: name,
    at,
    ...describe(found.days, stored, month, at),
    plan: PLAN,
    budget,
    not_counted: NOT_COUNTED,
    meta: { durationMs: cost.durationMs },
  });
  memory.keep(name, body, nowMs);
  return answer(body, { ...head, cost });
}

/** What lies on R2, as far as the manifest names it. */
async function readStorage(
  db: D1Database,
  figures: ArchiveFigures,
  nowMs: number,
): Promise<D1Cost & { readonly storedBytes: number }> {
  const last = await readLastChange(db);
  const { summary, rowsRead, durationMs } = await figures.read(db, last.mark, nowMs);
  return {
    storedBytes: summary.stored_bytes,
    rowsRead: rowsRead + last.rowsRead,
    durationMs: durationMs + last.durationMs,
  };
}

function describe(
  found: readonly WorkOfDay[],
  stored: Parameters<typeof billOf>[1],
  month: Month,
  at: number,
) {
  const elapsed = elapsedRatio(month, at);
  const bill = billOf(sumCounts(found), stored, elapsed);
  const byDay = Map.groupBy(found, ({ day }) => day);
  return {
    elapsed_ratio: elapsed,
    items: bill.items,
    works: WORKS.flatMap((work) => {
      const parts: readonly LedgerCounts[] = found.filter((one) => one.work === work);
      return parts.length === 0 ? [] : [{ work, ...sumCounts(parts) }];
    }),
    days: Array.from(byDay, ([day, parts]) => ({ day, ...sumCounts(parts) })),
    projected_usd: bill.projected_usd,
  };
}
