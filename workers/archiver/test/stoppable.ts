/**
 * D1, R2 and the Workflow's memory behind one counter of calls: the real ones, until the run is
 * stopped at one of the calls. From then on nothing takes effect any more, as after a crash.
 */

/** Whether the call at which a run is stopped still takes effect; its answer is lost either way. */
export type StopMode = "before" | "after";

export interface Stop {
  /** The call, counted from 1, at which the run is stopped. */
  readonly at: number;
  readonly mode: StopMode;
}

/** Does `call`, unless the run is stopped. */
export type Gate = <Result>(name: string, call: () => Promise<Result>) => Promise<Result>;

export interface Stopper {
  readonly gate: Gate;
  /** The names of the calls so far, in order. */
  readonly calls: readonly string[];
  readonly stopped: () => boolean;
}

class StoppedError extends Error {}

export function stopper(stop: Stop | undefined): Stopper {
  const calls: string[] = [];
  let stopped = false;
  const gate: Gate = async (name, call) => {
    if (stopped) {
      throw new StoppedError(name);
    }
    calls.push(name);
    if (calls.length !== stop?.at) {
      return call();
    }
    stopped = true;
    if (stop.mode === "after") {
      await call();
    }
    throw new StoppedError(name);
  };
  return { gate, calls, stopped: () => stopped };
}

/** Calls that read or write, of a database, a statement, a bucket or an object of it. */
const CALLS: ReadonlySet<PropertyKey> = new Set([
  // Of D1.
  "all",
  "first",
  "run",
  "raw",
  "batch",
  // Of R2.
  "get",
  "head",
  "put",
  "delete",
  "list",
  "arrayBuffer",
]);

/** What a gated statement stands for; D1 takes its own statements only. */
const originals = new WeakMap<object, object>();

/** `target`, of D1 or R2, with each of its calls behind `gate`, and those of what it gives. */
export function gated<Target extends object>(target: Target, gate: Gate): Target {
  const proxy = new Proxy(target, {
    get(inner, name) {
      const member: unknown = Reflect.get(inner, name, inner);
      if (typeof member !== "function") {
        return member;
      }
      return (...given: unknown[]) => {
        const call = () => Reflect.apply(member, inner, given.map(ungated)) as unknown;
        return CALLS.has(name)
          ? gate(String(name), async () => gateResult(await call(), gate))
          : gateResult(call(), gate);
      };
    },
  });
  originals.set(proxy, target);
  return proxy;
}

/** Statements and objects with a body go on being gated; everything else is an answer. */
function gateResult(result: unknown, gate: Gate): unknown {
  const goesOn =
    typeof result === "object" && result !== null && ("bind" in result || "arrayBuffer" in result);
  return goesOn ? gated(result, gate) : result;
}

function ungated(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(ungated);
  }
  return typeof value === "object" && value !== null ? (originals.get(value) ?? value) : value;
}
