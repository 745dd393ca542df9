import type { Source, Stats } from "@candlehouse/client";
import { Archive, CloudDownload, Cpu, Database, Inbox, MailX } from "lucide-preact";
import { now } from "../shell/clock.ts";
import { Tag } from "../ui/tag.tsx";
import { planStations, type Station } from "./stations.ts";

const ICONS = {
  sources: CloudDownload,
  queue: Inbox,
  consumer: Cpu,
  hot: Database,
  archive: Archive,
  letters: MailX,
} as const;

/** Where on the page more is told of a station. */
const PLACES: Readonly<Record<Station["id"], string>> = {
  sources: "#sources",
  queue: "#queues",
  consumer: "#rates",
  hot: "#rates",
  archive: "#archive",
  letters: "#letters",
};

interface FlowProps {
  readonly stats: Stats;
  readonly sources: readonly Source[];
}

/** The way of the candles, station by station, with what goes on at each. */
export function Flow({ stats, sources }: FlowProps) {
  const stations = planStations(stats, sources, now.value);
  const isMoving = stats.totals.hour.candles > 0;
  return (
    <ol class={`pipeline-flow ${isMoving ? "is-moving" : ""}`} aria-label="The way of the candles">
      {stations.map((station) => (
        <li
          key={station.id}
          class={`pipeline-station pipeline-station-${station.id} pipeline-tone-${station.tone}`}
        >
          <StationCard station={station} />
        </li>
      ))}
    </ol>
  );
}

/** Keeps the place of the way while its figures are awaited. */
export function FlowPlace() {
  return (
    <div class="pipeline-flow" aria-hidden="true">
      {Object.keys(ICONS).map((id) => (
        <div key={id} class={`pipeline-station pipeline-station-${id} pipeline-tone-plain`}>
          <div class="pipeline-card pipeline-card-awaited" />
        </div>
      ))}
    </div>
  );
}

function StationCard({ station }: { readonly station: Station }) {
  const { id, name, tone, word, figure, unit, notes } = station;
  const Icon = ICONS[id];
  return (
    <a class="pipeline-card" href={PLACES[id]}>
      <span class="pipeline-card-name">
        <Icon aria-hidden="true" />
        {name}
      </span>
      <Tag tone={tone}>{word}</Tag>
      <span class="pipeline-card-figure">
        <span class="pipeline-figure">{figure}</span> <span class="pipeline-quiet">{unit}</span>
      </span>
      <span class="pipeline-card-notes pipeline-quiet">
        {notes.map((note) => (
          <span key={note}>{note}</span>
        ))}
      </span>
    </a>
  );
}
