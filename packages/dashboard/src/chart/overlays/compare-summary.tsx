import { parseSeries } from "@candlehouse/shared/core/series";
import { useMemo } from "preact/hooks";
import { useGet } from "../../api/use-get.ts";
import { zoneName } from "../../shell/settings.ts";
import { formatNumber, formatTime } from "../../ui/format.ts";
import { Stat, Stats } from "../../ui/panel.tsx";
import type { ChartPlace } from "../chart-place.ts";
import { differencesIn, haveOneScale, haveOneSymbol, marketName } from "./compare-market.ts";
import { OverlayList } from "./overlay-list.tsx";
import { candlesIn } from "./shown-range.ts";
import { COMPARED_CANDLES_MAX, useComparedCloses } from "./use-compared.ts";
import { rangeOf } from "./use-shown.ts";

/** Most candles of a source that one request compares with the consensus. */
const CONSENSUS_CANDLES_MAX = 2_000;

const points = (bps: number) => `${formatNumber(Math.round(bps * 100) / 100)} bps`;

/** How far the two markets lie apart in what is seen, and each from the consensus of all sources. */
export function CompareSummary({ place }: { readonly place: ChartPlace }) {
  const { compare, series } = place.state;
  const other = parseSeries(compare ?? "");
  const { data: closes } = useComparedCloses(place);
  const shown = place.shown.value;
  const own = place.loaded.value;
  const differences = useMemo(
    () =>
      closes === undefined || shown === null || own.timestamp.length > COMPARED_CANDLES_MAX
        ? null
        : differencesIn(own, closes, shown),
    [closes, shown, own],
  );
  if (compare === null || other === undefined || !haveOneScale(series, compare)) {
    return null;
  }
  const zone = zoneName();
  return (
    <OverlayList
      title={`Differences from ${marketName(other)} in view`}
      count={differences === null ? 0 : null}
      isLoading={closes === undefined}
      nothing="The two have no candle of one time here."
    >
      {differences === null ? null : (
        <Stats>
          <Stat name="Closes compared" value={formatNumber(differences.candles)} />
          <Stat name="Usual difference" value={points(differences.median)} note="median" />
          <Stat
            name="Largest difference"
            value={points(differences.largest)}
            note={formatTime(differences.largestAt, zone)}
          />
        </Stats>
      )}
      <Consensus place={place} />
    </OverlayList>
  );
}

/** What both are beside the consensus of all sources, where they are one market. */
function Consensus({ place }: { readonly place: ChartPlace }) {
  const { compare, series } = place.state;
  const own = parseSeries(series);
  const range = rangeOf(place);
  const isWanted =
    own !== undefined &&
    compare !== null &&
    haveOneSymbol(series, compare) &&
    range !== null &&
    candlesIn(range, place.timeframe) <= CONSENSUS_CANDLES_MAX;
  const query = {
    timeframe: place.timeframe,
    symbol: own?.symbol,
    limit: CONSENSUS_CANDLES_MAX,
    ...range,
  };
  const { data } = useGet("/v1/compare", query, { isWanted, keepsPrevious: true });
  const [symbol] = data?.symbols ?? [];
  if (!isWanted || symbol === undefined) {
    return null;
  }
  return (
    <Stats>
      {symbol.sources.map(({ source, summary }) => (
        <Stat
          key={source}
          name={`${source} from the consensus`}
          value={summary.median_deviation_bps === null ? "–" : points(summary.median_deviation_bps)}
          note={`${formatNumber(summary.deviating)} of ${formatNumber(summary.candles)} candles deviate`}
          tone={summary.deviating === 0 ? "plain" : "warning"}
        />
      ))}
    </Stats>
  );
}
