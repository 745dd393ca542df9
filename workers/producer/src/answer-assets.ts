import { aliasesOf, isTicker } from "@candlehouse/shared/core/asset";
import {
  applyAssetChange,
  resolveSuccessor,
  type AssetChange,
} from "@candlehouse/shared/core/asset-change";
import { tableAsset } from "@candlehouse/shared/core/asset-table";
import { InvalidInputError } from "@candlehouse/shared/core/errors";
import {
  ASSET_COLUMNS,
  putAsset,
  readAssets,
  type AssetColumn,
} from "@candlehouse/shared/d1/assets";
import { jsonResponse, type Route } from "@candlehouse/shared/http/answer-routes";
import { readBody } from "@candlehouse/shared/http/read-body";
import { log } from "@candlehouse/shared/log/log";
import { parseAssetOrder } from "./asset-order.ts";
import type { ProducerContext } from "./context.ts";

/** Most bytes in an order; a sensible one has a hundred. */
const ORDER_BYTES_MAX = 16_000;

/** The route that changes what is known of an asset. */
export const ASSET_ROUTES: readonly Route<ProducerContext>[] = [
  { method: "PUT", path: /^\/v1\/assets\/([^/]+)$/, answer: answerAssetChange },
];

async function answerAssetChange(
  { env }: ProducerContext,
  request: Request,
  name: string,
): Promise<Response> {
  const startMs = Date.now();
  const order = parseAssetOrder(await readBody(request, ORDER_BYTES_MAX));
  const assets = (await readAssets(env.DB)).rows;
  const aliases = aliasesOf(assets);
  const ticker = aliases.get(name) ?? name;
  if (!isTicker(ticker)) {
    throw new InvalidInputError("ticker", name, "letters and digits in upper case, such as BTC");
  }
  const { successor } = order;
  const change: AssetChange =
    successor === undefined || successor === null
      ? order
      : { ...order, successor: resolveSuccessor(ticker, successor, aliases) };
  const asset = applyAssetChange(
    assets.find((one) => one.ticker === ticker) ?? tableAsset(ticker),
    change,
    assets,
  );
  const series = await putAsset(env.DB, asset, columnsOf(change));
  log("assets.changed", {
    ticker,
    tier: asset.tier,
    assigned: asset.assigned,
    series,
    durationMs: Date.now() - startMs,
  });
  const called = ticker === name ? "" : `${name} is ${ticker} here. `;
  const follow = series === 0 ? "" : ` ${series} series of it changed to this tier.`;
  return jsonResponse({
    asset,
    series_changed: series,
    message: `${called}${ticker} is of tier ${asset.tier}.${follow}`,
  });
}

/** The columns that `change` gives; with the tier goes who gave it. */
function columnsOf(change: AssetChange): AssetColumn[] {
  return ASSET_COLUMNS.filter(
    (column) => change[column === "assigned" ? "tier" : column] !== undefined,
  );
}
