import { AsyncLocalStorage } from "node:async_hooks";
import { errorOf, FATES, type CallKind, type Fate } from "./fates.ts";
import type { FaultRecord } from "./fault-record.ts";
import { hashOf, type Random } from "./random.ts";

/** How an invocation ended. A killed one never tells anybody. */
export type Ending<Result> =
  | { readonly how: "done"; readonly value: Result }
  | { readonly how: "failed"; readonly error: unknown }
  | { readonly how: "killed" };

/** One run of a Worker's handler. */
export class Invocation {
  readonly name: string;
  readonly parent: Invocation | undefined;
  /** Faults that struck it, to be told of once it is known what came of them. */
  readonly struck: { readonly point: string; readonly fate: Fate }[] = [];
  isOver = false;
  children = 0;
  kill: () => void = () => undefined;

  constructor(name: string, parent: Invocation | undefined) {
    this.name = name;
    this.parent = parent;
  }
}

/** What a call does, given the fate that it met. */
type Effect<Result> = (fate: Fate) => Promise<Result>;

interface Call {
  readonly invocation: Invocation;
  readonly point: string;
  readonly kind: CallKind;
  readonly effect: Effect<unknown>;
  /** Does what somebody else does just before, for the fates in which a race is lost. */
  readonly rival: ((fate: Fate) => Promise<unknown>) | undefined;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface ConductorSettings {
  readonly random: Random;
  readonly seed: number;
  readonly record: FaultRecord;
  /** Share of the calls that meet another fate than to work. */
  readonly faults: number;
  /** The invocations, by name, of which four in ten calls do. */
  readonly storm: string;
}

/** Microtasks after which what a call set off has come to its next call. */
const MICROTASKS = 60;
/** Turns of the event loop that bodies of requests and answers may take. */
const TURNS_MAX = 500;
const TIMEOUT_MS = 20_000;
const STORM = 0.4;

const current = new AsyncLocalStorage<Invocation>();

/** The invocation that runs; for what reaches no binding, such as the global fetch. */
export function currentInvocation(): Invocation {
  const invocation = current.getStore();
  if (invocation === undefined) {
    throw new Error("nothing runs here that belongs to a schedule");
  }
  return invocation;
}

/**
 * Runs invocations beside each other, one call at a time: every call of a store, a queue, a source
 * or another Worker waits here until a draw lets it go on, and meets the fate that is drawn for it.
 * So a schedule follows from its seed alone. The clock stands still between calls.
 */
export class Conductor {
  readonly #settings: ConductorSettings;
  readonly #hits = new Map<string, number>();
  #live: Invocation[] = [];
  #parked: Call[] = [];
  /** Without faults: every call works. */
  isCalm = false;
  nowMs: number;

  constructor(settings: ConductorSettings, nowMs: number) {
    this.#settings = settings;
    this.nowMs = nowMs;
  }

  get isIdle(): boolean {
    return this.#live.length === 0;
  }

  get running(): number {
    return this.#live.filter(({ parent }) => parent === undefined).length;
  }

