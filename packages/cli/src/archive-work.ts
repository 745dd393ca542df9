import { setTimeout as sleep } from "node:timers/promises";
import { rebuildAnswer, runStart, runStatus, verifyAnswer } from "./answers/archive.ts";
import type { Client } from "./client.ts";
import { formatBytes, formatCount } from "./terminal/format.ts";
import type { Progress } from "./terminal/progress.ts";

/** How work on the archive ended. */
export interface Outcome {
  /** What is wrong, a line each. */
  readonly problems: readonly string[];
  readonly sentence: string;
  /** What was counted, by name. */
  readonly sums: Readonly<Record<string, number>>;
}

/** Between two looks at the runs that were started. */
const LOOK_MS = 500;

/** Archives what has left the hot window and waits for it. */
export async function runArchive(
  client: Client,
  series: string | undefined,
  progress: Progress,
): Promise<Outcome> {
  const order = { method: "POST", path: "/v1/archive/run", body: { series } } as const;
  const { runs } = await client.ask(runStart, order);
  const problems: string[] = [];
  let open = [...runs];
  while (open.length > 0) {
    const still: string[] = [];
    for (const id of open) {
      const { status, error } = await client.ask(runStatus, { path: `/v1/archive/runs/${id}` });
      if (status === "errored" || status === "terminated") {
        problems.push(`${id}: ${error ?? status}`);
      } else if (status !== "complete") {
        still.push(id);
      }
    }
    open = still;
    progress.report({
      done: runs.length - open.length,
      total: runs.length,
      things: "partitions archived",
    });
    if (open.length > 0) {
      await sleep(LOOK_MS);
    }
  }
  const archived = runs.length - problems.length;
  return {
    problems,
    sums: { runs: runs.length, archived },
    sentence:
      runs.length === 0
        ? "nothing is due: all that has left the hot window is in a file"
        : problems.length === 0
          ? `archived ${formatCount(archived, "partition")}`
          : `${problems.length} of ${formatCount(runs.length, "partition")} could not be archived; the candles stay where they are`,
  };
}

/** Reads files of the archive again, all of them or those of one series. */
export async function verifyArchive(
  client: Client,
  { series, partition }: { readonly series?: string; readonly partition?: string },
  progress: Progress,
): Promise<Outcome> {
  const problems: string[] = [];
  const sums = { partitions: 0, files: 0, bytes: 0, damaged: 0, chains: 0 };
  let after: string | undefined;
  do {
    const body = { series, partition, after };
    const order = { method: "POST", path: "/v1/archive/verify", body } as const;
    const answer = await client.ask(verifyAnswer, order);
    sums.partitions += answer.partitions;
    sums.files += answer.files;
    sums.bytes += answer.bytes;
    sums.damaged += answer.damaged.length;
    sums.chains += answer.chains.length;
    problems.push(
      ...answer.damaged.map(({ key, damage }) => `${key}: ${damage}`),
      ...answer.chains.map((chain) => `${chain.series} ${chain.partition}: ${chain.problem}`),
    );
    progress.report({
      done: sums.partitions,
      total: sums.partitions + answer.left,
      things: "partitions verified",
    });
    after = answer.next ?? undefined;
  } while (after !== undefined);
  const read = `${formatCount(sums.files, "file")} of ${formatCount(sums.partitions, "partition")} (${formatBytes(sums.bytes)})`;
  return {
    problems,
    sums,
    sentence:
      problems.length === 0
        ? `read ${read}: every byte is as it was written, and every history holds together`
        : `read ${read}: ${formatCount(sums.damaged, "file")} damaged, ${formatCount(sums.chains, "partition")} with a history that does not hold together; docs/failure-modes.md says under archive_damaged what to do`,
  };
}

/** Rebuilds the manifest from the files alone. */
export async function rebuildCatalog(client: Client, progress: Progress): Promise<Outcome> {
  const problems: string[] = [];
  const sums = { partitions: 0, kept: 0, restored: 0, fragments: 0 };
  let after: string | undefined;
  do {
    const order = { method: "POST", path: "/v1/archive/rebuild", body: { after } } as const;
    const answer = await client.ask(rebuildAnswer, order);
    sums.partitions += answer.partitions;
    sums.kept += answer.kept;
    sums.restored += answer.restored;
    sums.fragments += answer.fragments;
    problems.push(...answer.damaged.map(({ key, damage }) => `${key}: ${damage}`));
    progress.report({
      done: sums.partitions,
      total: answer.left === null ? null : sums.partitions + answer.left,
      things: "partitions catalogued",
    });
    after = answer.next ?? undefined;
  } while (after !== undefined);
  const done = `catalogued ${formatCount(sums.partitions, "partition")}: ${sums.kept} were right, ${sums.restored} restored, ${formatCount(sums.fragments, "other file")} to be merged`;
  return {
    problems,
    sums,
    sentence:
      problems.length === 0 ? done : `${done}; ${formatCount(problems.length, "file")} damaged`,
  };
}
