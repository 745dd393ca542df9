import { callerId, type Caller } from "@candlehouse/shared/core/access";
import { CandlehouseError, ForbiddenError } from "@candlehouse/shared/core/errors";
import { log } from "@candlehouse/shared/log/log";
import type { Access } from "./guard-access.ts";

/** A caller who is known and may not do it: the log names the key. */
export class RefusedCallerError extends ForbiddenError {
  readonly caller: Caller;

  constructor(reason: string, caller: Caller) {
    super(reason);
    this.caller = caller;
  }
}

/** Who was refused by `error`, as far as that is known. */
export function callerOf(error: unknown): Caller {
  return error instanceof RefusedCallerError
    ? error.caller
    : { kind: "nobody", refusal: undefined };
}

/** What is no refusal but a failure of ours, or of the issuer. */
const FAILURES: ReadonlySet<string> = new Set(["storage_unavailable", "identity_unavailable"]);

/** Tells the log of calls that were not let in; of too many calls, once a minute and route. */
export class Refusals {
  #minute = 0;
  readonly #told = new Set<string>();

  tell(error: unknown, { caller, route, scope }: Omit<Access, "cost">): void {
    // A failure is logged with its answer.
    if (!(error instanceof CandlehouseError) || FAILURES.has(error.code)) {
      return;
    }
    const { code, message: reason } = error;
    if (code === "rate_limited" && !this.#isFirst(`${route.method} ${route.path}`)) {
      return;
    }
    const { method, path } = route;
    log("access.refused", { code, scope, method, route: path, caller: callerId(caller), reason });
  }

  #isFirst(name: string): boolean {
    const minute = Math.floor(Date.now() / 60_000);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#told.clear();
    }
    const isFirst = !this.#told.has(name);
    this.#told.add(name);
    return isFirst;
  }
}
