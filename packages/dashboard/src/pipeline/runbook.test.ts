import { ALERT_KINDS } from "@candlehouse/shared/core/alert";
import { describe, expect, it } from "vitest";
import markdown from "../../../../docs/alerts.md?raw";
import { chapterOf } from "./runbook.ts";

describe("the runbook", () => {
  it("has a chapter for each kind of alert, which says what it means and what to do", () => {
    for (const kind of ALERT_KINDS) {
      const strong = chapterOf(markdown, kind)
        ?.flatMap((block) => (block.kind === "paragraph" ? block.parts : []))
        .filter((part) => part.kind === "strong")
        .map(({ text }) => text);
      expect(strong).toContain("Means:");
      expect(strong).toContain("Do:");
    }
  });

  it("is read up to the next chapter, with its commands as they are", () => {
    const text = [
      "## one",
      "",
      "**Do:** run `this`,",
      "or see [two](#two) and [operations.md](operations.md#x).",
      "",
      "```sh",
      "a --b",
      "",
      "c",
      "```",
      "## two",
      "",
      "Other.",
    ].join("\n");
    expect(chapterOf(text, "one")).toEqual([
      {
        kind: "paragraph",
        parts: [
          { kind: "strong", text: "Do:" },
          { kind: "plain", text: " run " },
          { kind: "code", text: "this" },
          { kind: "plain", text: ", or see " },
          { kind: "chapter", text: "two" },
          { kind: "plain", text: " and " },
          { kind: "code", text: "operations.md" },
          { kind: "plain", text: "." },
        ],
      },
      { kind: "commands", text: "a --b\n\nc" },
    ]);
    expect(chapterOf(text, "two")).toHaveLength(1);
    expect(chapterOf(text, "three")).toBeUndefined();
  });
});
