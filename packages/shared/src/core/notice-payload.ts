import { runbookOf, type AlertSeverity, type AlertState } from "./alert.ts";
import { stateOf, type Notice, type NoticeChange } from "./notice.ts";
import {
  bodyOf,
  cut,
  headOf,
  LINES_MAX,
  moreText,
  runbookUrl,
  titleOf,
  type NoticeLinks,
} from "./notice-text.ts";

/** What webhooks are sent, each in the shape that it takes. All is pure. */

export const WEBHOOK_SHAPES = ["slack", "discord", "json"] as const;
export type WebhookShape = (typeof WEBHOOK_SHAPES)[number];

/** The body of a message of all `notices`, ascending. `nowSeconds`, unix seconds, is when it is sent. */
export function payloadOf(
  shape: WebhookShape,
  notices: readonly Notice[],
  links: NoticeLinks,
  nowSeconds: number,
): object {
  switch (shape) {
    case "slack":
      return slackPayload(notices, links);
    case "discord":
      return discordPayload(notices, links);
    case "json":
      return jsonPayload(notices, links, nowSeconds);
  }
}

/** Beyond it, Slack refuses the block. https://docs.slack.dev/reference/block-kit/blocks/section-block */
const SLACK_SECTION_MAX = 3_000;

/**
 * A section a notice, and a text for where no blocks are shown. Slack takes 50 blocks.
 * https://docs.slack.dev/messaging/formatting-message-text#escaping
 */
function slackPayload(notices: readonly Notice[], links: NoticeLinks): object {
  const lines = notices.slice(0, LINES_MAX).map((notice) => {
    const runbook = runbookUrl(links, notice.kind);
    const title = `*${escapeSlack(titleOf(notice))}*`;
    const chapter = runbookOf(notice.kind);
    const unlinked = chapter === null ? "" : `\nWhat to do: ${chapter}`;
    const end = runbook === null ? unlinked : `\n<${escapeSlack(runbook)}|What to do>`;
    return { short: `${title}\n${escapeSlack(bodyOf(notice))}`, end };
  });
  const more = moreText(notices, LINES_MAX);
  const { dashboard } = links;
  const ends = [
    ...(more === undefined ? [] : [more]),
    ...(dashboard === null ? [] : [`<${escapeSlack(dashboard)}|Dashboard>`]),
  ];
  return {
    text: escapeSlack(headOf(notices)),
    blocks: [
      { type: "header", text: { type: "plain_text", text: headOf(notices) } },
      ...lines.map(({ short, end }) => ({
        type: "section",
        text: {
          type: "mrkdwn",
          text: `${cut(short, SLACK_SECTION_MAX - end.length)}${end}`,
          // Else Slack makes mentions and links of what only looks so, such as a source's answer.
          verbatim: true,
        },
      })),
      ...(ends.length === 0
        ? []
        : [{ type: "context", elements: [{ type: "mrkdwn", text: ends.join(" · ") }] }]),
    ],
    unfurl_links: false,
  };
}

function escapeSlack(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** https://discord.com/developers/docs/resources/message#embed-object-embed-limits */
const DISCORD_EMBEDS_MAX = 10;
const DISCORD_TITLE_MAX = 256;
/** All texts of a message's embeds are 6,000 characters at most: ten of these, with their footers, are 5,600. */
const DISCORD_DESCRIPTION_MAX = 250;

const RED = 0xd3_2f_2f;
const AMBER = 0xf9_a8_25;
const GREEN = 0x38_8e_3c;

/** An embed a notice. Nobody is mentioned, whatever a message says. */
function discordPayload(notices: readonly Notice[], links: NoticeLinks): object {
  const more = moreText(notices, DISCORD_EMBEDS_MAX);
  const content = [
    headOf(notices),
    ...(more === undefined ? [] : [more]),
    ...(links.dashboard === null ? [] : [`<${links.dashboard}>`]),
  ];
  return {
    content: content.join("\n"),
    embeds: notices.slice(0, DISCORD_EMBEDS_MAX).map((notice) => {
      const url = runbookUrl(links, notice.kind);
      const chapter = runbookOf(notice.kind);
      return {
        title: cut(titleOf(notice), DISCORD_TITLE_MAX),
        description: cut(escapeDiscord(bodyOf(notice)), DISCORD_DESCRIPTION_MAX),
        ...(url === null ? {} : { url }),
        ...(url === null && chapter !== null ? { footer: { text: `What to do: ${chapter}` } } : {}),
        color: colorOf(notice),
        timestamp: new Date(notice.at * 1_000).toISOString(),
      };
    }),
    allowed_mentions: { parse: [] },
  };
}

/** A source's answer is quoted as it is: in Markdown it could be a link that says another address. */
function escapeDiscord(text: string): string {
  return text.replaceAll(/[\\`*_~|<>[\]()#@]/g, String.raw`\$&`);
}

function colorOf(notice: Notice): number {
  if (stateOf(notice) === "resolved") {
    return GREEN;
  }
  return notice.severity === "critical" ? RED : AMBER;
}

/** What a webhook of the shape `json` is sent. Times are unix seconds. */
export interface NoticeMessage {
  /** Another number where members change their meaning or go; new members may come without. */
  readonly version: 1;
  readonly sent_at: number;
  /** Address of the dashboard; null where PUBLIC_URL is not set. */
  readonly dashboard: string | null;
  /** All that is new, in the order in which it came to be. */
  readonly notices: readonly {
    /** The same where a message comes twice. */
    readonly sequence: number;
    readonly at: number;
    readonly change: NoticeChange;
    readonly alert: {
      readonly id: string;
      readonly kind: string;
      readonly severity: AlertSeverity;
      readonly subject: string | null;
      readonly state: AlertState;
      readonly raised_at: number;
      readonly message: string;
      /** Address of what to do; null where neither RUNBOOK_URL nor PUBLIC_URL is set. */
      readonly runbook: string | null;
    };
  }[];
}

function jsonPayload(
  notices: readonly Notice[],
  links: NoticeLinks,
  nowSeconds: number,
): NoticeMessage {
  return {
    version: 1,
    sent_at: nowSeconds,
    dashboard: links.dashboard,
    notices: notices.map((notice) => ({
      sequence: notice.sequence,
      at: notice.at,
      change: notice.change,
      alert: {
        id: notice.alert,
        kind: notice.kind,
        severity: notice.severity,
        subject: notice.subject,
        state: stateOf(notice),
        raised_at: notice.raisedAt,
        message: notice.message,
        runbook: runbookUrl(links, notice.kind),
      },
    })),
  };
}
