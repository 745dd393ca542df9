import { runbookOf } from "./alert.ts";
import { countText, timeText } from "./alert-text.ts";
import { stateOf, type Notice, type NoticeChange } from "./notice.ts";

/** What notices say to people. All is pure. */

/** Where readers of a notice find more. */
export interface NoticeLinks {
  /** Address of the dashboard; null where nobody said it. */
  readonly dashboard: string | null;
  /**
   * What the name of a runbook is put behind: an address that ends with a slash. Null where nobody
   * said it: the dashboard has the runbook too.
   */
  readonly runbooks: string | null;
}

/** Notices that a message to people tells one by one; of more, it says how many. */
export const LINES_MAX = 20;

/** Longest message of an alert in one of them, in characters. */
const MESSAGE_LENGTH_MAX = 400;

const CHANGES: Readonly<Record<NoticeChange, string>> = {
  raised: "began",
  escalated: "has become critical",
  eased: "is a warning now",
  resolved: "is over",
};

/** `source_failing kraken is over`. */
export function titleOf({ kind, subject, change, severity }: Notice): string {
  const what = subject === null ? kind : `${kind} ${subject}`;
  const begins = change === "raised" ? ` (${severity})` : "";
  return `${what} ${CHANGES[change]}${begins}`;
}

/** What is wrong, or was, and since when. */
export function bodyOf(notice: Notice): string {
  const { message, raisedAt, at } = notice;
  // A line of its own could pass for another notice.
  const what = cut(message.replaceAll(/\s+/g, " "), MESSAGE_LENGTH_MAX);
  return stateOf(notice) === "firing"
    ? what
    : `It was: ${what} (from ${timeText(raisedAt)} to ${timeText(at)})`;
}

/** Longest first line, in characters: what Slack takes as a header. */
const HEAD_LENGTH_MAX = 150;

/**
 * The first line of a message of all `notices`, which is all that a telephone shows of it: what one
 * is about, or how many there are.
 */
export function headOf(notices: readonly Notice[]): string {
  const [first] = notices;
  if (first !== undefined && notices.length === 1) {
    return cut(`Candlehouse: ${titleOf(first)}`, HEAD_LENGTH_MAX);
  }
  const over = notices.filter((notice) => stateOf(notice) === "resolved").length;
  const wrong = notices.length - over;
  const critical = notices.filter(
    (notice) => stateOf(notice) === "firing" && notice.severity === "critical",
  ).length;
  const parts = [
    ...(wrong === 0
      ? []
      : [`${countText(wrong, "alert")}${critical === 0 ? "" : `, ${critical} of them critical`}`]),
    ...(over === 0 ? [] : [`${countText(over, "alert")} over`]),
  ];
  return `Candlehouse: ${parts.join("; ")}`;
}

/**
 * The address of what to do about `kind`: its chapter, or the dashboard, which shows the chapter of
 * each alert that fires. Null where it has no chapter or no address is known.
 */
export function runbookUrl({ runbooks, dashboard }: NoticeLinks, kind: string): string | null {
  const runbook = runbookOf(kind);
  if (runbook === null) {
    return null;
  }
  if (runbooks !== null) {
    return `${runbooks}${runbook}`;
  }
  return dashboard === null ? null : `${dashboard}#${kind}`;
}

/** How many notices a message does not tell one by one; undefined where it tells all. */
export function moreText(notices: readonly Notice[], shown: number): string | undefined {
  const more = notices.length - shown;
  return more > 0 ? `and ${countText(more, "more", "more")}` : undefined;
}

/** A mail of all `notices`, as plain text. */
export function mailOf(
  notices: readonly Notice[],
  links: NoticeLinks,
): { readonly subject: string; readonly text: string } {
  const parts = notices.slice(0, LINES_MAX).map((notice) => {
    const runbook = runbookUrl(links, notice.kind) ?? runbookOf(notice.kind);
    return [titleOf(notice), bodyOf(notice), ...(runbook === null ? [] : [runbook])].join("\n");
  });
  const more = moreText(notices, LINES_MAX);
  const ends = [
    ...(more === undefined ? [] : [more]),
    ...(links.dashboard === null ? [] : [links.dashboard]),
  ];
  return { subject: headOf(notices), text: `${[...parts, ...ends].join("\n\n")}\n` };
}

/** `text`, or as much of it as `length` characters hold, whole code points. */
export function cut(text: string, length: number): string {
  if (text.length <= length) {
    return text;
  }
  const kept = text.slice(0, length - 1);
  // Half of a pair would be no character.
  return `${/[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
}
