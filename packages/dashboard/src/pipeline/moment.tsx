import { now } from "../shell/clock.ts";
import { zone, zoneName } from "../shell/settings.ts";
import { formatAgo, formatTime } from "../ui/format.ts";

interface MomentProps {
  /** Unix seconds; null where it has not been. */
  readonly at: number | null;
  /** What is shown where it has not been. */
  readonly never?: string;
}

/** How long ago something was; the time itself is its tooltip. */
export function Moment({ at, never = "never" }: MomentProps) {
  if (at === null) {
    return <span class="pipeline-quiet">{never}</span>;
  }
  return (
    <time
      dateTime={new Date(at * 1_000).toISOString()}
      title={formatTime(at, zoneName(zone.value))}
    >
      {formatAgo(at, now.value)}
    </time>
  );
}

/** The time itself. */
export function Instant({ at }: { readonly at: number }) {
  return (
    <time dateTime={new Date(at * 1_000).toISOString()} title={formatAgo(at, now.value)}>
      {formatTime(at, zoneName(zone.value))}
    </time>
  );
}
