/**
 * `npm run screenshots`: a picture of each view at three sizes, light and dark, in artifacts/screenshots.
 * Of a running system where CANDLEHOUSE_URL names one, else of one that it starts.
 */
import { mkdirSync } from "node:fs";
import { openBrowser, openPage } from "../browser.ts";
import { startPrepared } from "./prepared-system.ts";
import { SHOWN_HISTORY } from "./shown-history.ts";
import { showView, SIZES, THEMES, VIEWS } from "./views.ts";

const directory = new URL("../../artifacts/screenshots/", import.meta.url).pathname;

const given = process.env["CANDLEHOUSE_URL"];
const system = given === undefined ? await startPrepared({ backfills: SHOWN_HISTORY }) : undefined;
const url = given ?? system?.url ?? "";
const browser = await openBrowser();
mkdirSync(directory, { recursive: true });
try {
  for (const colorScheme of THEMES) {
    for (const { name: size, ...viewport } of SIZES) {
      const { page, complaints } = await openPage(browser, { viewport, colorScheme });
      for (const { name, path } of VIEWS) {
        await showView(page, url, path);
        const file = `${name}-${size}-${colorScheme}.png`;
        await page.screenshot({ path: `${directory}${file}` });
        process.stdout.write(`${file}\n`);
      }
      process.stdout.write(complaints.map((complaint) => `! ${complaint}\n`).join(""));
      await page.context().close();
    }
  }
} finally {
  await browser.close();
  await system?.close();
}
process.stdout.write(`in ${directory}\n`);
