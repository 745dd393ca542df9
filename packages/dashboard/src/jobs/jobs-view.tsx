import "./jobs.css";
import type { BackfillStart } from "@candlehouse/client";
import { History, Upload } from "lucide-preact";
import { useCallback } from "preact/hooks";
import { useSearchParams } from "wouter-preact";
import { tellDone } from "../shell/notices.tsx";
import { Segments } from "../ui/segments.tsx";
import { BackfillDetail } from "./backfill-detail.tsx";
import { draftOf } from "./backfill-draft.ts";
import { BackfillForm } from "./backfill-form.tsx";
import { BackfillList } from "./backfill-list.tsx";
import { DropZone } from "./drop-zone.tsx";
import { ImportList } from "./import-list.tsx";
import { ImportPanel } from "./import-panel.tsx";
import { PAGE_JOBS, useBackfills } from "./use-backfills.ts";
import { addFiles } from "./import-queue.ts";

/** Parameters of a link that fill in the form of a backfill. */
const DRAFT_PARAMETERS = [
  "series",
  "source",
  "symbols",
  "tier",
  "timeframes",
  "from",
  "to",
  "days",
];

const KINDS = [
  { value: "all", label: "All" },
  { value: "backfills", label: "Backfills" },
  { value: "imports", label: "Files" },
] as const;

type Form = "backfill" | "import";

/**
 * Backfills and imports: those that are and were, and new ones. Of the address, `kind` is what is
 * listed, `state` and `of` (a source) filter it, `start` is the form that is open, `job` the backfill
 * that is looked at; the others fill in the form.
 */
export function JobsView() {
  const [query, change] = useAddress();
  const form = query.get("start");
  const opened = query.get("job");
  const kind = KINDS.find(({ value }) => value === query.get("kind"))?.value ?? "all";
  // What stands below comes after what stands above: nothing is pushed away.
  const { isPending } = useBackfills({ limit: PAGE_JOBS });
  const close = () => {
    change({ start: null, ...Object.fromEntries(DRAFT_PARAMETERS.map((name) => [name, null])) });
    // The focus was in what is gone now.
    document.getElementById(`jobs-${form}`)?.focus();
  };
  const takeFiles = useCallback(
    (files: Iterable<File>) => {
      addFiles(files);
      change({ start: "import" });
    },
    [change],
  );
  const tellStarted = ({ message }: BackfillStart) => {
    tellDone(message);
    close();
  };
  return (
    <DropZone onFiles={takeFiles}>
      <h1 class="only-read">Jobs</h1>
      <div class="toolbar">
        <Segments
          label="What is listed"
          options={KINDS}
          value={kind}
          onChange={(value) => change({ kind: value === "all" ? null : value })}
        />
        <FormButton form="backfill" shown={form} onShow={change} />
        <FormButton form="import" shown={form} onShow={change} />
      </div>
      <div class={form === null ? "jobs-view" : "jobs-view jobs-view-with-form"}>
        {form === "backfill" ? (
          <BackfillForm
            key={DRAFT_PARAMETERS.flatMap((name) => query.getAll(name)).join(" ")}
            initial={draftOf(query)}
            onStarted={tellStarted}
            onClose={close}
          />
        ) : null}
        {form === "import" ? <ImportPanel onClose={close} /> : null}
        <div class="jobs-lists">
          {kind === "imports" ? null : <BackfillList onOpen={(id) => change({ job: id })} />}
          {kind === "backfills" || (kind === "all" && isPending) ? null : <ImportList />}
        </div>
      </div>
      {opened === null ? null : (
        <BackfillDetail
          key={opened}
          id={opened}
          onOpen={(id) => change({ job: id })}
          onClose={() => change({ job: null })}
        />
      )}
    </DropZone>
  );
}

type Change = (changed: Readonly<Record<string, string | null>>) => void;

/** What the address says, and how it is changed: a parameter of null is taken out. */
function useAddress(): [URLSearchParams, Change] {
  const [query, setQuery] = useSearchParams();
  const change = useCallback<Change>(
    (changed) =>
      setQuery((before) => {
        const after = new URLSearchParams(before);
        for (const [name, value] of Object.entries(changed)) {
          after.delete(name);
          if (value !== null) {
            after.set(name, value);
          }
        }
        return after;
      }),
    [setQuery],
  );
  return [query, change];
}

interface FormButtonProps {
  readonly form: Form;
  /** The form that is open. */
  readonly shown: string | null;
  readonly onShow: (changed: { readonly start: Form | null }) => void;
}

function FormButton({ form, shown, onShow }: FormButtonProps) {
  const isShown = form === shown;
  return (
    <button
      id={`jobs-${form}`}
      type="button"
      class="button"
      aria-expanded={isShown}
      onClick={() => onShow({ start: isShown ? null : form })}
    >
      {form === "backfill" ? <History aria-hidden="true" /> : <Upload aria-hidden="true" />}
      {form === "backfill" ? "Start a backfill" : "Import files"}
    </button>
  );
}
