import { describe, expect, test } from "vitest";
import { runAgainst, type Reply } from "./run-cli.ts";

const SERIES = {
  id: "kraken:BTC-USD:1h",
  source: "kraken",
  symbol: "BTC-USD",
  timeframe: "1h",
  native_symbol: "XBTUSD",
  tier: 1,
  enabled: true,
  first_timestamp: 1_795_000_000,
  last_timestamp: 1_795_440_000,
  late_seconds: 0,
  catch_up: null,
  failure_count: 0,
  last_error: null,
  retry_at: null,
};

function listing(...series: readonly object[]): Readonly<Record<string, readonly Reply[]>> {
  return { "GET /v1/series": [[200, { series, next_cursor: null }]] };
}

describe("series --late", () => {
  test("counts all series where none of them is late or fails", async () => {
    const { code, out } = await runAgainst(listing(SERIES, SERIES), ["series", "--late"]);
    expect({ code, out }).toEqual({ code: 0, out: "2 series, none late or failing\n" });
  });

  test("lists those that are late, and says of how many they are", async () => {
    const late = { ...SERIES, id: "kraken:ETH-USD:1h", symbol: "ETH-USD", late_seconds: 86_400 };
    const { out } = await runAgainst(listing(SERIES, late), ["series", "--late"]);
    expect(out).toContain("kraken:ETH-USD:1h");
    expect(out).not.toContain("kraken:BTC-USD:1h");
    expect(out).toMatch(/\n2 series, 1 late or failing\n$/);
  });

  test("says how to add one where there is none", async () => {
    const { out } = await runAgainst(listing(), ["series", "--late"]);
    expect(out).toBe("no series: candlehouse series add adds one\n");
  });
});
