import { Link } from "wouter-preact";
import {
  evidenceSentences,
  GAP_WORDS,
  missingText,
  spanText,
  STATE_WORDS,
} from "../chart/overlays/gap-words.ts";
import { zone, zoneName } from "../shell/settings.ts";
import { Tag } from "../ui/tag.tsx";
import type { GapRecord } from "./day-coverage.ts";
import { adviceFor, STATE_TONES } from "./day-words.ts";
import { chartLinkOf } from "./links.ts";

interface GapCardProps {
  readonly gap: GapRecord;
  /** Whether the series is named: of several, each is another one's. */
  readonly isNamed: boolean;
  /** Whether there is room for its evidence at once. */
  readonly isAlone: boolean;
}

/** One gap: what is missing, why, on what evidence, and what to do. */
export function GapCard({ gap, isNamed, isAlone }: GapCardProps) {
  const { name, meaning } = GAP_WORDS[gap.class];
  return (
    <li class="gap-card">
      <div class="gap-card-head">
        <h3>{name}</h3>
        <Tag tone={STATE_TONES[gap.state]}>{STATE_WORDS[gap.state]}</Tag>
      </div>
      {isNamed ? <p class="number">{gap.series}</p> : null}
      <p>
        {missingText(gap)},{" "}
        <Link href={chartLinkOf(gap)}>{spanText(gap, zoneName(zone.value))}</Link>
      </p>
      <p class="gap-card-quiet">
        {meaning} {adviceFor(gap)}
      </p>
      <details open={isAlone}>
        <summary>What that rests on</summary>
        <ul class="gap-card-evidence">
          {evidenceSentences(gap, zoneName(zone.value)).map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      </details>
    </li>
  );
}
