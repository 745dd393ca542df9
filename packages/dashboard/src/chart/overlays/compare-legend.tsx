import { useComputed, useSignal, type ReadonlySignal } from "@preact/signals";
import { parseSeries } from "@candlehouse/shared/core/series";
import { X } from "lucide-preact";
import { useEffect } from "preact/hooks";
import { formatPrice } from "../../ui/format.ts";
import type { ChartPlace } from "../chart-place.ts";
import { basisPoints, haveOneScale, marketName, type Closes } from "./compare-market.ts";
import { LegendRow } from "./legend-row.tsx";
import { valueAt } from "./value-at.ts";
import { COMPARED_COLOUR } from "./use-compared.ts";

interface CompareLegendProps {
  readonly place: ChartPlace;
  /** Undefined until they are there. */
  readonly closes: Closes | undefined;
  /** What keeps them from being there; null where nothing does. */
  readonly trouble: string | null;
  /** Open time under the crosshair. */
  readonly pointed: ReadonlySignal<number | null>;
}

/** The other market with its close at the crosshair, and how far it lies from the candle's. */
export function CompareLegend({ place, closes, trouble, pointed }: CompareLegendProps) {
  const { series, compare } = place.state;
  const other = parseSeries(compare ?? "");
  const text = useCloseText(place, closes, pointed);
  if (compare === null || other === undefined) {
    return null;
  }
  const name = marketName(other);
  return (
    <LegendRow
      name={name}
      action={{
        label: `Compare with ${name} no more`,
        icon: <X aria-hidden="true" />,
        onClick: () => place.change({ compare: null }),
      }}
    >
      <span class="overlay-value">
        <span
          class="overlay-line"
          style={{ backgroundColor: `var(${COMPARED_COLOUR})` }}
          aria-hidden="true"
        />
        {trouble === null ? <span class="number">{text}</span> : <span>{trouble}</span>}
      </span>
      {haveOneScale(series, compare) ? null : (
        <span class="overlay-value-name">both in percent of the first candle in view</span>
      )}
    </LegendRow>
  );
}

const BPS_DIGITS = new Intl.NumberFormat("en-GB", {
  maximumFractionDigits: 1,
  signDisplay: "exceptZero",
});

/** The close at the crosshair, or the last one seen, with the difference where the prices are alike. */
function useCloseText(
  place: ChartPlace,
  closes: Closes | undefined,
  pointed: ReadonlySignal<number | null>,
): ReadonlySignal<string> {
  // What the text is reckoned from must be signals: nothing else makes it anew.
  const known = useSignal({ place, closes });
  useEffect(() => {
    known.value = { place, closes };
  }, [known, place, closes]);
  return useComputed(() => {
    const { loaded, shown, state } = known.value.place;
    const own = loaded.value;
    const others = known.value.closes ?? { timestamp: [], close: [] };
    const told = { time: pointed.value, end: shown.value?.end ?? Infinity };
    const other = valueAt(others.timestamp, others.close, told);
    const close = valueAt(own.timestamp, own.close, told);
    if (other === null) {
      return "no candle";
    }
    return close === null || state.compare === null || !haveOneScale(state.series, state.compare)
      ? formatPrice(other)
      : `${formatPrice(other)}  ${BPS_DIGITS.format(basisPoints(close, other))} bps`;
  });
}
