import type { Source, Stats } from "@candlehouse/client";
import { formatAgo, formatBytes, formatCompact, formatNumber } from "../ui/format.ts";
import type { Tone } from "../ui/tag.tsx";
import type { QueueFigures } from "./answers.ts";

/** A place that candles pass on their way, with what it does now. */
export interface Station {
  readonly id: "sources" | "queue" | "consumer" | "hot" | "archive" | "letters";
  readonly name: string;
  /** How well it does; plain where it has nothing to do, or nothing is known of it. */
  readonly tone: Tone;
  /** Says what the tone says. */
  readonly word: string;
  readonly figure: string;
  /** What the figure counts. */
  readonly unit: string;
  readonly notes: readonly string[];
}

/** The queue that candles take from the producer to the consumer. */
const CANDLE_QUEUE = "candles";

/** A message that waits for so long is behind, and then far behind: as alerts have it. Seconds. */
const BEHIND_SECONDS = 600;
const FAR_BEHIND_SECONDS = 3_600;

/** The pipeline at `nowSeconds`, in the order in which candles pass it; the dead letters last. */
export function planStations(
  stats: Stats,
  sources: readonly Source[],
  nowSeconds: number,
): readonly Station[] {
  return [
    sourcesStation(sources, stats.jobs),
    queueStation(
      stats.queues.find(({ queue }) => queue === CANDLE_QUEUE),
      nowSeconds,
    ),
    consumerStation(stats),
    hotStation(stats, sources),
    archiveStation(stats.archive),
    lettersStation(stats.dead_letters, nowSeconds),
  ];
}

function sourcesStation(all: readonly Source[], jobs: Stats["jobs"]): Station {
  const sources = all.filter(({ state }) => state !== null);
  const answering = sources.filter(({ state }) => state === "ok").length;
  const failing = sources.filter(({ state }) => state === "failing").length;
  const series = sources.reduce((sum, one) => sum + one.series, 0);
  const open = jobs.open_backfills + jobs.open_imports;
  return {
    id: "sources",
    name: "Sources",
    ...sourcesState(sources, failing),
    figure: sources.length === 0 ? "–" : `${answering} of ${sources.length}`,
    unit: "answer",
    notes: [
      `${formatNumber(series)} series collected`,
      ...(open === 0 ? [] : [`${countText(open, "job")} under way`]),
    ],
  };
}

function sourcesState(sources: readonly Source[], failing: number): Pick<Station, "tone" | "word"> {
  const off = sources.filter(({ state }) => state === "off").length;
  const silent = sources.filter(({ hosts }) => hosts?.some(({ state }) => state !== "open")).length;
  if (sources.length === 0) {
    return { tone: "plain", word: "None asked yet" };
  }
  if (failing > 0) {
    return { tone: failing === sources.length ? "bad" : "warning", word: `${failing} failing` };
  }
  if (off > 0) {
    return { tone: "warning", word: `${off} off` };
  }
  return silent > 0
    ? { tone: "warning", word: `${silent} held back` }
    : { tone: "good", word: "Well" };
}

/** How long the oldest message of `queue` waits, seconds; null where none does. */
export function waitOf(queue: QueueFigures, nowSeconds: number): number | null {
  return queue.oldest_message_at === null
    ? null
    : Math.max(0, nowSeconds - queue.oldest_message_at);
}

/** Whether `queue` keeps up, by how long its oldest message waits. */
export function queueState(
  queue: QueueFigures,
  nowSeconds: number,
): Pick<Station, "tone" | "word"> {
  const wait = waitOf(queue, nowSeconds) ?? 0;
  if (wait >= FAR_BEHIND_SECONDS) {
    return { tone: "bad", word: "Far behind" };
  }
  if (wait >= BEHIND_SECONDS) {
    return { tone: "warning", word: "Behind" };
  }
  return queue.backlog_messages === 0
    ? { tone: "good", word: "Empty" }
    : { tone: "good", word: "Keeps up" };
}

