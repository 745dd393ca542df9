import "./pipeline.css";
import type { ComponentChildren } from "preact";
import { ArchivePanel } from "./archive-panel.tsx";
import { CostPanel } from "./cost-panel.tsx";
import { Flow, FlowPlace } from "./flow.tsx";
import { HealthBanner } from "./health-banner.tsx";
import { LettersPanel } from "./letters-panel.tsx";
import { Moment } from "./moment.tsx";
import { QueuesPanel } from "./queues-panel.tsx";
import { RatesPanel } from "./rates-panel.tsx";
import { useFiring, useSources, useStats } from "./reads.ts";
import { SourcesPanel } from "./sources-panel.tsx";

/** Whether all is well, and what goes on at each place that candles pass. */
export function PipelineView() {
  // How many alerts there are decides where all else stands.
  const { isPending } = useFiring();
  return (
    <div class={isPending ? "pipeline is-awaited" : "pipeline"}>
      <h1 class="only-read">Pipeline</h1>
      <HealthBanner freshness={<Freshness />} />
      <FlowPart />
      <Part id="rates">
        <RatesPanel />
      </Part>
      <Part id="queues">
        <QueuesPanel />
      </Part>
      <Part id="sources">
        <SourcesPanel />
      </Part>
      <Part id="letters">
        <LettersPanel />
      </Part>
      <Part id="archive">
        <ArchivePanel />
      </Part>
      <Part id="cost">
        <CostPanel />
      </Part>
    </div>
  );
}

/** A part of the view that links go to. */
function Part({ id, children }: { readonly id: string; readonly children: ComponentChildren }) {
  return (
    <div id={id} class={`pipeline-part pipeline-part-${id}`} tabIndex={-1}>
      {children}
    </div>
  );
}

/** When the system last said how it is. */
function Freshness() {
  const { data, error } = useStats();
  return data === undefined ? null : (
    <span class={error === null ? "pipeline-quiet" : "pipeline-late"}>
      {error === null ? "Updated" : "No answer; this is from"} <Moment at={data.at} />
    </span>
  );
}

function FlowPart() {
  const stats = useStats();
  const sources = useSources();
  if (stats.data !== undefined) {
    return <Flow stats={stats.data} sources={sources.data?.sources ?? []} />;
  }
  // The panels below say why there are no figures.
  return stats.error === null ? <FlowPlace /> : null;
}
