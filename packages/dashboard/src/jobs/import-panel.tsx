import { Upload, X } from "lucide-preact";
import { useRef } from "preact/hooks";
import { Button, IconButton } from "../ui/button.tsx";
import { Panel } from "../ui/panel.tsx";
import { addFiles, clearEnded, queue } from "./import-queue.ts";
import { QueuedFileItem } from "./queued-file.tsx";
import { useImport } from "./use-import.ts";

/** Sends files of candles: chosen here, or dropped anywhere on the view. */
export function ImportPanel({ onClose }: { readonly onClose: () => void }) {
  const { isSending, sendAll, stop } = useImport();
  const files = queue.value;
  const ready = files.filter(({ state }) => state === "ready").length;
  const ended = files.some(({ state }) => state === "done" || state === "refused");
  return (
    <Panel
      title="Import files"
      class="jobs-form"
      actions={
        <IconButton label="Close this form" onClick={onClose}>
          <X aria-hidden="true" />
        </IconButton>
      }
    >
      <FilePicker />
      {files.length === 0 ? null : (
        <ul class="imports-queue">
          {files.map((one) => (
            <QueuedFileItem key={one.id} one={one} onStop={stop} />
          ))}
        </ul>
      )}
      <div class="form-actions">
        {ended ? <Button onClick={clearEnded}>Clear the finished ones</Button> : null}
        <Button
          kind="primary"
          disabled={ready === 0}
          isBusy={isSending}
          onClick={() => void sendAll()}
        >
          {ready <= 1 ? "Import" : `Import ${ready} files`}
        </Button>
      </div>
    </Panel>
  );
}

function FilePicker() {
  const input = useRef<HTMLInputElement>(null);
  return (
    <div class="imports-drop">
      <Upload aria-hidden="true" />
      <p>Drop files anywhere on this view, or choose them.</p>
      <Button onClick={() => input.current?.click()}>Choose files</Button>
      <input
        ref={input}
        class="only-read"
        type="file"
        multiple
        tabIndex={-1}
        accept=".csv,.zip,.parquet,.txt"
        aria-label="Files of candles"
        onChange={({ currentTarget }) => {
          addFiles(currentTarget.files ?? []);
          currentTarget.value = "";
        }}
      />
      <p class="field-hint">
        CSV, a ZIP archive with one CSV file, or Parquet, up to 95 MB each. Files of Kraken and
        Binance Vision say by their names what they hold. Nothing that is stored changes: the same
        file again stores nothing, and other values become revisions.
      </p>
    </div>
  );
}
