import { signal } from "@preact/signals";

/** Something that takes a while, and goes on when the reader looks at another view. */
export interface Work {
  readonly id: number;
  readonly title: string;
  readonly state: "running" | "done" | "failed";
  /** How it goes, or what came of it. */
  readonly text: string;
  /** From 0 to 1; null where nobody knows. */
  readonly ratio: number | null;
}

/** What goes on, and what has ended and was not put away; oldest first. */
export const works = signal<readonly Work[]>([]);

let lastId = 0;

/** Tells how a work goes. */
export type Tell = (text: string, ratio: number | null) => void;

/**
 * Shows that `title` goes on until `run` ends with a sentence on what came of it; `reasonOf` has one
 * for what it throws.
 */
export async function showWork(
  title: string,
  run: (tell: Tell) => Promise<string>,
  reasonOf: (error: unknown) => string,
): Promise<void> {
  lastId += 1;
  const id = lastId;
  works.value = [
    ...recent(works.value),
    { id, title, state: "running", text: "Asking…", ratio: null },
  ];
  try {
    const text = await run((said, ratio) => change(id, { text: said, ratio }));
    change(id, { state: "done", text, ratio: 1 });
  } catch (error) {
    change(id, { state: "failed", text: reasonOf(error), ratio: null });
  }
}

/** What goes on, and the last of what has ended: more would cover what is looked at. */
function recent(all: readonly Work[]): readonly Work[] {
  const last = all.findLast(({ state }) => state !== "running");
  return all.filter((work) => work.state === "running" || work === last);
}

/** Takes what has ended off the page. */
export function putAway(id: number): void {
  works.value = works.value.filter((work) => work.id !== id);
}

function change(id: number, some: Partial<Work>): void {
  works.value = works.value.map((work) => (work.id === id ? { ...work, ...some } : work));
}
