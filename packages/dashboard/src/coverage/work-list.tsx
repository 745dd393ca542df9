import { X } from "lucide-preact";
import { IconButton } from "../ui/button.tsx";
import { Progress } from "../ui/progress.tsx";
import { Tag } from "../ui/tag.tsx";
import { putAway, works, type Work } from "./work.ts";

const STATES = {
  running: { name: "At work", tone: "plain" },
  done: { name: "Done", tone: "good" },
  failed: { name: "Failed", tone: "bad" },
} as const;

/** Scans and repairs that go on, and what came of those that ended. */
export function WorkList() {
  return (
    <div role="status" aria-live="polite" aria-label="Scans and repairs" class="coverage-works">
      {works.value.map((work) => (
        <OneWork key={work.id} work={work} />
      ))}
    </div>
  );
}

function OneWork({ work: { id, title, state, text, ratio } }: { readonly work: Work }) {
  const { name, tone } = STATES[state];
  return (
    <div class="panel coverage-work">
      <div class="coverage-work-head">
        <Tag tone={tone}>{name}</Tag>
        <strong>{title}</strong>
        {state === "running" ? null : (
          <IconButton label={`Put away: ${title}`} onClick={() => putAway(id)}>
            <X aria-hidden="true" />
          </IconButton>
        )}
      </div>
      <p>{text}</p>
      {state === "running" ? <Progress label={title} ratio={ratio} /> : null}
    </div>
  );
}
