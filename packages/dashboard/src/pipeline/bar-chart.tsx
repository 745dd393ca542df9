import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatCompact } from "../ui/format.ts";
import { axisTop, stackParts, sum } from "./bar-layout.ts";

/** What a part of each bar is; the first one stands at the bottom. */
export interface BarSeries {
  readonly id: string;
  readonly name: string;
}

/** One bar. */
export interface Bar {
  readonly id: string | number;
  /** Its name in full. */
  readonly label: string;
  /** What stands below it; null where nothing does. */
  readonly tick: string | null;
  /** Whether its tick is one of those that a narrow screen has room for. */
  readonly isMain: boolean;
  /** Of each series. */
  readonly values: readonly number[];
}

interface BarChartProps {
  /** What is chosen by moving along it: told to a screen reader. */
  readonly label: string;
  readonly series: readonly BarSeries[];
  /** Oldest first. */
  readonly bars: readonly Bar[];
  readonly format: (value: number) => string;
  /** What is said where no bar is chosen and the sums are shown. */
  readonly all: string;
}

/** Stacked bars. The one below the pointer, or chosen by the arrow keys, is read out above them. */
export function BarChart(props: BarChartProps) {
  const { series, bars, format, all } = props;
  const [chosen, setChosen] = useState<number | null>(null);
  const bar = chosen === null ? undefined : bars[chosen];
  const sums = series.map((_, index) => sum(bars.map(({ values }) => values[index] ?? 0)));
  const top = axisTop(bars.map(({ values }) => values));
  return (
    <div class="pipeline-bars">
      <Readout
        title={bar?.label ?? all}
        series={series}
        values={bar?.values ?? sums}
        format={format}
      />
      <div class="pipeline-bars-plot">
        <div class="pipeline-bars-axis" aria-hidden="true">
          <span>{formatCompact(top)}</span>
          <span>{formatCompact(top / 2)}</span>
          <span>0</span>
        </div>
        <Drawing {...props} top={top} chosen={chosen} onChoose={setChosen} />
        <div class="pipeline-bars-ticks" aria-hidden="true">
          {bars.map(({ id, tick, isMain }) => (
            <span key={id}>
              {tick === null ? null : <span class={isMain ? "is-main" : ""}>{tick}</span>}
            </span>
          ))}
        </div>
      </div>
    </div>
  );
}

interface ReadoutProps {
  readonly title: string;
  readonly series: readonly BarSeries[];
  readonly values: readonly number[];
  readonly format: (value: number) => string;
}

/** The legend, with the figures of what is chosen. */
function Readout({ title, series, values, format }: ReadoutProps) {
  return (
    <div class="pipeline-bars-readout">
      <strong>{title}</strong>
      <dl>
        {series.map(({ id, name }, index) => (
          <div key={id}>
            <dt>
              <span class={`pipeline-swatch pipeline-swatch-${id}`} aria-hidden="true" />
              {name}
            </dt>
            <dd>{format(values[index] ?? 0)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

interface DrawingProps extends BarChartProps {
  readonly top: number;
  readonly chosen: number | null;
  readonly onChoose: (index: number | null) => void;
}

/** The bars. To a screen reader it is a slider along them, which says each one's values. */
function Drawing({ label, series, bars, format, all, top, chosen, onChoose }: DrawingProps) {
  const last = bars.length - 1;
  const bar = chosen === null ? undefined : bars[chosen];
  const text =
    bar === undefined
      ? `${all}; press an arrow key for one`
      : `${bar.label}: ${series.map(({ name }, index) => `${format(bar.values[index] ?? 0)} ${name}`).join(", ")}`;
  return (
    <div
      class="pipeline-bars-drawing"
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={last}
      aria-valuenow={chosen ?? last}
      aria-valuetext={text}
      onKeyDown={(event) => {
        const next = indexAfter(event.key, chosen, last);
        if (next !== undefined) {
          event.preventDefault();
          onChoose(next);
        }
      }}
      onPointerMove={(event) => onChoose(indexAt(event, bars.length))}
      onPointerDown={(event) => onChoose(indexAt(event, bars.length))}
      onPointerLeave={({ pointerType }) => {
        // A finger leaves when it is lifted: what it chose stays to be read.
        if (pointerType === "mouse") {
          onChoose(null);
        }
      }}
      onBlur={() => onChoose(null)}
    >
      <svg viewBox={`0 0 ${bars.length} 100`} preserveAspectRatio="none" aria-hidden="true">
        {chosen === null ? null : (
          <rect class="pipeline-bars-chosen" x={chosen} y={0} width={1} height={100} />
        )}
        {bars.map(({ id, values }, index) =>
          stackParts(values, top).map((part) => (
            <rect
              key={`${id} ${part.series}`}
              class={`pipeline-bar-${series[part.series]?.id ?? ""}`}
              x={index + 0.12}
              y={part.top}
              width={0.76}
              height={part.height}
            />
          )),
        )}
      </svg>
    </div>
  );
}

function indexAt(event: JSX.TargetedPointerEvent<HTMLElement>, count: number): number {
  const { left, width } = event.currentTarget.getBoundingClientRect();
  const ratio = (event.clientX - left) / width;
  return Math.min(count - 1, Math.max(0, Math.floor(ratio * count)));
}

/** The bar that `key` goes to from `chosen`; null: from all to none; undefined: not a key of this. */
function indexAfter(key: string, chosen: number | null, last: number): number | null | undefined {
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return chosen === null ? last : Math.max(0, chosen - 1);
    case "ArrowRight":
    case "ArrowUp":
      return chosen === null ? last : Math.min(last, chosen + 1);
    case "Home":
      return 0;
    case "End":
      return last;
    case "Escape":
      return chosen === null ? undefined : null;
    default:
      return undefined;
  }
}
