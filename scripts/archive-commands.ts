import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { ArchiveClient } from "./archive-client.ts";
import type { Progress } from "./archive-progress.ts";
import type { ArchiveSettings } from "./archive-settings.ts";

/** How a command ended: a sentence, and what is wrong, a line each. */
export interface Outcome {
  readonly problems: readonly string[];
  readonly sentence: string;
}

/** Between two looks at the runs that were started. */
const LOOK_MS = 500;

const damageSchema = z.object({ key: z.string(), damage: z.string() });

const startSchema = z.object({ runs: z.array(z.string()) });
const statusSchema = z.object({ status: z.string(), error: z.string().optional() });

const verifySchema = z.object({
  partitions: z.int(),
  files: z.int(),
  bytes: z.int(),
  damaged: z.array(damageSchema),
  chains: z.array(z.object({ series: z.string(), partition: z.string(), problem: z.string() })),
  next: z.string().nullable(),
  left: z.int(),
});

const rebuildSchema = z.object({
  partitions: z.int(),
  kept: z.int(),
  restored: z.int(),
  fragments: z.int(),
  damaged: z.array(damageSchema),
  next: z.string().nullable(),
  left: z.int().nullable(),
});

/** Archives what has left the hot window and waits for it. */
export async function runArchive(
  client: ArchiveClient,
  { series }: Pick<ArchiveSettings, "series">,
  progress: Progress,
): Promise<Outcome> {
  const { runs } = await client.ask(startSchema, "/v1/archive/run", { series });
  const problems: string[] = [];
  let open = [...runs];
  while (open.length > 0) {
    const still: string[] = [];
    for (const id of open) {
      const { status, error } = await client.ask(statusSchema, `/v1/archive/runs/${id}`);
      if (status === "errored" || status === "terminated") {
        problems.push(`${id}: ${error ?? status}`);
      } else if (status !== "complete") {
        still.push(id);
      }
    }
    open = still;
    progress.report(runs.length - open.length, open.length, "partitions archived");
    if (open.length > 0) {
      await sleep(LOOK_MS);
    }
  }
  const archived = runs.length - problems.length;
  return {
    problems,
    sentence:
      runs.length === 0
        ? "nothing is due: all that has left the hot window is in a file"
        : problems.length === 0
          ? `archived ${count(archived, "partition")}`
          : `${problems.length} of ${count(runs.length, "partition")} could not be archived; the candles stay where they are`,
  };
}

/** Reads files of the archive again, all of them or those of one series. */
export async function verifyArchive(
  client: ArchiveClient,
  { series, partition }: Pick<ArchiveSettings, "series" | "partition">,
  progress: Progress,
): Promise<Outcome> {
  const problems: string[] = [];
  const sums = { partitions: 0, files: 0, bytes: 0, damaged: 0, chains: 0 };
  let after: string | undefined;
  do {
    const order = { series, partition, after };
    const answer = await client.ask(verifySchema, "/v1/archive/verify", order);
    sums.partitions += answer.partitions;
    sums.files += answer.files;
    sums.bytes += answer.bytes;
    sums.damaged += answer.damaged.length;
    sums.chains += answer.chains.length;
    problems.push(
      ...answer.damaged.map(({ key, damage }) => `${key}: ${damage}`),
      ...answer.chains.map((chain) => `${chain.series} ${chain.partition}: ${chain.problem}`),
    );
    progress.report(sums.partitions, answer.left, "partitions verified");
    after = answer.next ?? undefined;
  } while (after !== undefined);
  const read = `${count(sums.files, "file")} of ${count(sums.partitions, "partition")} (${(sums.bytes / 1e6).toFixed(1)} MB)`;
  return {
    problems,
    sentence:
      problems.length === 0
        ? `read ${read}: every byte is as it was written, and every history holds together`
        : `read ${read}: ${count(sums.damaged, "file")} damaged, ${count(sums.chains, "partition")} with a history that does not hold together`,
  };
}

/** Rebuilds the manifest from the files alone. */
export async function rebuildCatalog(client: ArchiveClient, progress: Progress): Promise<Outcome> {
  const problems: string[] = [];
  const sums = { partitions: 0, kept: 0, restored: 0, fragments: 0 };
  let after: string | undefined;
  do {
    const answer = await client.ask(rebuildSchema, "/v1/archive/rebuild", { after });
    sums.partitions += answer.partitions;
    sums.kept += answer.kept;
    sums.restored += answer.restored;
    sums.fragments += answer.fragments;
    problems.push(...answer.damaged.map(({ key, damage }) => `${key}: ${damage}`));
    progress.report(sums.partitions, answer.left, "partitions catalogued");
    after = answer.next ?? undefined;
  } while (after !== undefined);
  const done = `catalogued ${count(sums.partitions, "partition")}: ${sums.kept} were right, ${sums.restored} restored, ${count(sums.fragments, "other file")} to be merged`;
  return {
    problems,
    sentence: problems.length === 0 ? done : `${done}; ${count(problems.length, "file")} damaged`,
  };
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}
