import { existsSync } from "node:fs";
import { delimiter } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"] as const;

const MAC_PATHS = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
] as const;

/**
 * Path of the Chromium or Chrome that browser tests drive: CHROMIUM_PATH, else one on the PATH.
 * Throws where CHROMIUM_PATH names a file that is not there.
 */
export function findChromium(environment: NodeJS.ProcessEnv): string | undefined {
  const { CHROMIUM_PATH: given, PATH = "" } = environment;
  if (given !== undefined && given !== "") {
    if (!existsSync(given)) {
      throw new Error(`CHROMIUM_PATH ${given} is not there`);
    }
    return given;
  }
  const directories = PATH.split(delimiter);
  const onPath = NAMES.flatMap((name) => directories.map((directory) => `${directory}/${name}`));
  return [...onPath, ...MAC_PATHS].find((path) => existsSync(path));
}
