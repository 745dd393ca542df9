import { signal } from "@preact/signals";
import { CircleAlert, CircleCheck, X } from "lucide-preact";
import { createPortal } from "preact/compat";

interface Notice {
  readonly id: number;
  readonly kind: "done" | "failed";
  readonly text: string;
}

/** How long a notice of something done is shown, milliseconds. One of a failure stays. */
const DONE_MS = 6_000;

const notices = signal<readonly Notice[]>([]);
let lastId = 0;

/** Tells the reader, and a screen reader, that something was done. */
export function tellDone(text: string): void {
  const id = add("done", text);
  setTimeout(() => remove(id), DONE_MS);
}

/** Tells that something failed and what to do; it stays until it is closed. */
export function tellFailed(error: unknown): void {
  add("failed", error instanceof Error ? error.message : String(error));
}

function add(kind: Notice["kind"], text: string): number {
  lastId += 1;
  notices.value = [...notices.value, { id: lastId, kind, text }];
  return lastId;
}

function remove(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

/** The dialogs that are open, the one in front last. */
const dialogs = signal<readonly HTMLElement[]>([]);

/**
 * Shows the notices in `dialog` while it is the one in front: what stands behind it can neither be
 * read nor pressed. Returns what ends that.
 */
export function noticesIn(dialog: HTMLElement): () => void {
  dialogs.value = [...dialogs.value, dialog];
  return () => {
    dialogs.value = dialogs.value.filter((one) => one !== dialog);
  };
}

/** Stands once on the page, or in the dialog in front of it. */
export function Notices() {
  const front = dialogs.value.at(-1);
  return front === undefined ? <NoticeList /> : createPortal(<NoticeList />, front);
}

function NoticeList() {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map(({ id, kind, text }) => (
        <div key={id} class={`notice notice-${kind}`}>
          {kind === "done" ? (
            <CircleCheck aria-hidden="true" />
          ) : (
            <CircleAlert aria-hidden="true" />
          )}
          <span>{text}</span>
          <button
            type="button"
            class="icon-button"
            aria-label="Close this notice"
            onClick={() => remove(id)}
          >
            <X aria-hidden="true" />
          </button>
        </div>
      ))}
    </div>
  );
}
