import { expect, test } from "vitest";
import { putAway, showWork, works } from "./work.ts";

const reasonOf = (error: unknown) => `It failed: ${String(error)}`;

test("a work is shown while it goes on, and what came of it after", async () => {
  const seen: string[] = [];
  await showWork(
    "A scan",
    async (tell) => {
      tell("Half of it.", 0.5);
      seen.push(...works.value.map(({ state, text }) => `${state}: ${text}`));
      return "All of it.";
    },
    reasonOf,
  );
  expect(seen).toEqual(["running: Half of it."]);
  expect(works.value.at(-1)).toMatchObject({ title: "A scan", state: "done", text: "All of it." });
});

test("a work that fails says why, and is put away by the reader", async () => {
  await showWork("A repair", () => Promise.reject(new Error("D1 is away")), reasonOf);
  const [work] = works.value.filter(({ title }) => title === "A repair");
  expect(work).toMatchObject({ state: "failed", text: "It failed: Error: D1 is away" });
  putAway(work?.id ?? -1);
  expect(works.value.some(({ title }) => title === "A repair")).toBe(false);
});

test("of what has ended, only the last is kept beside what begins", async () => {
  for (const title of ["first", "second", "third"]) {
    await showWork(title, async () => "done", reasonOf);
  }
  expect(works.value.map(({ title }) => title)).toEqual(["second", "third"]);
});
