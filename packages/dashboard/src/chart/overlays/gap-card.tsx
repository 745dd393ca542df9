import type { ReadonlySignal } from "@preact/signals";
import { client } from "../../api/connection.ts";
import { useWrite } from "../../api/use-write.ts";
import { tellDone, tellFailed } from "../../shell/notices.tsx";
import { zoneName } from "../../shell/settings.ts";
import { Button } from "../../ui/button.tsx";
import { formatDuration } from "../../ui/format.ts";
import { Tag } from "../../ui/tag.tsx";
import type { ChartPlace } from "../chart-place.ts";
import { chosenGap } from "./chosen.ts";
import { gapId, isShortened, type GapRecord } from "./gap-span.ts";
import { evidenceSentences, GAP_WORDS, missingText, spanText, STATE_WORDS } from "./gap-words.ts";
import { OverlayCard } from "./overlay-card.tsx";

interface GapCardProps {
  readonly place: ChartPlace;
  /** The gaps as they are known now: what was chosen may have changed since. */
  readonly gaps: readonly GapRecord[];
  /** The gap under the crosshair. */
  readonly pointedGap: ReadonlySignal<GapRecord | null>;
}

/** Tells of the gap that was chosen, or of the one under the crosshair. */
export function GapCard({ place, gaps, pointedGap }: GapCardProps) {
  const chosen = chosenGap.value;
  const gap = chosen ?? pointedGap.value;
  if (gap === null) {
    return null;
  }
  const known = gaps.find((one) => gapId(one) === gapId(gap)) ?? gap;
  return <Card gap={known} isChosen={chosen !== null} place={place} />;
}

interface CardProps {
  readonly gap: GapRecord;
  readonly isChosen: boolean;
  readonly place: ChartPlace;
}

function Card({ gap, isChosen, place }: CardProps) {
  const zone = zoneName();
  const { name, meaning, tone } = GAP_WORDS[gap.class];
  const [reason, ...more] = evidenceSentences(gap, zone);
  const isCut = gap.runs === 1 && isShortened(gap, place.timeframe);
  return (
    <OverlayCard
      title={name}
      chart={place.chart}
      time={(gap.start + gap.end) / 2}
      swatch={`overlay-swatch-${tone}`}
      isChosen={isChosen}
    >
      <p class="overlay-card-time">{spanText(gap, zone)}</p>
      <p class="overlay-card-facts">
        <span>{missingText(gap)}</span>
        <span>{formatDuration(gap.end - gap.start)}</span>
        <Tag tone={gap.fillable ? "bad" : "plain"}>{STATE_WORDS[gap.state]}</Tag>
      </p>
      <p>{meaning}</p>
      {isChosen ? (
        <>
          <ul class="overlay-card-evidence">
            {[reason, ...more].map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
          {isCut ? <p class="overlay-card-hint">It is drawn shorter than it was.</p> : null}
          {gap.fillable ? <RepairButton gap={gap} /> : null}
        </>
      ) : (
        <p class="overlay-card-hint">Press the gap for what this rests on.</p>
      )}
    </OverlayCard>
  );
}

/** Has the source asked for the missing candles again. */
function RepairButton({ gap }: { readonly gap: GapRecord }) {
  const { mutateAsync, isPending } = useWrite(
    ({ series, start, end, class: name }: GapRecord) =>
      client.api.POST("/v1/gaps/repair", { body: { series, start, end, class: name } }),
    ["/v1/gaps", "/v1/backfills"],
  );
  return (
    <div class="overlay-card-actions">
      <Button
        kind="primary"
        isBusy={isPending}
        onClick={() => {
          mutateAsync(gap).then(({ message }) => tellDone(message), tellFailed);
        }}
      >
        Ask the source again
      </Button>
    </div>
  );
}
