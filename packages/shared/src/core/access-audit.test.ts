import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DETAIL_LENGTH_MAX, describeOrder } from "./access-audit.ts";

const SECRET = "s3cr3t".padEnd(43, "Z");
const KEY = `chk_abcdefghijkl_${SECRET}`;
const TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl";

describe("an order in the audit log", () => {
  test("is its parameters and its JSON", () => {
    const order = { query: "dry_run=1", body: '{"series": ["a"]}', bytes: 17, shown: KEY };
    expect(JSON.parse(describeOrder(order))).toEqual({
      query: "dry_run=1",
      body: { series: ["a"] },
    });
  });

  test("of a file is its size", () => {
    expect(describeOrder({ query: "", body: undefined, bytes: 95_000_000, shown: KEY })).toBe(
      '{"body_bytes":95000000}',
    );
  });

  test("without a body is what the path says", () => {
    expect(describeOrder({ query: "", body: undefined, bytes: undefined, shown: KEY })).toBe("{}");
    expect(describeOrder({ query: "", body: "", bytes: 0, shown: KEY })).toBe("{}");
  });

  test("holds nothing of a body that is no JSON", () => {
    expect(describeOrder({ query: "", body: "hunter2", bytes: 7, shown: undefined })).toBe(
      '{"body_bytes":7}',
    );
  });

  test.each([KEY, `${KEY}xyz`, TOKEN, `\n${TOKEN}`, `\t${KEY}`, `x${TOKEN}`])(
    "holds no secret: %j",
    (secret) => {
      const body = JSON.stringify({ note: `Bearer ${secret}`, [secret]: 1 });
      const long = JSON.stringify({ note: secret.repeat(200) });
      const coded = encodeURIComponent(secret).replaceAll("_", "%5F").replaceAll(".", "%2e");
      for (const order of [
        { query: `key=${secret}`, body, bytes: 1 },
        { query: `key=${secret}`, body: long, bytes: 1 },
        { query: `key=${coded}`, body, bytes: 1 },
        { query: `key=${encodeURIComponent(coded)}`, body: long, bytes: 1 },
        { query: "", body: secret, bytes: 1 },
      ]) {
        const detail = describeOrder({ ...order, shown: undefined });
        expect(detail).not.toContain(SECRET);
        expect(detail).not.toContain("c2lnbmF0dXJl");
      }
    },
  );

  test("holds nothing of what its sender showed, of whatever form that is", () => {
    const shown = 'the operator\'s "own" key';
    const body = JSON.stringify({ note: `it is ${shown}` });
    const query = `key=${encodeURIComponent(shown)}&dry_run=1`;
    const detail = describeOrder({ query, body, bytes: 1, shown });
    expect(JSON.parse(detail)).toEqual({ query: "key=…&dry_run=1", body: { note: "it is …" } });
  });

  test("keeps an address as it was sent where no secret is in it", () => {
    const query = "name=a%20b%2525&series=binance%3ABTC-USDT%3A1m";
    const detail = describeOrder({ query, body: undefined, bytes: undefined, shown: KEY });
    expect(JSON.parse(detail)).toEqual({ query });
  });

  test.each(["ey", "ey-", "eyeyeyeyey.", "a.b", "chk_"])(
    "is looked through in time that grows with its length alone: %s",
    (piece) => {
      const body = JSON.stringify({ note: piece.repeat(128_000 / piece.length) });
      const begin = performance.now();
      describeOrder({ query: "", body, bytes: body.length, shown: undefined });
      // What looks at each letter from each letter on takes some seconds.
      expect(performance.now() - begin).toBeLessThan(500);
    },
  );

  test("is JSON of a bounded length, whatever was sent", () => {
    const text = fc.string({ unit: "binary", maxLength: 3_000, size: "max" });
    fc.assert(
      fc.property(text, text, (query, note) => {
        const body = JSON.stringify({ note });
        const detail = describeOrder({ query, body, bytes: body.length, shown: undefined });
        expect(detail.length).toBeLessThanOrEqual(DETAIL_LENGTH_MAX);
        expect(JSON.parse(detail)).toBeTypeOf("object");
      }),
      { numRuns: 20 },
    );
  });
});
