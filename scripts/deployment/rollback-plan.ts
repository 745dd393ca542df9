import type { Deployment, Version } from "./account.ts";
import type { WorkerId } from "./environment.ts";

/** What is known of a Worker's past. */
export interface WorkerHistory {
  readonly worker: WorkerId;
  /** The newest first. */
  readonly deployments: readonly Deployment[];
  readonly versions: readonly Version[];
}

/** A Worker's version that is to answer again. */
export interface RollbackStep {
  readonly worker: WorkerId;
  readonly versionId: string;
  /** The commit that it was made of. */
  readonly tag: string;
}

const TAG = "workers/tag";

/**
 * Which version each Worker goes back to: the one that answered before the present commit's, or that
 * of the commit `to`. A version that is newer than the present one was rolled back itself and is not
 * taken. A secret that is set makes a version without a tag: it belongs to the commit before it.
 * Throws a sentence where a Worker has no such version: all of them go back, or none.
 */
export function planRollback(
  histories: readonly WorkerHistory[],
  to: string | undefined,
): RollbackStep[] {
  return histories.map(({ worker, deployments, versions }) => {
    const tagged = tagVersions(versions);
    const past = deployments.flatMap(({ versions: [version] }) => {
      const known = tagged.find(({ id }) => id === version?.version_id);
      return known === undefined ? [] : [known];
    });
    const [present] = past;
    if (present === undefined) {
      throw new Error(
        `candlehouse-${worker} was never deployed here: there is nothing to go back to`,
      );
    }
    const found = past.find(({ tag, createdOn }) =>
      to === undefined
        ? tag !== undefined && tag !== present.tag && createdOn < present.createdOn
        : tag?.startsWith(to) === true,
    );
    if (found?.tag === undefined) {
      throw new Error(
        `candlehouse-${worker} has no earlier deployment ${to === undefined ? "" : `of ${to} `}among its last ones: \`npm run deploy\` from the commit that you want`,
      );
    }
    return { worker, versionId: found.id, tag: found.tag };
  });
}

interface TaggedVersion {
  readonly id: string;
  readonly createdOn: string;
  readonly tag: string | undefined;
}

function tagVersions(versions: readonly Version[]): TaggedVersion[] {
  let current: string | undefined;
  return versions
    .toSorted((a, b) => a.metadata.created_on.localeCompare(b.metadata.created_on))
    .map(({ id, metadata, annotations }) => {
      const own = annotations?.[TAG];
      current = typeof own === "string" && own !== "" ? own : current;
      return { id, createdOn: metadata.created_on, tag: current };
    });
}
