import { env } from "cloudflare:workers";
import { CHAIN_START, changeText, type ArchiveFile } from "@candlehouse/shared/core/archive";
import { archiveKey } from "@candlehouse/shared/core/archive-key";
import type { Series } from "@candlehouse/shared/core/series";
import { readChain } from "@candlehouse/shared/d1/archive-chain";
import {
  applyChange,
  readPartitionState,
  recordDamage,
  type ManifestChange,
} from "@candlehouse/shared/d1/archive-manifest";
import { sha256Hex } from "@candlehouse/shared/hash/sha256";
import { describe, expect, test } from "vitest";
import { candleAt, OCTOBER, PARTITION, putHot, seriesOf, TODAY } from "./warehouse.ts";

function fileOf(
  series: Series,
  name: string,
  state: ArchiveFile["state"] = "current",
): ArchiveFile {
  return {
    series,
    partition: PARTITION,
    key: archiveKey({ folder: "candles", series, partition: PARTITION, name }),
    state,
    format: 1,
    rows: 2,
    first: OCTOBER,
    last: OCTOBER + 60,
    bytes: 900,
    footerLength: 300,
    contentHash: name,
    fileHash: `file ${name}`,
    footerHash: `footer ${name}`,
    dayCounts: [2],
    createdAt: TODAY,
    replacedAt: null,
    verifiedAt: TODAY,
    damage: null,
  };
}

function changeOf(series: Series, change: Partial<ManifestChange>): ManifestChange {
  return {
    series,
    partition: PARTITION,
    at: TODAY,
    kind: "archive",
    add: [],
    remove: [],
    ...change,
  };
}

async function setState({ key }: ArchiveFile, state: ArchiveFile["state"]): Promise<void> {
  await env.DB.prepare("UPDATE archive_files SET state = ?2 WHERE key = ?1").bind(key, state).run();
}

