import { aliasesOf, resolveSymbol, type Aliases, type Asset } from "@candlehouse/shared/core/asset";
import { InvalidInputError, NotFoundError } from "@candlehouse/shared/core/errors";
import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { splitSymbol } from "@candlehouse/shared/core/symbol";
import { readAssets } from "@candlehouse/shared/d1/assets";
import {
  addSeries,
  changeSeries,
  findUncollected,
  type SeriesChoice,
} from "@candlehouse/shared/d1/edit-series";
import { readNativeNames } from "@candlehouse/shared/d1/markets";
import { jsonResponse, type Route } from "@candlehouse/shared/http/answer-routes";
import { readBody } from "@candlehouse/shared/http/read-body";
import { log } from "@candlehouse/shared/log/log";
import type { ProducerContext } from "./context.ts";
import { planNewSeries } from "./new-series-plan.ts";
import {
  parseNewSeriesOrder,
  parseSeriesChangeOrder,
  resolveNames,
  SYMBOL_FORM,
  type SeriesChangeOrder,
  type SeriesNames,
} from "./series-order.ts";
import { keyOf, readSettings } from "./settings.ts";
import { sourceOf } from "./sources/registry.ts";
import { offReason } from "./sources/source.ts";

/** Most bytes in an order: a thousand names of series, the longest there are. */
const ORDER_BYTES_MAX = 128_000;

/** The routes that add series and change them. */
export const SERIES_ROUTES: readonly Route<ProducerContext>[] = [
  { method: "POST", path: /^\/v1\/series$/, answer: answerNewSeries },
  { method: "PATCH", path: /^\/v1\/series$/, answer: answerSeriesChange },
];

async function answerNewSeries({ env }: ProducerContext, request: Request): Promise<Response> {
  const startMs = Date.now();
  const order = parseNewSeriesOrder(await readBody(request, ORDER_BYTES_MAX));
  const assets = (await readAssets(env.DB)).rows;
  const aliases = aliasesOf(assets);
  const wanted = resolveNames(order.names, aliases);
  const plan = planNewSeries(order, wanted, await readNativeNames(env.DB, wanted));
  const { tier, enabled } = order;
  const isAdded = new Set((await addSeries(env.DB, { ...plan, tier, enabled })).map(formatSeries));
  const names = wanted.map(formatSeries);
  const added = names.filter((name) => isAdded.has(name));
  const known = names.filter((name) => !isAdded.has(name));
  log("series.changed", {
    asked: wanted.length,
    added: added.length,
    changed: 0,
    durationMs: Date.now() - startMs,
  });
  const message = [
    tellCounts(added.length, known.length),
    ...tellAliases(order.names, aliases),
    ...tellSuccessors(wanted, assets),
    ...tellOff(env, wanted),
  ].join(" ");
  return jsonResponse({ added, known, message });
}

function tellCounts(added: number, known: number): string {
  const stays = `${known} ${known === 1 ? "was there already and stays as it is" : "were there already and stay as they are"}.`;
  return known === 0 ? `Added ${added} series.` : `Added ${added} series; ${stays}`;
}

/** `XBT-USD is BTC-USD here.` */
function tellAliases(names: SeriesNames, aliases: Aliases): string[] {
  return [...new Set(names.list.map(({ symbol }) => symbol))].flatMap((given) => {
    const symbol = resolveSymbol(given, aliases);
    return symbol === given ? [] : [`${given} is ${symbol} here.`];
  });
}

function tellSuccessors(wanted: readonly Series[], assets: readonly Asset[]): string[] {
  const bases = new Set(wanted.map(({ symbol }) => splitSymbol(symbol).base));
  return assets.flatMap(({ ticker, successor }) =>
    successor !== null && bases.has(ticker) ? [`${ticker} has a successor, ${successor}.`] : [],
  );
}

/** Why the series of a source will not be collected, where its key is missing. */
function tellOff(env: Env, wanted: readonly Series[]): string[] {
  const { keys } = readSettings(env);
  const sources = [...new Set(wanted.map(({ source }) => source))].map(sourceOf);
  return sources.flatMap((source) => {
    const reason = offReason(source, keyOf(source, keys));
    return reason === undefined ? [] : [`${reason}.`];
  });
}

async function answerSeriesChange({ env }: ProducerContext, request: Request): Promise<Response> {
  const startMs = Date.now();
  const order = parseSeriesChangeOrder(await readBody(request, ORDER_BYTES_MAX));
  const choice = await chooseSeries(env.DB, order);
  const { matched, changed } = await changeSeries(env.DB, choice, order.change);
  log("series.changed", { asked: matched, added: 0, changed, durationMs: Date.now() - startMs });
  const message =
    matched === 0
      ? "No series is like that, so nothing changed."
      : `Changed ${changed} of ${matched} series${changed < matched ? "; the others were so already" : ""}.`;
  return jsonResponse({ changed, message });
}

/** The series that `order` means. Throws InvalidInputError, or NotFoundError where one is not there. */
async function chooseSeries(db: D1Database, order: SeriesChangeOrder): Promise<SeriesChoice> {
  const aliases = aliasesOf((await readAssets(db)).rows);
  if (order.names !== undefined) {
    const series = resolveNames(order.names, aliases);
    const [missing] = await findUncollected(db, series);
    if (missing !== undefined) {
      throw new NotFoundError(
        `there is no series ${formatSeries(missing)}, so nothing was changed; POST /v1/series adds it`,
      );
    }
    return { series };
  }
  const { symbol, ...filter } = order.filter;
  if (symbol === undefined) {
    return { filter };
  }
  const resolved = resolveSymbol(symbol, aliases);
  if (resolved === undefined) {
    throw new InvalidInputError("symbol", symbol, SYMBOL_FORM);
  }
  return { filter: { ...filter, symbol: resolved } };
}
