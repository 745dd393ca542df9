import type { Alert } from "@candlehouse/client";
import { BookOpen, CircleAlert } from "lucide-preact";
import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { Button } from "../ui/button.tsx";
import { Tag } from "../ui/tag.tsx";
import { adviceOf } from "./alert-advice.ts";
import { Moment } from "./moment.tsx";
import { RunbookDialog } from "./runbook-dialog.tsx";

/** What is wrong, since when, and where to go on from here. */
export function FiringAlert({ alert }: { readonly alert: Alert }) {
  const { kind, severity, message, raised_at, raised_count, runbook } = alert;
  // A notice of it links here, to what is to be done.
  const [isReading, setReading] = useState(() => location.hash === `#${kind}`);
  const { title, place, placeName } = adviceOf(kind);
  const isCritical = severity === "critical";
  return (
    <li class={`pipeline-alert pipeline-alert-${severity}`}>
      <div class="pipeline-alert-line">
        <Tag tone={isCritical ? "bad" : "warning"}>
          <CircleAlert aria-hidden="true" />
          {isCritical ? "Critical" : "Warning"}
        </Tag>
        <strong>{title}</strong>
        <span class="pipeline-quiet">
          raised <Moment at={raised_at} />
          {raised_count > 1 ? ", not for the first time" : ""}
        </span>
      </div>
      <p class="pipeline-alert-message">{message}</p>
      <div class="pipeline-alert-line">
        {runbook === null ? null : (
          <Button label={`What to do: ${title}`} onClick={() => setReading(true)}>
            <BookOpen aria-hidden="true" />
            What to do
          </Button>
        )}
        <Place place={place} name={placeName} />
      </div>
      {isReading ? <RunbookDialog kind={kind} onClose={() => setReading(false)} /> : null}
    </li>
  );
}

/** Where more of it is seen: on this page or on another. */
function Place({ place, name }: { readonly place: string; readonly name: string }) {
  return place.startsWith("#") ? (
    <a href={place}>See {name}</a>
  ) : (
    <Link href={place}>See {name}</Link>
  );
}
