import { signal } from "@preact/signals";
import type { GapRecord } from "./gap-span.ts";
import type { Mark } from "./mark.ts";

/** What was pressed or taken from a list; it is told about until it is closed. There is one chart on the page. */
export const chosenGap = signal<GapRecord | null>(null);
export const chosenMark = signal<Mark | null>(null);

/** The button of a list that it was taken from: it gets the focus back. */
export const opener = signal<HTMLElement | null>(null);

export function closeChosen(): void {
  chosenGap.value = null;
  chosenMark.value = null;
  opener.value?.focus();
  opener.value = null;
}
