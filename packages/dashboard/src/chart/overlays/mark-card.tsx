import type { ReadonlySignal } from "@preact/signals";
import { zoneName } from "../../shell/settings.ts";
import { formatTime } from "../../ui/format.ts";
import type { ChartPlace } from "../chart-place.ts";
import { chosenMark } from "./chosen.ts";
import { outlierText, revisionText, type Mark } from "./mark.ts";
import { OverlayCard } from "./overlay-card.tsx";

interface MarkCardProps {
  readonly place: ChartPlace;
  /** The mark of the candle under the crosshair. */
  readonly pointedMark: ReadonlySignal<Mark | null>;
}

/** Tells of the candle that was chosen for its mark, or of the one under the crosshair. */
export function MarkCard({ place, pointedMark }: MarkCardProps) {
  const chosen = chosenMark.value;
  const mark = chosen ?? pointedMark.value;
  if (mark === null) {
    return null;
  }
  return (
    <OverlayCard
      chart={place.chart}
      time={mark.timestamp}
      title={titleOf(mark)}
      swatch={mark.outliers.length > 0 ? "overlay-swatch-outlier" : "overlay-swatch-revision"}
      isChosen={chosen !== null}
    >
      <p class="overlay-card-time">{formatTime(mark.timestamp, zoneName())}</p>
      <MarkFacts mark={mark} />
    </OverlayCard>
  );
}

function titleOf({ revisions, outliers }: Mark): string {
  if (outliers.length === 0) {
    return revisions.length === 1 ? "Changed later" : `Changed later, ${revisions.length} times`;
  }
  return revisions.length === 0 ? "Outlier" : "Outlier, and changed later";
}

/** All that is said against a candle. */
function MarkFacts({ mark: { revisions, outliers } }: { readonly mark: Mark }) {
  const zone = zoneName();
  return (
    <>
      {outliers.length === 0 ? null : (
        <ul class="overlay-card-evidence">
          {outliers.map((outlier) => (
            <li key={outlier.field}>{outlierText(outlier)}</li>
          ))}
        </ul>
      )}
      {revisions.length === 0 ? null : (
        <ul class="overlay-card-evidence">
          {revisions.map((revision) => (
            <li key={revision.seen_at}>{revisionText(revision, zone)}</li>
          ))}
        </ul>
      )}
      <p class="overlay-hint">
        {outliers.length > 0
          ? "The candles around contradict it. It may be real all the same: nothing stored was changed."
          : "The chart shows what was stored first: a stored candle never changes."}
      </p>
    </>
  );
}
