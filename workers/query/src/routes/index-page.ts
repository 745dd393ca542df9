import { acceptedType } from "../accepted-type.ts";
import { answer, CACHE_BRIEFLY, JSON_TYPE } from "../answer.ts";
import type { App, AppContext } from "../app.ts";

/** Where to go from here: name, path, and what is there. */
const PLACES = [
  ["docs", "/docs", "the reference of all requests, to read and to try out"],
  ["openapi", "/openapi.json", "the same for programs"],
  ["series", "/v1/series", "what is collected, how far it is and how late"],
  ["latest", "/v1/latest", "the newest candle of every series"],
  ["archive", "/v1/archive", "the Parquet files of the archive, to read over HTTP"],
  ["tradingview", "/udf/config", "the door for TradingView charts; their datafeed address is /udf"],
  ["binance", "/binance/api/v3/exchangeInfo", "the door for ccxt and others, as Binance's is"],
  ["grafana", "/grafana", "the door for Grafana"],
  ["gaps", "/v1/gaps", "what is missing, and why"],
  ["sources", "/v1/sources", "how each source is doing"],
  ["dead_letters", "/v1/dead-letters", "messages that could not be stored, with reasons"],
  ["health", "/health", "whether the system answers"],
] as const;

const LINKS = Object.fromEntries(PLACES.map(([name, path]) => [name, path]));

const CSP_OF_INDEX =
  "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const INDEX_PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Candlehouse</title>
    <link rel="icon" href="/docs/favicon-32x32.png">
    <link rel="stylesheet" href="/docs/index.css">
  </head>
  <body>
    <main>
      <h1>Candlehouse</h1>
      <p>A warehouse for market candles. The candles of a series are at
        <code>/v1/candles?series=binance:BTC-USDT:1m</code>.</p>
      <dl>
${PLACES.map(
  ([, path, what]) => `        <dt><a href="${path}">${path}</a></dt><dd>${what}</dd>`,
).join("\n")}
      </dl>
    </main>
  </body>
</html>
`;

/** GET /, where a browser gets a page and everybody else the same as JSON. */
export function addIndexRoute(app: App): void {
  app.get("/", (c) => answerIndex(c));
}

function answerIndex(c: AppContext): Promise<Response> {
  const html = acceptedType(c.req.header("accept"), [JSON_TYPE, "text/html"]) === "text/html";
  return answer(html ? INDEX_PAGE : JSON.stringify({ name: "candlehouse", links: LINKS }), {
    contentType: html ? "text/html; charset=utf-8" : JSON_TYPE,
    cacheControl: CACHE_BRIEFLY,
    headers: { vary: "Accept", ...(html ? { "content-security-policy": CSP_OF_INDEX } : {}) },
  });
}
