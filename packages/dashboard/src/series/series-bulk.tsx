import type { ComponentChildren } from "preact";
import { tellDone, tellFailed } from "../shell/notices.tsx";
import { Button } from "../ui/button.tsx";
import { formatNumber } from "../ui/format.ts";
import { TierSelect } from "./tier-select.tsx";
import { useSeriesChange, type SeriesChange } from "./use-series.ts";

interface SeriesBulkProps {
  /** Names of those that are chosen. */
  readonly chosen: readonly string[];
  /** Names of all that the filter leaves. */
  readonly shown: readonly string[];
  readonly onChoose: (chosen: ReadonlySet<string>) => void;
  /** What is said of those that are shown. */
  readonly summary: ComponentChildren;
}

/** What is done with all series that are chosen. */
export function SeriesBulk({ chosen, shown, onChoose, summary }: SeriesBulkProps) {
  const write = useSeriesChange();
  const change = (set: SeriesChange["set"]) =>
    void write
      .mutateAsync({ series: chosen, set })
      .then(() => tellDone(`${formatNumber(chosen.length)} series are changed.`))
      .catch(tellFailed);
  const isNone = chosen.length === 0;
  return (
    <div class="series-bulk" role="group" aria-label="What is done with those chosen">
      {summary}
      <span class="series-chosen" role="status">
        {isNone ? "" : `${formatNumber(chosen.length)} chosen`}
      </span>
      {chosen.length === shown.length ? null : (
        <Button onClick={() => onChoose(new Set(shown))}>
          Choose all {formatNumber(shown.length)}
        </Button>
      )}
      {isNone ? null : (
        <>
          <Button onClick={() => onChoose(new Set())}>Choose none</Button>
          <Button isBusy={write.isPending} onClick={() => change({ enabled: true })}>
            Collect
          </Button>
          <Button isBusy={write.isPending} onClick={() => change({ enabled: false })}>
            Stop collecting
          </Button>
          <TierSelect
            label="Set the tier…"
            tier={null}
            none="As their assets"
            disabled={write.isPending}
            onChange={(tier) => change({ tier })}
          />
        </>
      )}
    </div>
  );
}
