import { mailOf } from "@candlehouse/shared/core/notice-text";
import { payloadOf } from "@candlehouse/shared/core/notice-payload";
import {
  afterDelivery,
  isDue,
  planNotices,
  type ChannelState,
  type Delivery,
  type DeliveryError,
} from "@candlehouse/shared/core/notice-plan";
import { openChannels, readNotices, recordChannels } from "@candlehouse/shared/d1/notices";
import { log } from "@candlehouse/shared/log/log";
import type { MonitorContext } from "./context.ts";
import type { MailChannel, WebhookChannel } from "./notice-settings.ts";

/** A receiver that takes longer is tried again by a later check. Milliseconds. */
const ANSWER_MS_MAX = 10_000;

/**
 * Sends each channel what is new to it at `nowSeconds`, unix seconds, in one message. How far it got
 * is recorded after it was sent: where that fails, the same is sent again, since a message that comes
 * twice is better than one that does not come. Throws StorageUnavailableError; a channel that fails is
 * no error, but recorded and tried again.
 */
export async function sendNotices(context: MonitorContext, nowSeconds: number): Promise<void> {
  const names = context.notices.channels.map(({ name }) => name);
  const states = await openChannels(context.db, names);
  const due = states.filter((state) => isDue(state, nowSeconds));
  if (due.length === 0) {
    return;
  }
  const pending = await readNotices(context.db, Math.min(...due.map(({ delivered }) => delivered)));
  const after = await Promise.all(
    context.notices.channels.map(async (channel) => {
      const state = due.find((one) => one.channel === channel.name);
      const plan =
        state === undefined ? undefined : planNotices(channel, state, pending, nowSeconds);
      return state === undefined || plan === undefined
        ? []
        : [await deliver(context, channel, state, plan, nowSeconds)];
    }),
  );
  await recordChannels(context.db, after.flat());
}

/** Sends `plan`, and says how far the channel is then. */
async function deliver(
  context: MonitorContext,
  channel: WebhookChannel | MailChannel,
  state: ChannelState,
  plan: Delivery,
  nowSeconds: number,
): Promise<ChannelState> {
  if (plan.notices.length === 0) {
    return afterDelivery(state, plan, null, nowSeconds);
  }
  const startedMs = context.realNowMs();
  const error = await send(context, channel, plan, nowSeconds);
  const after = afterDelivery(state, plan, error, nowSeconds);
  const fields = { channel: channel.name, notices: plan.notices.length };
  const durationMs = context.realNowMs() - startedMs;
  if (error === null) {
    log("notices.sent", { ...fields, durationMs });
  } else {
    const { attempts, givenUp } = after;
    const given = givenUp - state.givenUp;
    const { reason } = error;
    log("notices.failed", { ...fields, attempts, givenUp: given, reason, durationMs });
  }
  return after;
}

function send(
  { notices: { links } }: MonitorContext,
  channel: WebhookChannel | MailChannel,
  { notices }: Delivery,
  nowSeconds: number,
): Promise<DeliveryError | null> {
  return channel.kind === "webhook"
    ? post(channel.url, JSON.stringify(payloadOf(channel.shape, notices, links, nowSeconds)))
    : mail(channel, mailOf(notices, links));
}

/**
 * Null where the receiver took `body`. No reason that is returned holds anything of `url`, whose path
 * is a secret; neither does it repeat an answer.
 */
async function post(url: string, body: string): Promise<DeliveryError | null> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": "candlehouse-monitor" },
      body,
      // Whoever answers a redirect would choose who is told.
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    await response.body?.cancel();
    const { ok, status, headers } = response;
    return ok
      ? null
      : { reason: `it answered HTTP ${status}`, waitSeconds: waitOf(headers.get("retry-after")) };
  } catch (error) {
    return isTimeout(error) ? LATE : { reason: "it cannot be reached", waitSeconds: 0 };
  }
}

/** Seconds; 0 where it is none, and of a date, which no receiver of notices sends. */
function waitOf(retryAfter: string | null): number {
  const seconds = Number(retryAfter ?? 0);
  return seconds > 0 ? Math.ceil(seconds) : 0;
}

const LATE: DeliveryError = {
  reason: `it did not answer within ${ANSWER_MS_MAX / 1_000} seconds`,
  waitSeconds: 0,
};

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === "TimeoutError";
}

async function mail(
  { binding, from, to }: MailChannel,
  message: { readonly subject: string; readonly text: string },
): Promise<DeliveryError | null> {
  // The binding takes no signal: what it does after this time counts as failed.
  const over = AbortSignal.timeout(ANSWER_MS_MAX);
  const late = new Promise<never>((_, reject) => {
    over.addEventListener("abort", () => reject(over.reason));
  });
  try {
    await Promise.race([binding.send({ from, to, ...message }), late]);
    return null;
  } catch (error) {
    return isTimeout(error)
      ? LATE
      : { reason: `it was not sent: ${String(error)}`, waitSeconds: 0 };
  }
}