function queueStation(queue: QueueFigures | undefined, nowSeconds: number): Station {
  if (queue === undefined) {
    return {
      id: "queue",
      name: "Queue",
      tone: "plain",
      word: "Not known",
      figure: "–",
      unit: "messages wait",
      notes: ["The monitor does not tell the backlog."],
    };
  }
  return {
    id: "queue",
    name: "Queue",
    ...queueState(queue, nowSeconds),
    figure: formatCompact(queue.backlog_messages),
    unit: queue.backlog_messages === 1 ? "message waits" : "messages wait",
    notes: [
      queue.oldest_message_at === null
        ? "nothing waits"
        : `oldest sent ${formatAgo(queue.oldest_message_at, nowSeconds)}`,
    ],
  };
}

function consumerStation({ totals: { hour }, candles_per_second: rate }: Stats): Station {
  return {
    id: "consumer",
    name: "Consumer",
    ...consumerState(hour),
    figure: formatCompact(hour.inserted + hour.ignored + hour.revised),
    unit: "candles in the last hour",
    notes: [
      rate === null ? "no rate known yet" : `${formatNumber(Math.round(rate))} a second at work`,
      ...(hour.retried === 0 ? [] : [`${countText(hour.retried, "message")} retried`]),
    ],
  };
}

function consumerState(hour: Stats["totals"]["hour"]): Pick<Station, "tone" | "word"> {
  if (hour.dead > 0) {
    return { tone: "warning", word: "Gave some up" };
  }
  if (hour.retried > 0) {
    return { tone: "warning", word: "Retries" };
  }
  return hour.runs === 0 ? { tone: "plain", word: "Idle" } : { tone: "good", word: "Works" };
}

function hotStation({ totals: { hour } }: Stats, sources: readonly Source[]): Station {
  const series = sources.reduce((sum, one) => sum + one.series, 0);
  const late = sources.reduce((sum, one) => sum + (one.late ?? 0), 0);
  const lateState: Pick<Station, "tone" | "word"> =
    late > 0
      ? { tone: late === series ? "bad" : "warning", word: `${formatNumber(late)} series late` }
      : { tone: "good", word: "Up to date" };
  return {
    id: "hot",
    name: "D1, hot",
    ...(series === 0 ? { tone: "plain", word: "Nothing collected" } : lateState),
    figure: formatCompact(hour.inserted),
    unit: "new in the last hour",
    notes: [
      `${formatCompact(hour.ignored)} known already`,
      ...(hour.revised === 0 ? [] : [`${formatCompact(hour.revised)} revised`]),
    ],
  };
}

function archiveStation(archive: Stats["archive"]): Station {
  return {
    id: "archive",
    name: "R2, archive",
    ...archiveState(archive),
    figure: formatCompact(archive.candles),
    unit: "candles",
    notes:
      archive.files === 0
        ? ["Candles come when they leave D1"]
        : [`${formatBytes(archive.bytes)} in ${countText(archive.files, "file")}`],
  };
}

function archiveState(archive: Stats["archive"]): Pick<Station, "tone" | "word"> {
  if (archive.damaged > 0) {
    return { tone: "bad", word: `${formatNumber(archive.damaged)} damaged` };
  }
  return archive.files === 0 ? { tone: "plain", word: "Empty" } : { tone: "good", word: "Whole" };
}

function lettersStation(letters: Stats["dead_letters"], nowSeconds: number): Station {
  const { open, oldest_open_at: oldest } = letters;
  return {
    id: "letters",
    name: "Dead letters",
    ...(open === 0 ? { tone: "good", word: "None open" } : { tone: "warning", word: "Open" }),
    figure: formatCompact(open),
    unit: open === 1 ? "message not stored" : "messages not stored",
    notes:
      oldest === null
        ? ["What cannot be stored is kept here"]
        : [`oldest from ${formatAgo(oldest, nowSeconds)}`],
  };
}

/** `1 file`, `1,200 files`. */
export function countText(count: number, one: string): string {
  return `${formatNumber(count)} ${count === 1 ? one : `${one}s`}`;
}
