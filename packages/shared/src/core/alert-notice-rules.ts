import type { FoundAlert } from "./alert.ts";
import { countText, timeText } from "./alert-text.ts";
import type { ChannelState } from "./notice-plan.ts";

/** A channel that fails for less may be well with the next attempt. */
const FAILING_SECONDS = 900;

/** What the subject of an alert about settings is. */
const SETTINGS = "settings";

/**
 * One alert for each of `channels` that fails for a quarter of an hour, critical where notices were
 * given up; and one where notices cannot be sent since `problem` is wrong with the settings. Times
 * are unix seconds. Pure.
 */
export function noticeAlerts(
  channels: readonly ChannelState[],
  problem: string | null,
  nowSeconds: number,
): FoundAlert[] {
  const wrong: FoundAlert[] =
    problem === null
      ? []
      : [
          {
            kind: "notice_failed",
            severity: "critical",
            subject: SETTINGS,
            message: `notices of alerts do not go where they should: ${problem}`,
          },
        ];
  return [...wrong, ...channels.flatMap((state) => channelAlert(state, nowSeconds))];
}

function channelAlert(state: ChannelState, nowSeconds: number): FoundAlert[] {
  const { channel, attempts, failingSince, lastError, givenUp } = state;
  if (failingSince === null || nowSeconds - failingSince < FAILING_SECONDS) {
    return [];
  }
  const lost = givenUp === 0 ? "" : `, ${countText(givenUp, "notice")} given up after a day`;
  return [
    {
      kind: "notice_failed",
      severity: givenUp === 0 ? "warning" : "critical",
      subject: channel,
      message: `notices do not reach ${channel} since ${timeText(failingSince)}, ${countText(attempts, "attempt")}${lost}: ${lastError ?? "no reason is known"}`,
    },
  ];
}
