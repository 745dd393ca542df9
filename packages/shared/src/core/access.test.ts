import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addressGroup,
  callerId,
  includesScope,
  limitOf,
  mayCall,
  scopeInClaim,
  SCOPES,
  type Caller,
  type Scope,
} from "./access.ts";

const NOBODY: Caller = { kind: "nobody", refusal: undefined };

function keyOf(scope: Scope, rate: 60 | null = null): Caller {
  return { kind: "key", id: "abcdefghijkl", name: "a bot", scope, rate };
}

function tokenOf(scope: Scope | null): Caller {
  return { kind: "token", subject: "ann", name: "ann@example.com", scope };
}

describe("a call", () => {
  test.each(["open", "keyed"] as const)("of an open route is let in, reads %s", (reads) => {
    expect(mayCall(NOBODY, "open", reads)).toEqual({ isAllowed: true });
  });

  test("that reads is let in where reads are open, whatever was shown", () => {
    const wrong: Caller = { kind: "nobody", refusal: "no such key" };
    for (const caller of [NOBODY, wrong, tokenOf(null), keyOf("read")]) {
      expect(mayCall(caller, "read", "open")).toEqual({ isAllowed: true });
    }
  });

  test("that reads needs a key where reads are keyed", () => {
    expect(mayCall(NOBODY, "read", "keyed")).toMatchObject({ code: "unauthorized" });
    expect(mayCall(keyOf("read"), "read", "keyed")).toEqual({ isAllowed: true });
  });

  test("is told why what it showed proves nothing", () => {
    const refusal = "the key was revoked";
    expect(mayCall({ kind: "nobody", refusal }, "write", "open")).toEqual({
      isAllowed: false,
      code: "unauthorized",
      reason: refusal,
    });
  });

  test.each([
    [keyOf("read"), "write", "this needs the scope write, while the key shown has read"],
    [keyOf("write"), "admin", "this needs the scope admin, while the key shown has write"],
    [tokenOf(null), "write", "this needs the scope write, while the token shown has none"],
  ] as const)("is forbidden where the scope is too narrow", (caller, scope, reason) => {
    expect(mayCall(caller, scope, "open")).toEqual({ isAllowed: false, code: "forbidden", reason });
  });

  test("of the operator is let in everywhere", () => {
    for (const scope of SCOPES) {
      expect(mayCall({ kind: "bootstrap" }, scope, "keyed")).toEqual({ isAllowed: true });
      expect(mayCall({ kind: "local" }, scope, "keyed")).toEqual({ isAllowed: true });
    }
  });

  test("is let in by a wider scope wherever a narrower one lets it in", () => {
    const scope = fc.constantFrom(...SCOPES);
    fc.assert(
      fc.property(scope, scope, scope, (held, wider, needed) => {
        fc.pre(includesScope(wider, held) && mayCall(keyOf(held), needed, "keyed").isAllowed);
        expect(mayCall(keyOf(wider), needed, "keyed").isAllowed).toBe(true);
      }),
    );
  });
});

describe("a limit", () => {
  test("is the key's own, or the one by default", () => {
    expect(limitOf(keyOf("read", 60), "192.0.2.1", 600)).toEqual({
      rate: 60,
      name: "key:abcdefghijkl",
    });
    expect(limitOf(keyOf("read"), "192.0.2.1", 600)).toMatchObject({ rate: 600 });
    expect(limitOf(tokenOf("read"), "192.0.2.1", 600)).toEqual({ rate: 600, name: "jwt:ann" });
  });

  test("is that of the address where nothing else is known", () => {
    expect(limitOf(NOBODY, "192.0.2.1", 6000)).toEqual({ rate: 6000, name: "address:192.0.2.1" });
  });

  test("is none for the operator, and for a call that has no address", () => {
    expect(limitOf({ kind: "local" }, "127.0.0.1", 60)).toBeUndefined();
    expect(limitOf({ kind: "bootstrap" }, "192.0.2.1", 60)).toBeUndefined();
    expect(limitOf(NOBODY, undefined, 60)).toBeUndefined();
  });
});

describe("addresses that count as one", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:0001:2::", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["2001:db8:0:0:ffff::", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::", "fe80:0:0:0::/64"],
  ])("%s is of %s", (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });
});

describe("a claim", () => {
  test.each([
    ["read", "read"],
    ["openid write email", "write"],
    [["email", "admin", "read"], "admin"],
    ["reader", null],
    ["", null],
    [undefined, null],
    [7, null],
    [{ admin: true }, null],
  ])("%j gives %j", (claim, scope) => {
    expect(scopeInClaim(claim)).toBe(scope);
  });
});

test("callers have names that the audit log keeps", () => {
  expect([keyOf("read"), tokenOf(null), { kind: "local" } as const, NOBODY].map(callerId)).toEqual([
    "key:abcdefghijkl",
    "jwt:ann",
    "local",
    "nobody",
  ]);
});
