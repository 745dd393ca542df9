import { expect, test } from "vitest";
import { wranglerOf } from "./account-wrangler.ts";
import { startCloudflareAccount } from "./cloudflare-account.ts";
import {
  deployBy,
  describeDeployment,
  environmentOf,
  provisionBy,
  rowsOf,
} from "./deployment-scenario.ts";

describeDeployment("an installation of three databases", wranglerOf);

test("two environments share no database, whatever their names", async () => {
  const account = await startCloudflareAccount();
  const run = wranglerOf(account);
  const environments = [environmentOf("pair", 2), environmentOf("pair-1", 1)];
  for (const environment of environments) {
    await provisionBy(run, environment);
    const { succeeded, lines } = await deployBy(run, environment, true);
    expect({ succeeded, lines }).toMatchObject({ succeeded: true });
  }
  expect([...account.databases.keys()]).toEqual([
    "candlehouse-pair",
    "candlehouse-pair--1",
    "candlehouse-pair-1",
  ]);
  expect(rowsOf(account, "candlehouse-pair-1", "SELECT * FROM shard")).toEqual([]);
  await account.close();
});
