import type { Gate } from "./gated-stores.ts";
import type { Conductor, Ending, Invocation } from "./conductor.ts";

/** An instance of a Workflow as the engine holds it. */
interface Instance<Params> {
  readonly id: string;
  readonly params: Params;
  status: InstanceStatus["status"];
  error: string | undefined;
  /** The results of the steps that ended. */
  memory: Map<string, unknown>;
  runs: number;
}

/** Runs the class of a Workflow. */
export type RunWorkflow<Params> = (
  invocation: Invocation,
  event: Readonly<{ payload: Params; timestamp: Date; instanceId: string; workflowName: string }>,
  step: StandInStep,
) => Promise<unknown>;

/** What of a `WorkflowStep` the Workflows of this system use. */
export interface StandInStep {
  readonly do: <Result>(
    name: string,
    config: { readonly retries?: { readonly limit: number } },
    run: () => Promise<Result>,
  ) => Promise<Result>;
  readonly sleep: (name: string, ms: number) => Promise<void>;
}

export interface EngineSettings<Params> {
  readonly name: string;
  readonly conductor: Conductor;
  readonly gateOf: (invocation: Invocation) => Gate;
  readonly run: RunWorkflow<Params>;
}

/**
 * Stands in for the Workflows engine, with its promises and no more: a step is run at least once,
 * its result is remembered, one that fails is tried again up to its limit, and an instance whose
 * machine dies is gone on with from what is remembered.
 */
export class WorkflowEngine<Params> {
  readonly #settings: EngineSettings<Params>;
  readonly #instances = new Map<string, Instance<Params>>();

  constructor(settings: EngineSettings<Params>) {
    this.#settings = settings;
  }

  /** Ids of the instances that have not ended, and of which nobody runs. */
  get waiting(): string[] {
    return this.#ids(({ status, runs }) => isOpen(status) && runs === 0);
  }

  /** Ids of the instances that somebody runs. */
  get running(): string[] {
    return this.#ids(({ runs }) => runs > 0);
  }

  #ids(is: (instance: Instance<Params>) => boolean): string[] {
    return [...this.#instances.values()].filter(is).map(({ id }) => id);
  }

  /** The binding, as `gate` lets its calls through. */
  binding(gate: Gate): Workflow<Params> {
    const { name } = this.#settings;
    const create = (all: readonly { id?: string; params?: Params }[]): Instance<Params>[] =>
      all.flatMap(({ id = "", params }) => {
        if (this.#instances.has(id) || params === undefined) {
          return [];
        }
        const instance: Instance<Params> = {
          id,
          params: structuredClone(params),
          status: "queued",
          error: undefined,
          memory: new Map(),
          runs: 0,
        };
        this.#instances.set(id, instance);
        return [instance];
      });
    const handleOf = ({ id }: Instance<Params>) => this.#handleOf(id, gate);
    const binding = {
      create: (one: { id: string; params: Params }) =>
        gate(`${name} create`, "service", async () => {
          const [created] = create([one]);
          if (created === undefined) {
            throw new Error("(instance.already_exists) Instance already exists");
          }
          return handleOf(created);
        }),
      createBatch: (all: { id: string; params: Params }[]) =>
        gate(`${name} create`, "service", async () => create(all).map(handleOf)),
      get: (id: string) =>
        gate(`${name} get`, "service", async () => {
          if (!this.#instances.has(id)) {
            throw new Error("(instance.not_found) Provided instance id does not exist");
          }
          return this.#handleOf(id, gate);
        }),
    };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all of it that is called
    return binding as unknown as Workflow<Params>;
  }

  #handleOf(id: string, gate: Gate) {
    const { name } = this.#settings;
    return {
      id,
      status: () =>
        gate(`${name} status`, "service", async () => {
          const { status, error } = this.#instance(id);
          return {
            status,
            ...(error === undefined ? {} : { error: { name: "Error", message: error } }),
          };
        }),
      restart: () =>
        gate(`${name} restart`, "service", async () => {
          Object.assign(this.#instance(id), {
            status: "queued",
            error: undefined,
            memory: new Map(),
          });
        }),
    };
  }

  #instance(id: string): Instance<Params> {
    const instance = this.#instances.get(id);
    if (instance === undefined) {
      throw new Error(`there is no instance ${id}`);
    }
    return instance;
  }

  /** Runs an instance from what is remembered of it, also where somebody runs it already. */
  async run(id: string): Promise<Ending<unknown>> {
    const { conductor, run, gateOf, name } = this.#settings;
    const instance = this.#instance(id);
    const { memory } = instance;
    instance.status = "running";
    instance.runs += 1;
    const event = {
      payload: structuredClone(instance.params),
      timestamp: new Date(conductor.nowMs),
      instanceId: id,
      workflowName: name,
    };
    const ending = await conductor.start(name, (invocation) =>
      run(invocation, event, stepsOf(memory, conductor, gateOf(invocation))),
    );
    instance.runs -= 1;
    if (ending.how !== "killed" && instance.memory === memory) {
      instance.status = ending.how === "done" ? "complete" : "errored";
      instance.error = ending.how === "failed" ? String(ending.error) : undefined;
    }
    return ending;
  }
}

function isOpen(status: InstanceStatus["status"]): boolean {
  return status === "queued" || status === "running";
}

/** Steps that are remembered in `memory`. */
function stepsOf(memory: Map<string, unknown>, conductor: Conductor, gate: Gate): StandInStep {
  return {
    async do<Result>(
      name: string,
      config: { readonly retries?: { readonly limit: number } },
      run: () => Promise<Result>,
    ): Promise<Result> {
      let failures = 0;
      while (!memory.has(name)) {
        try {
          const result = await run();
          await gate(`result of step ${name.replace(/ \d+$/, "")}`, "step", async () => {
            memory.set(name, structuredClone(result));
          });
        } catch (error) {
          memory.delete(name);
          failures += 1;
          if (failures > (config.retries?.limit ?? 5)) {
            throw error;
          }
          conductor.nowMs += 10_000 * 2 ** failures;
        }
      }
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what this step gave
      return structuredClone(memory.get(name)) as Result;
    },
    sleep: async (_name, ms) => {
      conductor.nowMs += ms;
    },
  };
}
