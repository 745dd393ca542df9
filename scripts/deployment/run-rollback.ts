import { readDeployments, readVersions } from "./account.ts";
import { scriptName, WORKERS, type Environment, type WorkerId } from "./environment.ts";
import { planRollback } from "./rollback-plan.ts";
import { sentenceOf } from "./sentence.ts";
import { callWrangler, type RunWrangler } from "./wrangler.ts";

/** Longest message of a rollback that wrangler takes. */
const MESSAGE_LENGTH_MAX = 120;

export interface Rollback {
  readonly environment: Environment;
  readonly run: RunWrangler;
  readonly say: (line: string) => void;
}

/** Has `versionId` answer for the Worker again. Triggers, secrets and data stay as they are. */
async function rollBackWorker(
  { environment, run, say }: Rollback,
  worker: WorkerId,
  versionId: string,
  reason: string,
): Promise<void> {
  const script = scriptName(environment, worker);
  const message = reason.slice(0, MESSAGE_LENGTH_MAX);
  await callWrangler(run, ["rollback", versionId, "--name", script, "--message", message, "--yes"]);
  say(`rolled back  ${script} to ${versionId}`);
}

/**
 * Puts each of the Workers back to its version of `before`, the last deployed first, so that no
 * Worker calls one that is older than it knows. Goes on where one fails; throws a sentence then.
 */
export async function rollBackTo(
  work: Rollback,
  before: readonly { readonly worker: WorkerId; readonly versionId: string }[],
  reason: string,
): Promise<void> {
  const failures: string[] = [];
  for (const { worker, versionId } of before.toReversed()) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, callers before callees
      await rollBackWorker(work, worker, versionId, reason);
    } catch (error) {
      failures.push(sentenceOf(error));
    }
  }
  if (failures.length > 0) {
    throw new Error(`the rollback is not whole: ${failures.join("; ")}`);
  }
}

/** Puts all Workers back to the commit before the present one, or to the commit `to`. */
export async function rollBack(work: Rollback, to: string | undefined): Promise<void> {
  const histories = await Promise.all(
    WORKERS.map(async (worker) => {
      const script = scriptName(work.environment, worker);
      const [deployments, versions] = await Promise.all([
        readDeployments(work.run, script),
        readVersions(work.run, script),
      ]);
      return { worker, deployments, versions };
    }),
  );
  const steps = planRollback(histories, to);
  work.say(`going back to ${[...new Set(steps.map(({ tag }) => tag))].join(", ")}`);
  await rollBackTo(work, steps, "rolled back by hand");
}
