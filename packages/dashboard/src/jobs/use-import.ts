import { CandlehouseProblem } from "@candlehouse/client";
import { signal } from "@preact/signals";
import { useWrite } from "../api/use-write.ts";
import { tellDone, tellFailed } from "../shell/notices.tsx";
import { adviceOn } from "../ui/states.tsx";
import { importAddress, importFaultsOf, importFieldOf } from "./import-draft.ts";
import { changeFile, nextReady, type QueuedFile } from "./import-queue.ts";
import { sendFile } from "./send-file.ts";

export const IMPORTS_PATH = "/v1/imports";

/** Whether files are being sent: one after another, whoever started it. */
const isSending = signal(false);
let current: AbortController | null = null;

/** Sends the files of the queue, and stops sending. */
export function useImport() {
  const write = useWrite(
    ({ id, file, draft }: QueuedFile) => {
      current = new AbortController();
      changeFile(id, { state: "sending", sent: 0, trouble: null });
      return sendFile(importAddress(file.name, draft), file, {
        signal: current.signal,
        onProgress: (sent) => changeFile(id, { sent, state: sent < 1 ? "sending" : "reading" }),
      });
    },
    [IMPORTS_PATH, "/v1/series", "/v1/archive"],
  );

  /** Whether it was imported. */
  async function sendOne(one: QueuedFile): Promise<boolean> {
    const faults = importFaultsOf(one.file.name, one.draft);
    if (Object.keys(faults).length > 0) {
      changeFile(one.id, { state: "failed", faults, trouble: "Say what it holds, then send it." });
      return false;
    }
    try {
      const report = await write.mutateAsync(one);
      changeFile(one.id, { state: "done", report, faults: {}, trouble: null });
      return true;
    } catch (error) {
      const field =
        error instanceof CandlehouseProblem ? importFieldOf(error.parameter) : undefined;
      changeFile(one.id, {
        state: "failed",
        trouble: adviceOn(error),
        faults: field === undefined ? {} : { [field]: adviceOn(error) },
      });
      return false;
    }
  }

  async function sendAll(): Promise<void> {
    if (isSending.value) {
      return;
    }
    isSending.value = true;
    let imported = 0;
    let failed = 0;
    try {
      for (let next = nextReady(); next !== undefined; next = nextReady()) {
        if (await sendOne(next)) {
          imported += 1;
        } else {
          failed += 1;
        }
      }
      const text = `${imported === 1 ? "1 file is" : `${imported} files are`} imported`;
      if (failed === 0) {
        tellDone(`${text}.`);
      } else {
        tellFailed(`${text}, ${failed} not: the list says why.`);
      }
    } finally {
      isSending.value = false;
    }
  }

  return {
    isSending: isSending.value,
    sendAll,
    stop: () => current?.abort(new Error("You stopped it. What was sent is not stored.")),
  };
}
