import { CalendarSearch } from "lucide-preact";
import { useState } from "preact/hooks";
import { timeframeSeconds } from "@candlehouse/shared/core/timeframe";
import { Button } from "../ui/button.tsx";
import { Popover } from "../ui/popover.tsx";
import { TimeField } from "../ui/time-field.tsx";
import type { ChartPlace } from "./chart-place.ts";

/** Candles that are shown around a time that is gone to, where nothing was shown before. */
const COUNT = 150;

/** Moves the chart to a time, or to the newest candle. */
export function GoTo({ place }: { readonly place: ChartPlace }) {
  return (
    <Popover
      label="Go to a time"
      button={
        <>
          <CalendarSearch aria-hidden="true" />
          <span class="chart-tool-name">Go to</span>
        </>
      }
    >
      {(close) => <GoToForm place={place} onDone={close} />}
    </Popover>
  );
}

function GoToForm({ place, onDone }: { readonly place: ChartPlace; readonly onDone: () => void }) {
  const { shown, timeframe, change } = place;
  const seen = shown.peek();
  const [time, setTime] = useState(seen?.start ?? null);
  const half =
    seen === null ? (COUNT / 2) * timeframeSeconds(timeframe) : (seen.end - seen.start) / 2;
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        if (time !== null) {
          change({
            range: { start: Math.round(time - half), end: Math.round(time + half) },
            count: null,
          });
          onDone();
        }
      }}
    >
      <TimeField label="Go to" value={time} onChange={setTime} />
      <div class="form-actions">
        <Button
          onClick={() => {
            change({ range: null, count: null });
            onDone();
          }}
        >
          Newest candle
        </Button>
        <Button kind="primary" type="submit" disabled={time === null}>
          Go
        </Button>
      </div>
    </form>
  );
}
