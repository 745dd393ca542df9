import { showValue } from "@candlehouse/shared/core/errors";
import { isSourceId, SOURCES, type SourceId } from "@candlehouse/shared/core/source";
import { isTimeframe } from "@candlehouse/shared/core/timeframe";
import { binance } from "./binance.ts";
import { coinbase } from "./coinbase.ts";
import { coingecko } from "./coingecko.ts";
import { cryptocompare } from "./cryptocompare.ts";
import { finnhub } from "./finnhub.ts";
import { kraken } from "./kraken.ts";
import { massive } from "./massive.ts";
import type { Source } from "./source.ts";

/** Every source that can be collected from. */
const sources = createRegistry([
  binance,
  kraken,
  coinbase,
  cryptocompare,
  coingecko,
  massive,
  finnhub,
]);

/** All sources, each once. */
export function allSources(): readonly Source[] {
  return [...sources.values()];
}

/** The source of that id. */
export function sourceOf(id: SourceId): Source {
  const source = sources.get(id);
  if (source === undefined) {
    throw new Error(`source ${showValue(id)} is not in the registry`);
  }
  return source;
}

/** Sources by id. Throws a sentence where the list is not one good source for each known id. */
export function createRegistry(list: readonly Source[]): ReadonlyMap<SourceId, Source> {
  const byId = new Map<SourceId, Source>();
  for (const source of list) {
    const fault = findFault(source);
    if (fault !== undefined) {
      throw new Error(`source ${showValue(source.id)} ${fault}`);
    }
    if (byId.has(source.id)) {
      throw new Error(`source ${showValue(source.id)} is in the registry twice`);
    }
    byId.set(source.id, source);
  }
  const missing = SOURCES.filter((id) => !byId.has(id));
  if (missing.length > 0) {
    throw new Error(`sources ${showValue(missing)} are not in the registry`);
  }
  return byId;
}

function findFault(source: Source): string | undefined {
  const { rate, timeframes, hosts, newestOnly, candlesPerRequest, longerPages } = source;
  if (!isSourceId(source.id)) {
    return `is none of ${SOURCES.join(", ")}`;
  }
  const unknown = timeframes.find((timeframe) => !isTimeframe(timeframe));
  if (unknown !== undefined || timeframes.length === 0) {
    return `has no timeframe, or one that is unknown: ${showValue(timeframes)}`;
  }
  if (hosts.length === 0 || hosts.some((host) => !/^[a-z0-9.-]+$/.test(host))) {
    return `has no host, or one that is no host name: ${showValue(hosts)}`;
  }
  if (!isCount(candlesPerRequest) || !(newestOnly === null || isCount(newestOnly))) {
    return `gives ${candlesPerRequest} candles a request, of the newest ${newestOnly}`;
  }
  const short = Object.values(longerPages).find((most) => !isCount(most - candlesPerRequest));
  if (short !== undefined) {
    return `gives ${short} candles a request where it gives ${candlesPerRequest} in every timeframe`;
  }
  if (!(rate.perSecond > 0 && rate.burst >= rate.requestWeight)) {
    return `has a rate that lets no request through: ${showValue(rate)}`;
  }
  const perMinute = (rate.perSecond * 60) / rate.requestWeight;
  if (!isCount(source.requestsPerMinute) || source.requestsPerMinute > perMinute) {
    return `plans ${source.requestsPerMinute} requests a minute where its rate lets ${perMinute} through`;
  }
  if (source.keyNeededSince !== null && source.keyName === null) {
    return "needs a key that has no name";
  }
  return undefined;
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1;
}
