import { signal } from "@preact/signals";
import { CircleAlert, CircleCheck, Download, X, type LucideIcon } from "lucide-preact";
import { createPortal } from "preact/compat";

interface Notice {
  readonly id: number;
  readonly kind: "done" | "failed" | "work";
  readonly text: string;
  /** How far work is; left out until that is known. */
  readonly progress?: string;
  /** Stops the work; of what is none, it is closed. */
  readonly onCancel?: () => void;
}

/** What goes on and is shown until it ends. */
export interface ShownWork {
  /** Says how far it is. */
  readonly tell: (progress: string) => void;
  readonly end: () => void;
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

/** Tells that something goes on, which the reader may stop by `onCancel`. */
export function tellWork(text: string, onCancel: () => void): ShownWork {
  const id = add("work", text, { onCancel });
  return {
    tell: (progress) => {
      notices.value = notices.value.map((one) => (one.id === id ? { ...one, progress } : one));
    },
    end: () => remove(id),
  };
}

function add(kind: Notice["kind"], text: string, more: Pick<Notice, "onCancel"> = {}): number {
  lastId += 1;
  notices.value = [...notices.value, { id: lastId, kind, text, ...more }];
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
      {notices.value.map((notice) => (
        <NoticeRow key={notice.id} {...notice} />
      ))}
    </div>
  );
}

const ICONS: Readonly<Record<Notice["kind"], LucideIcon>> = {
  done: CircleCheck,
  failed: CircleAlert,
  work: Download,
};

function NoticeRow({ id, kind, text, progress, onCancel }: Notice) {
  const Icon = ICONS[kind];
  return (
    <div class={`notice notice-${kind}`}>
      <Icon aria-hidden="true" />
      <span>
        {text}
        {progress === undefined ? null : (
          // A screen reader would read out each of its changes.
          <span aria-hidden="true" class="number">
            {`: ${progress}`}
          </span>
        )}
      </span>
      <button
        type="button"
        class="icon-button"
        aria-label={onCancel === undefined ? "Close this notice" : "Stop"}
        onClick={onCancel ?? (() => remove(id))}
      >
        <X aria-hidden="true" />
      </button>
    </div>
  );
}
