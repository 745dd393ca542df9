interface ProgressProps {
  /** What goes on; told to a screen reader. */
  readonly label: string;
  /** From 0 to 1; null where nobody knows how far it is. */
  readonly ratio: number | null;
  readonly tone?: "plain" | "good" | "warning" | "bad";
}

/** How far something is, as a bar. */
export function Progress({ label, ratio, tone = "plain" }: ProgressProps) {
  return (
    <progress
      class={`progress progress-${tone}`}
      aria-label={label}
      max={1}
      {...(ratio === null ? {} : { value: Math.min(1, Math.max(0, ratio)) })}
    />
  );
}
