import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assertExpiry, formatKey, isKeyId, keyIdOf, parseKey, stateOfKey } from "./api-key.ts";

const SECRET = "A-_".padEnd(43, "z");
const BYTES = fc.uint8Array({ minLength: 12, maxLength: 12 });

describe("a key's text", () => {
  test("gives its parts back", () => {
    fc.assert(
      fc.property(BYTES, fc.stringMatching(/^[\w-]{43}$/), (bytes, secret) => {
        const id = keyIdOf(bytes);
        expect(isKeyId(id)).toBe(true);
        expect(parseKey(formatKey({ id, secret }))).toEqual({ id, secret });
      }),
    );
  });

  test.each([
    "",
    "chk_",
    `chk_abcdefghijkl_${SECRET}x`,
    `chk_abcdefghijk_${SECRET}`,
    `chk_ABCDEFGHIJKL_${SECRET}`,
    `chk_abcdefghijk1_${SECRET}`,
    `xchk_abcdefghijkl_${SECRET}`,
    `chk_abcdefghijkl_${SECRET.slice(1)}=`,
    `chk_abcdefghijkl_${SECRET}\n`,
  ])("is none where it reads %j", (text) => {
    expect(parseKey(text)).toBeUndefined();
  });

  test("has an id that uses each letter alike", () => {
    const ids = Array.from({ length: 256 }, (_, byte) => keyIdOf(new Uint8Array(12).fill(byte)));
    expect(new Set(ids).size).toBe(32);
  });
});

describe("a key", () => {
  const key = { expires_at: 2_000, revoked_at: null };

  test("lives until the second before it expires", () => {
    expect(stateOfKey(key, 1_999)).toBe("live");
    expect(stateOfKey(key, 2_000)).toBe("expired");
    expect(stateOfKey({ ...key, expires_at: null }, 4_000_000_000)).toBe("live");
  });

  test("that was revoked is so, expired or not", () => {
    expect(stateOfKey({ ...key, revoked_at: 1_000 }, 1_500)).toBe("revoked");
    expect(stateOfKey({ ...key, revoked_at: 1_000 }, 2_500)).toBe("revoked");
  });

  test("must expire in the future, or never", () => {
    expect(() => assertExpiry(1_000, 1_000)).toThrow("it must be in the future");
    assertExpiry(1_001, 1_000);
    assertExpiry(null, 1_000);
  });
});
