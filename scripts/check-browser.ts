import { existsSync } from "node:fs";
import { runCommand } from "./check-command.ts";
import { findChromium } from "./chromium.ts";

const WANTED =
  "The browser tests need Chromium or Chrome: install one (Debian: apt-get install chromium) or set CHROMIUM_PATH.";

/** Makes sure that there is a browser for the tests, and returns its version and path. */
export async function provideBrowser(): Promise<string> {
  const path = findChromium(process.env) ?? (await installChromium());
  const { succeeded, output } = await runCommand([path, "--version", "--no-sandbox"]);
  if (!succeeded) {
    throw new Error(`${path} --version failed:\n${output}`);
  }
  const version = output.split("\n").at(-1) ?? "";
  return `${version.trim()} at ${path}`;
}

/** Installs it where that is possible without asking anybody: on Debian and the like, as root. */
async function installChromium(): Promise<string> {
  if (!existsSync("/usr/bin/apt-get") || process.getuid?.() !== 0) {
    throw new Error(WANTED);
  }
  console.log("candlehouse: no Chromium here: installing it with apt-get (about a minute)");
  for (const command of [
    ["apt-get", "update", "--quiet"],
    ["apt-get", "install", "--quiet", "--yes", "--no-install-recommends", "chromium"],
  ] as const) {
    const { succeeded, output } = await runCommand(command);
    if (!succeeded) {
      throw new Error(`${command.join(" ")} failed:\n${output}\n${WANTED}`);
    }
  }
  const path = findChromium(process.env);
  if (path === undefined) {
    throw new Error(`apt-get installed no Chromium on the PATH. ${WANTED}`);
  }
  return path;
}
