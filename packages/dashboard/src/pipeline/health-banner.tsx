import type { Alert } from "@candlehouse/client";
import { CircleCheck, TriangleAlert } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { now } from "../shell/clock.ts";
import { Tag } from "../ui/tag.tsx";
import { adviceOf, healthText } from "./alert-advice.ts";
import { Answered } from "./answered.tsx";
import { FiringAlert } from "./firing-alert.tsx";
import { Moment } from "./moment.tsx";
import { useFiring, useResolved, useSources, useStats } from "./reads.ts";
import { planStations } from "./stations.ts";

/** Whether all is well, and what is not. `freshness` stands at its end. */
export function HealthBanner({ freshness }: { readonly freshness: ComponentChildren }) {
  const firing = useFiring();
  const stats = useStats();
  return (
    <section id="health" class="panel pipeline-health" aria-label="Health" tabIndex={-1}>
      <p class="only-read" role="alert">
        {firing.error === null ? "" : "The alerts could not be loaded."}
      </p>
      <Answered what="the alerts" query={firing}>
        {({ alerts }) => (
          <>
            <div class="pipeline-health-line">
              <Health alerts={alerts} isOld={firing.isError || stats.isError} />
              {freshness}
            </div>
            <ul class="pipeline-alerts">
              {alerts.map((alert) => (
                <FiringAlert key={alert.id} alert={alert} />
              ))}
            </ul>
            <Resolved />
          </>
        )}
      </Answered>
    </section>
  );
}

interface HealthProps {
  readonly alerts: readonly Alert[];
  /** Whether nobody knows how things are now. */
  readonly isOld: boolean;
}

/** How many stations of the pipeline ask for a look. */
function useMarked(): number {
  const stats = useStats();
  const sources = useSources();
  return stats.data === undefined || sources.data === undefined
    ? 0
    : planStations(stats.data, sources.data.sources, now.value).filter(
        ({ tone }) => tone === "warning" || tone === "bad",
      ).length;
}

function Health({ alerts, isOld }: HealthProps) {
  const marked = useMarked();
  const isCritical = alerts.some(({ severity }) => severity === "critical");
  const isWell = alerts.length === 0 && !isOld && marked === 0;
  const tone = isCritical ? "bad" : "warning";
  return (
    <p class={`pipeline-health-word pipeline-health-${isWell ? "good" : tone}`} role="status">
      {isWell ? <CircleCheck aria-hidden="true" /> : <TriangleAlert aria-hidden="true" />}
      {healthText(alerts, { isOld, marked })}
    </p>
  );
}

/** What was wrong and is no more; asked for when it is opened. */
function Resolved() {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="pipeline-resolved" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Resolved before</summary>
      {isOpen ? <ResolvedList /> : null}
    </details>
  );
}

function ResolvedList() {
  return (
    <Answered what="the resolved alerts" query={useResolved()}>
      {({ alerts }) =>
        alerts.length === 0 ? (
          <p class="pipeline-quiet">Nothing was ever wrong, as far as the records go.</p>
        ) : (
          <ul class="pipeline-alerts">
            {alerts.map((alert) => (
              <li key={alert.id} class="pipeline-alert">
                <div class="pipeline-alert-line">
                  <Tag tone="good">Resolved</Tag>
                  <strong>{adviceOf(alert.kind).title}</strong>
                  <span class="pipeline-quiet">
                    raised <Moment at={alert.raised_at} />, over <Moment at={alert.resolved_at} />
                  </span>
                </div>
                <p class="pipeline-alert-message">{alert.message}</p>
              </li>
            ))}
          </ul>
        )
      }
    </Answered>
  );
}
