import { describe, expect, test } from "vitest";
import { acceptEncodingOf, chooseEncoding, refusesIdentity } from "./content-encoding.ts";

describe("chooseEncoding", () => {
  test.each([
    [null, "identity"],
    ["", "identity"],
    ["gzip", "gzip"],
    ["zstd", "zstd"],
    ["gzip, deflate, br, zstd", "zstd"],
    ["gzip, deflate, br", "gzip"],
    ["deflate, br", "identity"],
    ["GZIP", "gzip"],
    ["x-gzip", "gzip"],
    ["*", "zstd"],
    ["*;q=0.5, gzip", "gzip"],
    ["zstd;q=0, *", "gzip"],
    ["zstd;q=0.2, gzip;q=0.8", "gzip"],
    ["zstd;q=0.8 , gzip ; q=0.80", "zstd"],
    ["gzip;q=0", "identity"],
    ["identity, gzip;q=0.5", "identity"],
    ["identity;q=0.1, gzip;q=0.5", "gzip"],
    ["identity;q=0, gzip;q=0.001", "gzip"],
    ["identity;q=0", "identity"],
    ["*;q=0", "identity"],
    ["gzip;q=2", "identity"],
    ["gzip;q=high", "identity"],
  ])("of %j is %s", (header, encoding) => {
    expect(chooseEncoding(header)).toBe(encoding);
  });
});

describe("refusesIdentity", () => {
  test.each([
    [null, false],
    ["gzip", false],
    ["identity;q=0, gzip", true],
    ["gzip, *;q=0", true],
    ["identity;q=0.1, *;q=0", false],
  ])("of %j is %s", (header, refuses) => {
    expect(refusesIdentity(header)).toBe(refuses);
  });
});

describe("acceptEncodingOf", () => {
  test("is what the client said, where Cloudflare has its own word in the header", () => {
    const headers = { "accept-encoding": "br, gzip" };
    const url = "https://candlehouse.test/";
    expect(acceptEncodingOf(new Request(url, { headers }))).toBe("br, gzip");
    const cf = { clientAcceptEncoding: "zstd" };
    expect(acceptEncodingOf(new Request(url, { headers, cf }))).toBe("zstd");
  });
});
