import { RotateCcw, X } from "lucide-preact";
import { Button, IconButton } from "../ui/button.tsx";
import { formatBytes, formatRatio } from "../ui/format.ts";
import { Progress } from "../ui/progress.tsx";
import { Tag, type Tone } from "../ui/tag.tsx";
import { ImportFields } from "./import-fields.tsx";
import { isRecognised } from "./import-draft.ts";
import { changeFile, removeFile, type QueuedFile, type QueuedState } from "./import-queue.ts";
import { ImportSums } from "./import-sums.tsx";

const STATES: Readonly<Record<QueuedState, { readonly word: string; readonly tone: Tone }>> = {
  refused: { word: "Cannot be sent", tone: "bad" },
  ready: { word: "Ready", tone: "plain" },
  sending: { word: "Sending", tone: "plain" },
  reading: { word: "Storing its rows", tone: "plain" },
  done: { word: "Imported", tone: "good" },
  failed: { word: "Not imported", tone: "bad" },
};

interface QueuedFileProps {
  readonly one: QueuedFile;
  /** Stops the sending that is under way. */
  readonly onStop: () => void;
}

/** A chosen file: what it holds, how far it is, what became of it. */
export function QueuedFileItem({ one, onStop }: QueuedFileProps) {
  const { id, file, draft, state, trouble } = one;
  const { word, tone } = STATES[state];
  const canChange = state === "ready" || state === "failed";
  const isUnderWay = state === "sending" || state === "reading";
  return (
    <li class="imports-file">
      <div class="imports-file-head">
        <span class="imports-file-name">{file.name}</span>
        <span class="note">{formatBytes(file.size)}</span>
        <Tag tone={tone}>{word}</Tag>
        <IconButton
          label={isUnderWay ? `Stop sending ${file.name}` : `Remove ${file.name}`}
          onClick={() => (isUnderWay ? onStop() : removeFile(id))}
        >
          <X aria-hidden="true" />
        </IconButton>
      </div>
      {isUnderWay ? <Sending one={one} /> : null}
      {trouble === null ? null : (
        <p class="field-error" role="alert">
          {trouble}
        </p>
      )}
      {canChange ? <What one={one} /> : null}
      {one.report === null ? null : <ImportSums report={one.report} />}
      {state === "failed" ? (
        <div class="form-actions">
          <Button onClick={() => changeFile(id, { state: "ready", faults: {}, trouble: null })}>
            <RotateCcw aria-hidden="true" /> Put it back in line
          </Button>
        </div>
      ) : null}
      {state === "ready" && !isRecognised(file.name) && draft.source === "" ? (
        <p class="field-hint">Its name does not say what it holds.</p>
      ) : null}
    </li>
  );
}

function Sending({ one: { file, sent, state } }: { readonly one: QueuedFile }) {
  return (
    <div class="job-progress">
      <Progress label={`Sending ${file.name}`} ratio={state === "sending" ? sent : null} />
      <span class="job-pace">
        {state === "sending" ? `${formatRatio(sent)} sent` : "Sent; its rows are being stored"}
      </span>
    </div>
  );
}

/** What it was recognised as; or, where its name says nothing, the fields to say it. */
function What({ one }: { readonly one: QueuedFile }) {
  const { id, file, draft, faults } = one;
  const { format, source, symbol, timeframe } = draft;
  const isNamed = isRecognised(file.name) && Object.keys(faults).length === 0;
  const fields = (
    <ImportFields
      draft={draft}
      faults={faults}
      onChange={(changed) => changeFile(id, { draft: { ...draft, ...changed }, faults: {} })}
    />
  );
  if (!isNamed) {
    return fields;
  }
  return (
    <details class="imports-what">
      <summary>
        {source === "" ? "An archive: the file inside says what it holds" : `Recognised: ${format}`}
        {source === "" ? null : (
          <>
            , <code>{`${source}:${symbol}:${timeframe}`}</code>
          </>
        )}
      </summary>
      {fields}
    </details>
  );
}
