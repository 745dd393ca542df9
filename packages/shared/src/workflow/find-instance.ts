/** What the Workflows engine says where there is no instance of an id. */
const NO_INSTANCE = "instance.not_found";

/** States of an instance that does nothing any more. */
const ENDED: ReadonlySet<InstanceStatus["status"]> = new Set([
  "complete",
  "errored",
  "terminated",
] as const);

/** The instance `id`; undefined where there is none. Throws what else the engine says. */
export async function findInstance<Params>(
  workflow: Workflow<Params>,
  id: string,
): Promise<WorkflowInstance | undefined> {
  try {
    return await workflow.get(id);
  } catch (error) {
    if (String(error).includes(NO_INSTANCE)) {
      return undefined;
    }
    throw error;
  }
}

/** Whether an instance in the state `status` does nothing any more. */
export function hasEnded(status: InstanceStatus["status"]): boolean {
  return ENDED.has(status);
}
