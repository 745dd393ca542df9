import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DETAIL_LENGTH_MAX, describeOrder } from "./access-audit.ts";

const SECRET = "s3cr3t".padEnd(43, "Z");
const KEY = `chk_abcdefghijkl_${SECRET}`;
const TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl";

describe("an order in the audit log", () => {
  test("is its parameters and its JSON", () => {
    const order = { query: "dry_run=1", body: '{"series": ["a"]}', bytes: 17 };
    expect(JSON.parse(describeOrder(order))).toEqual({
      query: "dry_run=1",
      body: { series: ["a"] },
    });
  });

  test("of a file is its size", () => {
    expect(describeOrder({ query: "", body: undefined, bytes: 95_000_000 })).toBe(
      '{"body_bytes":95000000}',
    );
  });

  test("without a body is what the path says", () => {
    expect(describeOrder({ query: "", body: undefined, bytes: undefined })).toBe("{}");
    expect(describeOrder({ query: "", body: "", bytes: 0 })).toBe("{}");
  });

  test("holds nothing of a body that is no JSON", () => {
    expect(describeOrder({ query: "", body: "hunter2", bytes: 7 })).toBe('{"body_bytes":7}');
  });

  test.each([KEY, `${KEY}xyz`, TOKEN])("holds no secret: %s", (secret) => {
    const body = JSON.stringify({ note: `Bearer ${secret}`, [secret]: 1 });
    const long = JSON.stringify({ note: secret.repeat(200) });
    for (const order of [
      { query: `key=${secret}`, body, bytes: 1 },
      { query: `key=${secret}`, body: long, bytes: 1 },
      { query: "", body: secret, bytes: 1 },
    ]) {
      const detail = describeOrder(order);
      expect(detail).not.toContain(SECRET);
      expect(detail).not.toContain("c2lnbmF0dXJl");
    }
  });

  test("is JSON of a bounded length, whatever was sent", () => {
    const text = fc.string({ unit: "binary", maxLength: 3_000, size: "max" });
    fc.assert(
      fc.property(text, text, (query, note) => {
        const body = JSON.stringify({ note });
        const detail = describeOrder({ query, body, bytes: body.length });
        expect(detail.length).toBeLessThanOrEqual(DETAIL_LENGTH_MAX);
        expect(JSON.parse(detail)).toBeTypeOf("object");
      }),
      { numRuns: 20 },
    );
  });
});
