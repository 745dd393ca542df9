/** A stretch of time, Unix milliseconds: `startMs` is part of it, `endMs` is not. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** What is left of `span` without `holes`, oldest first. */
export function spanWithout(span: Span, holes: readonly Span[]): readonly Span[] {
  return holes.reduce<readonly Span[]>(
    (parts, hole) =>
      parts.flatMap((part) =>
        [
          { startMs: part.startMs, endMs: Math.min(part.endMs, hole.startMs) },
          { startMs: Math.max(part.startMs, hole.endMs), endMs: part.endMs },
        ].filter(({ startMs, endMs }) => startMs < endMs),
      ),
    [span],
  );
}
