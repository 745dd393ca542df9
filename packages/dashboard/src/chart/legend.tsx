import { useComputed, type ReadonlySignal } from "@preact/signals";
import { placeOf } from "./candle-columns.ts";
import type { LoadedCandles, TimeRange } from "./chart-place.ts";
import { describeCandle, type CandleText } from "./legend-text.ts";

interface LegendProps {
  /** Whose candles, as it stands over them. */
  readonly title: string;
  readonly loaded: ReadonlySignal<LoadedCandles>;
  readonly shown: ReadonlySignal<TimeRange | null>;
  /** Open time under the crosshair; null where it is nowhere: then the last candle seen is told. */
  readonly pointed: ReadonlySignal<number | null>;
  readonly digits: ReadonlySignal<number>;
  readonly timeZone: string;
}

const EMPTY: CandleText = {
  time: "",
  open: "–",
  high: "–",
  low: "–",
  close: "–",
  change: "",
  tone: "up",
  volume: "–",
  note: "",
};

/**
 * The values of the candle under the crosshair. Its texts are signals: nothing is drawn anew but
 * they while the crosshair moves.
 */
export function Legend({ title, loaded, shown, pointed, digits, timeZone }: LegendProps) {
  const text = useComputed(() => {
    const { timestamp } = loaded.value;
    const { value: time } = pointed;
    const last = placeOf(timestamp, shown.value?.end ?? Infinity) - 1;
    const place = time === null ? last : placeOf(timestamp, time);
    const isThere = time === null || timestamp[place] === time;
    const style = { timeZone, digits: digits.value };
    return (isThere ? describeCandle(loaded.value, place, style) : null) ?? EMPTY;
  });
  const valueClass = useComputed(() => `chart-legend-values is-${text.value.tone}`);
  const noteClass = useComputed(() => (text.value.note === "" ? "" : "tag tag-warning"));
  return (
    <div class="chart-legend-row">
      <p class="chart-legend-title">
        <strong>{title}</strong>{" "}
        <span class="chart-legend-time">{useComputed(() => text.value.time)}</span>
      </p>
      <dl class={valueClass}>
        <Value name="O" title="Open" value={useComputed(() => text.value.open)} />
        <Value name="H" title="High" value={useComputed(() => text.value.high)} />
        <Value name="L" title="Low" value={useComputed(() => text.value.low)} />
        <Value name="C" title="Close" value={useComputed(() => text.value.close)} />
        <Value name="Δ" title="Change" value={useComputed(() => text.value.change)} />
        <Value name="Vol" title="Volume" value={useComputed(() => text.value.volume)} />
      </dl>
      <span class={noteClass}>{useComputed(() => text.value.note)}</span>
    </div>
  );
}

function Value({
  name,
  title,
  value,
}: {
  readonly name: string;
  readonly title: string;
  readonly value: ReadonlySignal<string>;
}) {
  return (
    <div class="chart-legend-value" title={title}>
      <dt>
        <span aria-hidden="true">{name}</span>
        <span class="only-read">{title}</span>
      </dt>
      <dd>{value}</dd>
    </div>
  );
}
