import type { Tone } from "../ui/tag.tsx";

interface MeterProps {
  /** What is measured; told to a screen reader. */
  readonly label: string;
  /** From 0 to 1. */
  readonly ratio: number;
  /** The ratio in words. */
  readonly text: string;
  readonly tone: Tone;
}

/** How much of something is used, as a bar. */
export function Meter({ label, ratio, text, tone }: MeterProps) {
  const shown = Math.min(1, Math.max(0, ratio));
  return (
    <div
      class={`pipeline-meter pipeline-meter-${tone}`}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={1}
      aria-valuenow={shown}
      aria-valuetext={text}
    >
      <span style={{ inlineSize: `${shown * 100}%` }} />
    </div>
  );
}
