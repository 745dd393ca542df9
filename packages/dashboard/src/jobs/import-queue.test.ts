import { beforeEach, describe, expect, it } from "vitest";
import { importDraftOf } from "./import-draft.ts";
import { addFiles, changeFile, clearEnded, nextReady, queue, removeFile } from "./import-queue.ts";

const file = (name: string) => new File(["1,2,3"], name);

describe("the files that are to be imported", () => {
  beforeEach(() => {
    for (const { id } of queue.value) {
      removeFile(id);
    }
  });

  it("are sent in their order, but for those that cannot be sent", () => {
    addFiles([file("notes.pdf"), file("XBTUSD_60.csv"), file("ETHUSD_60.csv")]);
    expect(queue.value.map(({ state }) => state)).toEqual(["refused", "ready", "ready"]);
    expect(nextReady()?.file.name).toBe("XBTUSD_60.csv");
    changeFile(nextReady()?.id ?? 0, { state: "done" });
    expect(nextReady()?.file.name).toBe("ETHUSD_60.csv");
  });

  it("hand on what the reader said, and never what a name said", () => {
    addFiles([file("XBTUSD_60.csv"), file("mine.csv")]);
    const mine = queue.value.at(-1);
    expect(mine?.draft).toMatchObject({ source: "", symbol: "" });
    changeFile(mine?.id ?? 0, { draft: { ...importDraftOf("mine.csv"), source: "coinbase" } });
    addFiles([file("ETHUSD_60.csv"), file("more.csv")]);
    expect(queue.value.at(-1)?.draft.source).toBe("coinbase");
  });

  it("go from the list once they have ended, the others stay", () => {
    addFiles([file("notes.pdf"), file("XBTUSD_60.csv"), file("ETHUSD_60.csv")]);
    changeFile(queue.value[1]?.id ?? 0, { state: "done" });
    clearEnded();
    expect(queue.value.map((one) => one.file.name)).toEqual(["ETHUSD_60.csv"]);
  });
});
