import type { Alert } from "@candlehouse/client";

/** What an alert is about, for somebody who sees it the first time; the runbook tells what to do. */
export interface Advice {
  readonly title: string;
  /** Where on these pages more is seen: an address. */
  readonly place: string;
  readonly placeName: string;
}

/** By the kind of alert. */
const ADVICE: Readonly<Record<string, Advice>> = {
  series_stale: {
    title: "Series are late",
    place: "/series",
    placeName: "Series",
  },
  source_failing: {
    title: "A source fails",
    place: "#sources",
    placeName: "Sources",
  },
  source_off: {
    title: "A source cannot be asked",
    place: "#sources",
    placeName: "Sources",
  },
  source_errors: {
    title: "A source fails often",
    place: "#sources",
    placeName: "Sources",
  },
  dead_letters_open: {
    title: "Messages could not be stored",
    place: "#letters",
    placeName: "Dead letters",
  },
  queue_backlog: {
    title: "A queue is behind",
    place: "#queues",
    placeName: "Queues",
  },
  archive_damaged: {
    title: "Files of the archive are damaged",
    place: "#archive",
    placeName: "Archive",
  },
  archive_late: {
    title: "The archive is late",
    place: "#archive",
    placeName: "Archive",
  },
  verification_late: {
    title: "Files were not verified for long",
    place: "#archive",
    placeName: "Archive",
  },
  completeness_low: {
    title: "Candles are missing",
    place: "/coverage",
    placeName: "Coverage",
  },
  job_failed: {
    title: "A backfill failed",
    place: "/jobs",
    placeName: "Jobs",
  },
  cost_projected: {
    title: "This month goes beyond the plan",
    place: "#cost",
    placeName: "Cost",
  },
  notice_failed: {
    title: "Notices do not arrive",
    place: "#health",
    placeName: "Alerts",
  },
};

/** What to say about an alert of `kind`; a kind of another version speaks by its name alone. */
export function adviceOf(kind: string): Advice {
  return (
    ADVICE[kind] ?? {
      title: kind.replaceAll("_", " "),
      place: "#health",
      placeName: "this page",
    }
  );
}

/** What the banner goes by beside the alerts. */
export interface HealthFacts {
  /** The answers are old: what was well may be no more. */
  readonly isOld: boolean;
  /** Places of the pipeline that are not as they should be, though no alert tells of them yet. */
  readonly marked: number;
}

/** How things are in one line: what the banner and a screen reader say. */
export function healthText(
  alerts: readonly Pick<Alert, "severity">[],
  { isOld, marked }: HealthFacts,
): string {
  if (isOld && alerts.length === 0) {
    return "Not known now: all was well before";
  }
  if (marked > 0 && alerts.length === 0) {
    return "No alert, but see what is marked below";
  }
  const critical = alerts.filter(({ severity }) => severity === "critical").length;
  if (alerts.length === 0) {
    return "All is well";
  }
  const things = alerts.length === 1 ? "One thing needs" : `${alerts.length} things need`;
  if (critical === 0) {
    return `${things} a look`;
  }
  return critical === alerts.length
    ? `${things} you now`
    : `${things} a look, ${critical} of them now`;
}
