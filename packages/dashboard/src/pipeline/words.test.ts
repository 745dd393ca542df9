import { ALERT_KINDS } from "@candlehouse/shared/core/alert";
import { describe, expect, it } from "vitest";
import { adviceOf, healthText } from "./alert-advice.ts";
import type { BillLine, Host } from "./answers.ts";
import { barOf, lineState, priceText, shareText, usedText } from "./bill-words.ts";
import { bodyText } from "./body-text.ts";
import { filesText } from "./change-words.ts";
import { describeHost, describeUse, lastErrorAt } from "./host-words.ts";
import { daysOf, monthAfter, monthText } from "./months.ts";

const NOW = 1_795_400_000;

describe("alerts", () => {
  it("have advice for each kind that the system knows", () => {
    for (const kind of ALERT_KINDS) {
      expect(adviceOf(kind)).not.toEqual(adviceOf(`${kind} of another version`));
      expect(adviceOf(kind).placeName).not.toBe("this page");
      expect(adviceOf(kind).place).toMatch(/^[#/]/);
    }
  });

  it("of a kind of another version speak by their name", () => {
    expect(adviceOf("disk_full").title).toBe("disk full");
  });

  it("are summed up in a line", () => {
    const warning = { severity: "warning" } as const;
    const critical = { severity: "critical" } as const;
    const fine = { isOld: false, marked: 0 };
    expect(healthText([], fine)).toBe("All is well");
    expect(healthText([], { isOld: false, marked: 2 })).toBe(
      "No alert, but see what is marked below",
    );
    expect(healthText([], { isOld: true, marked: 0 })).toBe("Not known now: all was well before");
    expect(healthText([warning], { isOld: true, marked: 2 })).toBe("One thing needs a look");
    expect(healthText([warning], fine)).toBe("One thing needs a look");
    expect(healthText([critical], fine)).toBe("One thing needs you now");
    expect(healthText([warning, critical], fine)).toBe("2 things need a look, 1 of them now");
  });
});

it("a source has failed when one of its series has", () => {
  const failed = { series: "kraken:BTC-USD:1m", at: 1_000, code: null, message: null };
  expect(lastErrorAt({ last_error_at: null, last_error: failed })).toBe(1_000);
  expect(lastErrorAt({ last_error_at: 2_000, last_error: failed })).toBe(2_000);
  expect(lastErrorAt({ last_error_at: 2_000, last_error: null })).toBe(2_000);
  expect(lastErrorAt({ last_error_at: null, last_error: null })).toBeNull();
});

describe("a host", () => {
  const host: Host = {
    host: "api.kraken.com",
    state: "open",
    silent_until: null,
    reason: null,
    strikes: 0,
    used_ratio: 0.25,
    burst: 15,
    per_second: 0.33,
  };

  it("that is silent says for how long and why", () => {
    const silent: Host = {
      ...host,
      state: "silent",
      silent_until: NOW + 95,
      reason: "rate_limited",
      strikes: 3,
    };
    expect(describeHost(silent, NOW)).toEqual({
      tone: "bad",
      word: "Silent",
      sentence: "Not asked for 1 min 35 secs: it said that we ask too much 3 times in a row.",
    });
  });

  it("whose silence is over by the reader's clock waits for no negative time", () => {
    const over: Host = { ...host, state: "silent", silent_until: NOW - 5, reason: "blocked" };
    expect(describeHost(over, NOW).sentence).toBe("Not asked: it refused us.");
  });

  it("tells its limit in a unit that suits it", () => {
    expect(describeUse(host)).toEqual({
      tone: "good",
      text: "25%",
      limit: "15 at once, 19.8 a minute",
    });
    expect(describeUse({ ...host, used_ratio: 0.9, per_second: 20 })).toMatchObject({
      tone: "warning",
      limit: "15 at once, 20 a second",
    });
  });
});

describe("a line of the bill", () => {
  const line: BillLine = {
    item: "rows_written",
    name: "D1 rows written",
    unit: "rows",
    used: 41_000_000,
    included: 50_000_000,
    projected: 100_000_000,
    used_ratio: 0.82,
    projected_ratio: 2,
    price: { usd: 1, per: 1_000_000 },
    projected_usd: 50,
  };

  it("says what is used of what is included", () => {
    expect(usedText(line)).toBe("41M of 50M rows");
    expect(usedText({ ...line, unit: "bytes" })).toBe("41 MB of 50 MB");
  });

  it("does not call a little nothing", () => {
    expect(shareText(0)).toBe("0%");
    expect(shareText(0.000_001)).toBe("under 0.01%");
    expect(shareText(0.1081)).toBe("10.81%");
  });

  it("has a bar as long as what is projected where that is beyond", () => {
    expect(barOf(line)).toEqual({ used: 0.41, projected: 1, included: 0.5 });
    expect(barOf({ ...line, used_ratio: 0.1, projected_ratio: 0.2 })).toEqual({
      used: 0.1,
      projected: 0.2,
      included: 1,
    });
  });

  it("warns before what is included is used up", () => {
    expect(lineState(line).word).toBe("Beyond");
    expect(lineState({ ...line, projected_ratio: 1 }).word).toBe("Near");
    expect(lineState({ ...line, projected_ratio: 0.5 }).word).toBe("Included");
  });

  it("tells prices below a cent", () => {
    expect(priceText(line)).toBe("$1.00 for 1,000,000 rows");
    expect(priceText({ ...line, price: { usd: 0.001, per: 1_000_000 } })).toBe(
      "$0.001 for 1,000,000 rows",
    );
  });
});

describe("months", () => {
  it("follow each other over the year's end", () => {
    expect(monthAfter("2026-12", 1)).toBe("2027-01");
    expect(monthAfter("2026-01", -1)).toBe("2025-12");
    expect(monthText("2026-11")).toBe("November 2026");
  });

  it("have days up to today, or all of them", () => {
    expect(daysOf("2024-02", "2026-11-23")).toHaveLength(29);
    expect(daysOf("2026-11", "2026-11-03")).toEqual(["2026-11-01", "2026-11-02", "2026-11-03"]);
  });
});

describe("the body of a message", () => {
  it("is JSON with line breaks, or the text as it is", () => {
    expect(bodyText({ source: "binance", candles: [] })).toBe(
      '{\n  "source": "binance",\n  "candles": []\n}',
    );
    expect(bodyText("no json")).toBe("no json");
  });

  it("is cut where nobody would read on", () => {
    const text = bodyText("x".repeat(60_000));
    expect(text).toHaveLength(50_000 + "\n… 10000 characters more".length);
    expect(text.endsWith("… 10000 characters more")).toBe(true);
  });
});

it("tells the files that came and went", () => {
  expect(filesText({ added: 1, removed: 2 })).toBe("+1 −2");
  expect(filesText({ added: 1, removed: 0 })).toBe("+1");
});