  /** A call of `invocation` at `point`. A dead invocation waits for ever. */
  at<Result>(
    invocation: Invocation,
    point: string,
    kind: CallKind,
    effect: Effect<Result>,
    rival?: (fate: Fate) => Promise<unknown>,
  ): Promise<Result> {
    if (invocation.isOver) {
      return new Promise(() => undefined);
    }
    return new Promise<Result>((resolve, reject) => {
      const name = `${invocation.name}: ${point}`;
      this.#parked.push({
        invocation,
        point: name,
        kind,
        effect,
        rival,
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is what the effect gave
        resolve: (value) => resolve(value as Result),
        reject,
      });
    });
  }

  /** Starts an invocation; `parent` waits for it. */
  start<Result>(
    name: string,
    run: (invocation: Invocation) => Promise<Result>,
    parent?: Invocation,
  ): Promise<Ending<Result>> {
    const invocation = new Invocation(name, parent);
    this.#live.push(invocation);
    if (parent !== undefined) {
      parent.children += 1;
    }
    return new Promise((resolve) => {
      const end = (ending: Ending<Result>): void => {
        if (!invocation.isOver) {
          invocation.isOver = true;
          this.#live = this.#live.filter((one) => one !== invocation);
          this.#parked = this.#parked.filter((call) => call.invocation !== invocation);
          if (parent !== undefined) {
            parent.children -= 1;
          }
          this.#settings.record.addEnding(invocation, ending);
          resolve(ending);
        }
      };
      invocation.kill = () => end({ how: "killed" });
      current
        .run(invocation, async () => run(invocation))
        .then(
          (value) => end({ how: "done", value }),
          (error: unknown) => end({ how: "failed", error }),
        );
    });
  }

  /** Lets one of the waiting calls go on, and everything come to its next call. */
  async step(): Promise<void> {
    await this.#comeToRest();
    if (this.#parked.length > 0) {
      const [call] = this.#parked.splice(this.#settings.random.below(this.#parked.length), 1);
      if (call !== undefined) {
        await this.#release(call);
      }
      await this.#comeToRest();
    }
  }

  /** Lets everything that was started come to its end. */
  async finish(): Promise<void> {
    await this.#comeToRest();
    while (!this.isIdle) {
      await this.step();
    }
  }

  async #release(call: Call): Promise<void> {
    const { random, record } = this.#settings;
    const { invocation, point, kind } = call;
    const fate = this.#fateOf(call);
    this.nowMs += 1 + random.below(40);
    record.addHit(point, kind, fate);
    if (fate !== "works") {
      invocation.struck.push({ point, fate });
    }
    try {
      await this.#meet(call, fate);
    } catch (error) {
      // What the store itself says: a refusal, such as a key that is taken.
      call.reject(error);
    }
  }

  async #meet(call: Call, fate: Fate): Promise<void> {
    const { random } = this.#settings;
    switch (fate) {
      case "fails before":
        return call.reject(errorOf(call.kind, false, random));
      case "fails after":
        await call.effect("works");
        return call.reject(errorOf(call.kind, false, random));
      case "times out": {
        const takesEffect = random.chance(0.5);
        this.nowMs += TIMEOUT_MS;
        if (takesEffect) {
          await call.effect("works");
        }
        return call.reject(errorOf(call.kind, true, random));
      }
      case "killed before":
        return call.invocation.kill();
      case "killed after":
        await call.effect("works").catch(() => undefined);
        return call.invocation.kill();
      case "lost to the same":
      case "lost to a damaged one":
        await call.rival?.(fate);
        return call.resolve(await call.effect("works"));
      case "works":
      case "418":
      case "429":
      case "503":
      case "clock ahead":
      case "clock behind":
      case "cut short":
      case "empty":
      case "garbage":
      case "restated":
        return call.resolve(await call.effect(fate));
    }
  }

  /** Draws whether a call meets a fault; which one goes round, so that over seeds all are met. */
  #fateOf({ invocation, point, kind }: Call): Fate {
    const { random, seed, faults, storm } = this.#settings;
    const hit = this.#hits.get(point) ?? 0;
    this.#hits.set(point, hit + 1);
    if (this.isCalm || !random.chance(invocation.name === storm ? STORM : faults)) {
      return "works";
    }
    const fates = FATES[kind];
    return fates[(hashOf(point) + seed + hit) % fates.length] ?? "works";
  }

  async #comeToRest(): Promise<void> {
    for (let turn = 0; ; turn += 1) {
      for (let task = 0; task < MICROTASKS; task += 1) {
        await Promise.resolve();
      }
      const busy = this.#live.find((one) => one.children === 0 && !this.#isParked(one));
      if (busy === undefined) {
        return;
      }
      if (turn === TURNS_MAX) {
        throw new Error(`${busy.name} waits for something that is no call of a schedule`);
      }
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  #isParked(invocation: Invocation): boolean {
    return this.#parked.some((call) => call.invocation === invocation);
  }
}
