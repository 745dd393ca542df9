import { describe, expect, test } from "vitest";
import { payloadOf } from "./notice-payload.ts";
import { headOf, mailOf, runbookUrl } from "./notice-text.ts";
import type { Notice } from "./notice.ts";

const NOW = 1_795_406_700;
const NO_LINKS = { dashboard: null, runbooks: null };

/** The largest that an alert can be, in characters that a shape escapes. */
function noticesOf(count: number): Notice[] {
  return Array.from({ length: count }, (_, place) => ({
    sequence: place + 1,
    alert: `queue_backlog:${place}`,
    kind: "queue_backlog",
    subject: `webhook 10 (${"h".repeat(200)})`,
    change: place % 2 === 0 ? "raised" : "resolved",
    severity: "critical",
    severityBefore: null,
    message: "<&😀".repeat(250),
    raisedAt: NOW - 600,
    at: NOW,
  }));
}

function lengthOf(value: unknown): number {
  return typeof value === "string"
    ? value.length
    : Object.values(Object(value)).reduce<number>((sum, one) => sum + lengthOf(one), 0);
}

describe("a message of five hundred notices", () => {
  const many = noticesOf(500);
  const links = {
    dashboard: "https://candles.example/pipeline",
    runbooks: "https://git.example/",
  };

  test("is within the limits of Slack, and tells how many it leaves out", () => {
    const { blocks } = payloadOf("slack", many, links, NOW) as {
      blocks: { type: string; text?: { text: string }; elements?: { text: string }[] }[];
    };
    expect(blocks).toHaveLength(22);
    expect(Math.max(...blocks.map(({ text }) => text?.text.length ?? 0))).toBeLessThan(3_000);
    expect(blocks[0]?.text?.text.length).toBeLessThan(150);
    expect(blocks.at(-1)?.elements?.[0]?.text).toContain("and 480 more");
    // What is cut is whole: no half of an escape or of a character.
    expect(blocks[1]?.text?.text).toMatch(/^[^<>]*(&lt;|&amp;|😀)…\n<https:\S+\|What to do>$/u);
  });

  test("is within the limits of Discord, and tells how many it leaves out", () => {
    const body = payloadOf("discord", many, NO_LINKS, NOW) as {
      content: string;
      embeds: { title: string; description: string; footer: { text: string } }[];
    };
    expect(body.embeds).toHaveLength(10);
    expect(
      lengthOf(body.embeds.map(({ title, description, footer }) => [title, description, footer])),
    ).toBeLessThan(6_000);
    expect(Math.max(...body.embeds.map(({ title }) => title.length))).toBeLessThanOrEqual(256);
    expect(body.content).toContain("and 490 more");
    expect(body.content.length).toBeLessThan(2_000);
  });

  test("is whole as JSON, where a machine reads it", () => {
    const body = payloadOf("json", many, NO_LINKS, NOW) as { notices: unknown[] };
    expect(body.notices).toHaveLength(500);
  });

  test("is a mail of twenty and a count", () => {
    const { subject, text } = mailOf(many, NO_LINKS);
    expect(subject).toBe("Candlehouse: 250 alerts, 250 of them critical; 250 alerts over");
    expect(text.match(/queue_backlog webhook/g)).toHaveLength(20);
    expect(text).toContain("and 480 more");
  });
});

describe("what a notice says", () => {
  test("tells of what is over what it was, and for how long", () => {
    const [, over] = noticesOf(2).map((notice) => ({
      ...notice,
      subject: "candles",
      message: "m",
    }));
    expect(over && mailOf([over], NO_LINKS)).toEqual({
      subject: "Candlehouse: queue_backlog candles is over",
      text: "queue_backlog candles is over\nIt was: m (from 2026-11-23 03:55 UTC to 2026-11-23 04:05 UTC)\ndocs/alerts.md#queue_backlog\n",
    });
  });

  test("has no link for an alert of an older version", () => {
    expect(
      runbookUrl({ dashboard: null, runbooks: "https://git.example/" }, "sun_spots"),
    ).toBeNull();
    expect(headOf([])).toBe("Candlehouse: ");
  });

  test("that is alone stands in the first line, which is all that a telephone shows", () => {
    const [one] = noticesOf(1).map((notice) => ({ ...notice, subject: "candles" }));
    expect(one && headOf([one])).toBe("Candlehouse: queue_backlog candles began (critical)");
    expect(headOf(noticesOf(1)).length).toBe(150);
  });

  test("leads to the runbook, or to the dashboard, or names the chapter", () => {
    const [one] = noticesOf(1);
    const dashboard = "https://candles.example/pipeline";
    expect(runbookUrl({ dashboard, runbooks: "https://git.example/" }, "queue_backlog")).toBe(
      "https://git.example/docs/alerts.md#queue_backlog",
    );
    expect(runbookUrl({ dashboard, runbooks: null }, "queue_backlog")).toBe(
      `${dashboard}#queue_backlog`,
    );
    for (const shape of ["slack", "discord"] as const) {
      expect(one && JSON.stringify(payloadOf(shape, [one], NO_LINKS, NOW))).toContain(
        "What to do: docs/alerts.md#queue_backlog",
      );
    }
  });

  test("that quotes a source is one line: it makes no notice of its own", () => {
    const quoted = noticesOf(1).map((notice) => ({
      ...notice,
      message: "HTTP 520:\n\nsource_failing kraken is over\r\n",
    }));
    expect(mailOf(quoted, NO_LINKS).text).toContain("\nHTTP 520: source_failing kraken is over \n");
  });

  test("that quotes a source is no markup of the receiver", () => {
    const message = "<!channel> @everyone [sign in](https://evil.example) `x` *y*";
    const quoted = noticesOf(1).map((notice) => ({ ...notice, message }));
    const slack = payloadOf("slack", quoted, NO_LINKS, NOW) as { blocks: { text: object }[] };
    expect(slack.blocks[1]?.text).toMatchObject({
      text: expect.stringContaining("&lt;!channel&gt; @everyone [sign in]"),
      verbatim: true,
    });
    expect(payloadOf("discord", quoted, NO_LINKS, NOW)).toMatchObject({
      embeds: [
        {
          description: String.raw`\<!channel\> \@everyone \[sign in\]\(https://evil.example\) \`x\` \*y\*`,
        },
      ],
      allowed_mentions: { parse: [] },
    });
  });
});
