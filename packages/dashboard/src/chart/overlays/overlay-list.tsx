import type { ComponentChildren } from "preact";
import { formatNumber } from "../../ui/format.ts";

interface OverlayListProps {
  readonly title: string;
  /** Null where it is no count of rows. */
  readonly count: number | null;
  readonly isLoading: boolean;
  /** What is told where there is none. */
  readonly nothing: string;
  /** What the list leaves out, and what to do about it. */
  readonly note?: string | null;
  readonly children: ComponentChildren;
}

/** What is drawn onto the chart as a list; opened when it is wanted. */
export function OverlayList(props: OverlayListProps) {
  const { title, count, isLoading, nothing, note = null, children } = props;
  return (
    <details class="overlay-list">
      <summary>
        <span class="overlay-list-title">{title}</span>
        {count === null ? null : <span class="tag">{isLoading ? "…" : formatNumber(count)}</span>}
      </summary>
      <div class="overlay-list-content">
        {note === null ? null : <p class="overlay-list-note">{note}</p>}
        {count === 0 ? (
          <p class="overlay-list-note">{isLoading ? "Loading…" : nothing}</p>
        ) : (
          children
        )}
      </div>
    </details>
  );
}