describe("the manifest", () => {
  test("gives back a file as it was put", async () => {
    const series = seriesOf("PUT");
    const file = fileOf(series, "a");
    expect(await readPartitionState(env.DB, series, PARTITION)).toEqual({
      head: CHAIN_START,
      mergedAt: null,
      files: [],
      leaving: new Set(),
    });
    const change = changeOf(series, { add: [file] });
    expect(await applyChange(env.DB, change, CHAIN_START)).toBe(true);
    const state = await readPartitionState(env.DB, series, PARTITION);
    expect(state.files).toEqual([file]);
    const recorded = { ...change, added: change.add, removed: [] };
    expect(state.head).toEqual({
      sequence: 1,
      hash: sha256Hex(changeText(recorded, CHAIN_START)),
    });
  });

  test("takes one of two changes that follow the same state, and nothing of the other", async () => {
    const series = seriesOf("ONE");
    const [a, b] = [fileOf(series, "a"), fileOf(series, "b")];
    const results = await Promise.all(
      [a, b].map((file) => applyChange(env.DB, changeOf(series, { add: [file] }), CHAIN_START)),
    );
    expect(results).toEqual([true, false]);
    expect((await readPartitionState(env.DB, series, PARTITION)).files).toEqual([a]);
    expect(await readChain(env.DB, series, PARTITION)).toHaveLength(1);
  });

  test("says of a change that is there already that it is, and changes nothing", async () => {
    const series = seriesOf("REPEAT");
    const change = changeOf(series, { add: [fileOf(series, "a")] });
    await applyChange(env.DB, change, CHAIN_START);
    const { head } = await readPartitionState(env.DB, series, PARTITION);
    const next = changeOf(series, {
      add: [fileOf(series, "b")],
      remove: [fileOf(series, "a").key],
    });
    await applyChange(env.DB, next, head);
    const before = await readPartitionState(env.DB, series, PARTITION);
    expect(await applyChange(env.DB, change, CHAIN_START)).toBe(true);
    expect(await applyChange(env.DB, next, head)).toBe(true);
    expect(await readPartitionState(env.DB, series, PARTITION)).toEqual(before);
  });

  test.each([
    ["whose hash is another", { sequence: 1, hash: "f".repeat(64) }],
    ["that never was", { sequence: 7, hash: "f".repeat(64) }],
  ])("refuses a change after a state %s", async (_what, head) => {
    const series = seriesOf(`REFUSE${head.sequence}`);
    await applyChange(env.DB, changeOf(series, { add: [fileOf(series, "a")] }), CHAIN_START);
    const before = await readPartitionState(env.DB, series, PARTITION);
    const change = changeOf(series, { add: [fileOf(series, "b")] });
    expect(await applyChange(env.DB, change, head)).toBe(false);
    expect(await readPartitionState(env.DB, series, PARTITION)).toEqual(before);
  });

  test("has a chain in which a change that was rewritten shows", async () => {
    const series = seriesOf("SHOWS");
    await applyChange(env.DB, changeOf(series, { add: [fileOf(series, "a")] }), CHAIN_START);
    await env.DB.prepare("UPDATE archive_changes SET added = '[]' WHERE symbol = ?1")
      .bind(series.symbol)
      .run();
    const [row] = await readChain(env.DB, series, PARTITION);
    expect(row?.afterHash).not.toBe(row && sha256Hex(changeText(row, CHAIN_START)));
  });

  test("replaces files, which are not the partition's any more", async () => {
    const series = seriesOf("REPLACE");
    const [a, b] = [fileOf(series, "a"), fileOf(series, "b")];
    await applyChange(env.DB, changeOf(series, { add: [a] }), CHAIN_START);
    const { head } = await readPartitionState(env.DB, series, PARTITION);
    const at = TODAY - 100 * 86_400;
    await applyChange(env.DB, changeOf(series, { at, add: [b], remove: [a.key] }), head);
    const state = await readPartitionState(env.DB, series, PARTITION);
    expect(state).toMatchObject({ files: [b], leaving: new Set([a.key]) });
    const row = await env.DB.prepare("SELECT state, replaced_at FROM archive_files WHERE key = ?1")
      .bind(a.key)
      .first();
    expect(row).toEqual({ state: "replaced", replaced_at: at });
  });

  test("takes over the row of a file that comes back", async () => {
    const series = seriesOf("BACK");
    const [a, b] = [fileOf(series, "a"), fileOf(series, "b")];
    await applyChange(env.DB, changeOf(series, { add: [a] }), CHAIN_START);
    const first = await readPartitionState(env.DB, series, PARTITION);
    await applyChange(env.DB, changeOf(series, { add: [b], remove: [a.key] }), first.head);
    const second = await readPartitionState(env.DB, series, PARTITION);
    await applyChange(env.DB, changeOf(series, { add: [a], remove: [b.key] }), second.head);
    expect((await readPartitionState(env.DB, series, PARTITION)).files).toEqual([a]);
  });

  test("takes no file whose object is being deleted, and takes it when it is gone", async () => {
    const series = seriesOf("CLAIMED");
    const [a, b] = [fileOf(series, "a"), fileOf(series, "b")];
    await applyChange(env.DB, changeOf(series, { add: [a] }), CHAIN_START);
    const first = await readPartitionState(env.DB, series, PARTITION);
    await applyChange(env.DB, changeOf(series, { add: [b], remove: [a.key] }), first.head);
    await setState(a, "deleting");
    const before = await readPartitionState(env.DB, series, PARTITION);
    expect(before).toMatchObject({ files: [b], leaving: new Set([a.key]) });
    const back = changeOf(series, { add: [a], remove: [b.key] });
    expect(await applyChange(env.DB, back, before.head)).toBe(false);
    expect(await readPartitionState(env.DB, series, PARTITION)).toEqual(before);

    await env.DB.prepare("DELETE FROM archive_files WHERE key = ?1").bind(a.key).run();
    // The file that was read before its object was deleted is not the one that comes back.
    expect(await applyChange(env.DB, { ...back, reused: [a.key] }, before.head)).toBe(false);
    expect(await readPartitionState(env.DB, series, PARTITION)).toMatchObject({ files: [b] });
    expect(await applyChange(env.DB, back, before.head)).toBe(true);
    expect(await readPartitionState(env.DB, series, PARTITION)).toMatchObject({ files: [a] });
  });

  test("takes a change only where the hot candles are as many as were read", async () => {
    const series = seriesOf("HOTSEEN");
    await putHot(series, [candleAt(0), candleAt(2), candleAt(4)]);
    const hot = [{ first: OCTOBER, last: OCTOBER + 180, rows: 2 }];
    const change = changeOf(series, { add: [fileOf(series, "a")], hot });
    await putHot(series, [candleAt(1)]);
    expect(await applyChange(env.DB, change, CHAIN_START)).toBe(false);
    expect((await readPartitionState(env.DB, series, PARTITION)).files).toEqual([]);
    const again = { ...change, hot: [{ first: OCTOBER, last: OCTOBER + 180, rows: 3 }] };
    expect(await applyChange(env.DB, again, CHAIN_START)).toBe(true);
  });

  test("knows when candles were merged last, whatever was registered since", async () => {
    const series = seriesOf("MERGED");
    await applyChange(env.DB, changeOf(series, { at: TODAY, kind: "archive" }), CHAIN_START);
    const { head } = await readPartitionState(env.DB, series, PARTITION);
    const add = [fileOf(series, "a", "fragment")];
    await applyChange(env.DB, changeOf(series, { at: TODAY + 9, kind: "register", add }), head);
    expect(await readPartitionState(env.DB, series, PARTITION)).toMatchObject({ mergedAt: TODAY });
  });

  test("notes damage, and that a file was found right", async () => {
    const series = seriesOf("NOTES");
    const file = fileOf(series, "a");
    await applyChange(env.DB, changeOf(series, { add: [file] }), CHAIN_START);
    await recordDamage(env.DB, file, "bytes 1 to 2 are missing", TODAY + 5);
    const filesOf = async () => (await readPartitionState(env.DB, series, PARTITION)).files;
    expect(await filesOf()).toEqual([{ ...file, damage: "bytes 1 to 2 are missing" }]);
    await recordDamage(env.DB, file, null, TODAY + 9);
    expect(await filesOf()).toEqual([{ ...file, verifiedAt: TODAY + 9 }]);
  });
});
