import type { Timeframe } from "@candlehouse/shared/core/timeframe";
import { useId } from "preact/hooks";
import { Select } from "../ui/select.tsx";

interface TimeframeChoiceProps {
  /** Those that candles can be had in, ascending. */
  readonly offered: readonly Timeframe[];
  /** Those of them that are stored; the others are made of these. */
  readonly stored: readonly Timeframe[];
  readonly value: Timeframe;
  readonly onChange: (timeframe: Timeframe) => void;
}

/** Timeframes that most readers want, stored or not. */
const USUAL: ReadonlySet<Timeframe> = new Set(["1h", "4h", "1d", "1w"]);

/** The stored and the usual timeframes as buttons where there is room, and all in a list. */
export function TimeframeChoice({ offered, stored, value, onChange }: TimeframeChoiceProps) {
  const name = useId();
  const inSight = offered.filter((one) => one === value || stored.includes(one) || USUAL.has(one));
  return (
    <div class="chart-choice">
      <fieldset class="segments chart-wide">
        <legend class="only-read">Timeframe</legend>
        {inSight.map((timeframe) => (
          <label key={timeframe} class="segment" title={noteOf(timeframe, stored)}>
            <input
              type="radio"
              name={name}
              value={timeframe}
              checked={timeframe === value}
              onChange={() => onChange(timeframe)}
            />
            <span class={stored.includes(timeframe) ? "chart-stored" : ""}>
              {timeframe}
              <span class="only-read">, {noteOf(timeframe, stored)}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <Select
        label="Every timeframe"
        options={offered.map((timeframe) => ({
          value: timeframe,
          label: stored.includes(timeframe) ? timeframe : `${timeframe} (rolled up)`,
        }))}
        value={value}
        onChange={onChange}
      />
    </div>
  );
}

function noteOf(timeframe: Timeframe, stored: readonly Timeframe[]): string {
  return stored.includes(timeframe) ? "stored" : "made of finer candles";
}
