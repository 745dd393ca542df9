import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readConnection } from "../src/connection.ts";

/** A home with a configuration file of these permissions. */
function homeWith(config: string, mode = 0o600): string {
  const home = mkdtempSync(join(tmpdir(), "candlehouse-home-"));
  mkdirSync(join(home, ".config/candlehouse"), { recursive: true });
  const path = join(home, ".config/candlehouse/config.json");
  writeFileSync(path, config);
  chmodSync(path, mode);
  return home;
}

const CONFIG = JSON.stringify({ url: "https://candles.example.com/", key: "from file" });

describe("address and key", () => {
  test("are those of this machine where nothing says otherwise", () => {
    expect(readConnection({}, { HOME: mkdtempSync(join(tmpdir(), "candlehouse-home-")) })).toEqual({
      url: "http://localhost:8787",
      key: undefined,
    });
  });

  test("come from the configuration file", () => {
    expect(readConnection({}, { HOME: homeWith(CONFIG) })).toEqual({
      url: "https://candles.example.com",
      key: "from file",
    });
  });

  test("come from the file where XDG_CONFIG_HOME says", () => {
    const XDG_CONFIG_HOME = join(homeWith(CONFIG), ".config");
    expect(readConnection({}, { HOME: "/nowhere", XDG_CONFIG_HOME })).toMatchObject({
      key: "from file",
    });
  });

  test("come from variables before the file, and from flags before those", () => {
    const environment = {
      HOME: homeWith(CONFIG),
      CANDLEHOUSE_URL: "http://one:1",
      CANDLEHOUSE_KEY: "from variable",
    };
    expect(readConnection({}, environment)).toEqual({ url: "http://one:1", key: "from variable" });
    expect(readConnection({ url: "http://two:2", key: "from flag" }, environment)).toEqual({
      url: "http://two:2",
      key: "from flag",
    });
  });

  test("take no variable that is empty", () => {
    const environment = { HOME: homeWith(CONFIG), CANDLEHOUSE_URL: "", CANDLEHOUSE_KEY: "" };
    expect(readConnection({}, environment)).toMatchObject({ key: "from file" });
  });
});

describe("a configuration file", () => {
  test("with a key that others can read is refused", () => {
    const home = homeWith(CONFIG, 0o644);
    expect(() => readConnection({}, { HOME: home })).toThrow(
      /holds a key that others can read: chmod 600 /,
    );
  });

  test("without a key may be read by everybody", () => {
    const home = homeWith(JSON.stringify({ url: "http://one:1" }), 0o644);
    expect(readConnection({}, { HOME: home })).toEqual({ url: "http://one:1", key: undefined });
  });

  test.each(["{", "[]", '{"kye": "x"}', '{"url": 5}'])("that reads %s is refused", (config) => {
    expect(() => readConnection({}, { HOME: homeWith(config) })).toThrow(/is no configuration/);
  });

  test("that is named must be there", () => {
    expect(() => readConnection({ config: "/nowhere/config.json" }, {})).toThrow(
      /the configuration cannot be read: ENOENT/,
    );
  });
});

test("an address that is none is refused", () => {
  expect(() => readConnection({ url: "localhost:8787" }, { HOME: "/nowhere" })).toThrow(
    /the address "localhost:8787" is not one/,
  );
});
