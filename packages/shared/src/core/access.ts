/** What a caller may do, each with all that those before it may. */
export const SCOPES = ["read", "write", "admin"] as const;

export type Scope = (typeof SCOPES)[number];

/** What a route asks of its caller: a scope, or nothing at all. */
export type RouteScope = Scope | "open";

/** How many requests a minute a caller may make. Each has a rate limiter of its own. */
export const RATES = [60, 600, 6000] as const;

export type Rate = (typeof RATES)[number];

/** Who sent a request, as far as that is proven. */
export type Caller =
  /** Nothing was shown, or what was shown proves nothing: `refusal` says why. */
  | { readonly kind: "nobody"; readonly refusal: string | undefined }
  /** Anybody on the machine that the whole system runs on. */
  | { readonly kind: "local" }
  /** Who has the secret that the operator set. */
  | { readonly kind: "bootstrap" }
  | {
      readonly kind: "key";
      readonly id: string;
      readonly name: string;
      readonly scope: Scope;
      readonly rate: Rate | null;
    }
  /** A token of the operator's identity provider; `scope` is null where it gives none. */
  | {
      readonly kind: "token";
      readonly subject: string;
      readonly name: string;
      readonly scope: Scope | null;
    };

/** Whether reading needs a key. */
export type ReadAccess = "open" | "keyed";

/** Whether a call is let in, and else why not. */
export type Decision =
  | { readonly isAllowed: true }
  | {
      readonly isAllowed: false;
      readonly code: "unauthorized" | "forbidden";
      readonly reason: string;
    };

const ALLOWED: Decision = { isAllowed: true };

/** Whether `caller` may call a route that asks for `scope`. */
export function mayCall(caller: Caller, scope: RouteScope, reads: ReadAccess): Decision {
  if (scope === "open" || (scope === "read" && reads === "open")) {
    return ALLOWED;
  }
  if (caller.kind === "nobody") {
    const reason =
      caller.refusal ??
      `this needs a key with the scope ${scope}: send it as Authorization: Bearer KEY`;
    return { isAllowed: false, code: "unauthorized", reason };
  }
  const held = scopeOf(caller);
  if (held !== null && includesScope(held, scope)) {
    return ALLOWED;
  }
  const what = caller.kind === "token" ? "token" : "key";
  return {
    isAllowed: false,
    code: "forbidden",
    reason: `this needs the scope ${scope}, while the ${what} shown has ${held ?? "none"}`,
  };
}

/** Whether who has `held` may do what needs `needed`. */
export function includesScope(held: Scope, needed: Scope): boolean {
  return SCOPES.indexOf(held) >= SCOPES.indexOf(needed);
}

/** What `caller` may do; null where nothing. */
export function scopeOf(caller: Caller): Scope | null {
  switch (caller.kind) {
    case "nobody":
      return null;
    case "local":
    case "bootstrap":
      return "admin";
    case "key":
    case "token":
      return caller.scope;
  }
}

/** `caller` as the audit log and log events have it: `key:ID`, `jwt:SUBJECT`, `bootstrap`, `local`. */
export function callerId(caller: Caller): string {
  switch (caller.kind) {
    case "nobody":
    case "local":
    case "bootstrap":
      return caller.kind;
    case "key":
      return `key:${caller.id}`;
    case "token":
      return `jwt:${caller.subject}`;
  }
}

/** The name of a key, or what a token says of its bearer; null of anybody else. */
export function callerName(caller: Caller): string | null {
  return caller.kind === "key" || caller.kind === "token" ? caller.name : null;
}

/** Against which limit a call counts, and under which name. */
export interface Limit {
  readonly rate: Rate;
  readonly name: string;
}

/**
 * The limit of `caller`: its own, or that of its `address` where nothing else tells it from others.
 * Undefined where nothing limits it: on the operator's own machine, with the operator's own secret,
 * and where a call has no address, since it does not come from outside.
 */
export function limitOf(
  caller: Caller,
  address: string | undefined,
  defaultRate: Rate,
): Limit | undefined {
  switch (caller.kind) {
    case "local":
    case "bootstrap":
      return undefined;
    case "key":
      return { rate: caller.rate ?? defaultRate, name: callerId(caller) };
    case "token":
      return { rate: defaultRate, name: callerId(caller) };
    case "nobody":
      return address === undefined
        ? undefined
        : { rate: defaultRate, name: `address:${addressGroup(address)}` };
  }
}

/**
 * The addresses that count as one: an IPv4 address alone, of IPv6 the first 64 bits, which is what
 * one household or one machine has.
 */
export function addressGroup(address: string): string {
  const [mapped] = /(?<=^::ffff:)\d+(\.\d+){3}$/i.exec(address) ?? [];
  if (mapped !== undefined || !address.includes(":")) {
    return mapped ?? address;
  }
  const [before = "", after] = address.toLowerCase().split("::");
  const head = before === "" ? [] : before.split(":");
  const tail = after === undefined || after === "" ? [] : after.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => "0");
  const groups = [...head, ...zeros, ...tail].slice(0, 4);
  return `${groups.map((group) => group.replace(/^0+(?=.)/, "")).join(":")}::/64`;
}

/**
 * The widest scope that a claim of a token names: a text of words with spaces between, as `scope` of
 * OAuth has it, or a list of texts. Null where it names none.
 */
export function scopeInClaim(claim: unknown): Scope | null {
  const words = typeof claim === "string" ? claim.split(" ") : Array.isArray(claim) ? claim : [];
  return SCOPES.findLast((scope) => words.includes(scope)) ?? null;
}
