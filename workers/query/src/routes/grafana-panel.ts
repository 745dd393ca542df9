import { z } from "@hono/zod-openapi";
import { acceptedType } from "../accepted-type.ts";
import { answer, CSV_TYPE, JSON_TYPE } from "../answer.ts";
import { CANDLE_PROBLEMS, NOT_MODIFIED, problemsOf } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { cacheFor, holdsSeconds } from "../edge-cache.ts";
import { assertKnownSeries } from "../find-series.ts";
import { panelQuery, servedPanelOf } from "../grafana/panel-query.ts";
import { panelCsv, panelJson } from "../grafana/panel-rows.ts";
import { panelRowsSchema } from "../grafana/schemas.ts";
import { readParameters } from "../parameters.ts";
import { servePages } from "../serve/serve-candles.ts";
import { PLAIN } from "../serve/serve-query.ts";
import { planOf, timingSince } from "../server-timing.ts";
import { readNowSeconds } from "../settings.ts";

/** GET /grafana/candles */
export function addPanelRoute(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/grafana/candles",
    operationId: "getGrafanaCandles",
    tags: ["grafana"],
    summary: "Candles as flat rows that the candlestick panel maps by itself",
    description:
      "A root array, oldest first, that is empty where there is nothing. Several series are told apart by the column series. Where a range holds more candles than a panel can show, the interval becomes coarser.",
    request: { query: panelQuery },
    responses: {
      200: {
        description: "A row a candle.",
        content: {
          [JSON_TYPE]: { schema: panelRowsSchema },
          "text/csv": { schema: z.string() },
        },
      },
      ...NOT_MODIFIED,
      ...problemsOf({
        400: "A parameter cannot be meant.",
        404: "Such a series is not known.",
        ...CANDLE_PROBLEMS,
      }),
    },
  });
  app.get("/grafana/candles", (c) => answerPanel(c));
}

async function answerPanel(c: AppContext): Promise<Response> {
  const startedMs = performance.now();
  const parameters = readParameters(panelQuery, c.req.queries());
  const now = readNowSeconds(c.env);
  const { pages, cost, ...state } = await servePages(c.env, servedPanelOf(parameters, now), now);
  const list = parameters.series.map((series, index) => ({
    series,
    candles: pages[index]?.candles ?? [],
  }));
  const empty = list.filter(({ candles }) => candles.length === 0);
  await assertKnownSeries(
    c.env.DB,
    empty.map(({ series }) => series),
  );
  const servedMs = performance.now();
  const isCsv = (parameters.format ?? acceptedFormat(c)) === "csv";
  const body = (isCsv ? panelCsv : panelJson)(list, parameters.time);
  const plan = planOf(pages, PLAIN, cost);
  return answer(body, {
    contentType: isCsv ? CSV_TYPE : JSON_TYPE,
    cacheControl: cacheFor(holdsSeconds(state)),
    headers: {
      vary: "Accept",
      "server-timing": timingSince({ startedMs, servedMs }, cost, plan),
    },
  });
}

/** Whatever else a client says that it accepts, JSON is what it gets. */
function acceptedFormat(c: AppContext): "json" | "csv" {
  const type = acceptedType(c.req.header("accept"), [JSON_TYPE, "text/csv"]);
  return type === "text/csv" ? "csv" : "json";
}
