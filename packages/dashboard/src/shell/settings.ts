import { effect, signal, type Signal } from "@preact/signals";

/** The reader's own settings. They outlast the tab. */

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export const ZONES = ["UTC", "local"] as const;
/** In which time zone times are shown: that of the reader's machine, or UTC. */
export type Zone = (typeof ZONES)[number];

export const theme = kept<Theme>("candlehouse-theme", THEMES, "system");
export const zone = kept<Zone>("candlehouse-zone", ZONES, "UTC");

const prefersDark = matchMedia("(prefers-color-scheme: dark)");

/** What is shown now. */
export const shownTheme = signal<"light" | "dark">(findShown());
prefersDark.addEventListener("change", () => {
  shownTheme.value = findShown();
});
effect(() => {
  shownTheme.value = findShown();
  document.documentElement.dataset["theme"] = shownTheme.value;
});

function findShown(): "light" | "dark" {
  if (theme.value === "system") {
    return prefersDark.matches ? "dark" : "light";
  }
  return theme.value;
}

/** IANA name of the zone that times are shown in. */
export function zoneName(shown: Zone = zone.value): string {
  return shown === "UTC" ? "UTC" : Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function kept<Value extends string>(
  item: string,
  allowed: readonly Value[],
  initial: Value,
): Signal<Value> {
  const stored = localStorage.getItem(item);
  const value = signal<Value>(allowed.find((one) => one === stored) ?? initial);
  effect(() => localStorage.setItem(item, value.value));
  return value;
}
