import type { AlertSeverity } from "./alert.ts";
import { isWanted, type Notice } from "./notice.ts";

/** Where notices go. */
export interface NoticeChannel {
  /** Says which it is, and nothing that is secret. */
  readonly name: string;
  /** Alerts that are less bad are not told of. */
  readonly minimum: AlertSeverity;
}

/** How far a channel got. Times are unix seconds. */
export interface ChannelState {
  readonly channel: string;
  /** Sequence of the last notice that is delivered, not wanted or given up. */
  readonly delivered: number;
  readonly deliveredAt: number | null;
  /** Attempts that failed since the last delivery, the first of them at `failingSince`. */
  readonly attempts: number;
  readonly failingSince: number | null;
  /** Nothing is sent before, after a failure. */
  readonly nextAt: number | null;
  readonly lastError: string | null;
  /** Notices that were given up since the last delivery, the last of them at `givenUpAt`. */
  readonly givenUp: number;
  readonly givenUpAt: number | null;
}

/** One message to a channel. */
export interface Delivery {
  readonly channel: string;
  /** In their order; none where all that is new is not wanted, and nothing is sent. */
  readonly notices: readonly Notice[];
  /** Sequence that the channel has got to when this is delivered. */
  readonly upTo: number;
}

/** Why a message was not taken. */
export interface DeliveryError {
  /** For people; nothing in it is secret. */
  readonly reason: string;
  /** What the receiver asked to be left alone for, in seconds; 0 where it did not. */
  readonly waitSeconds: number;
}

/** Pause after a first failure; each further one doubles it. */
const PAUSE_SECONDS_MIN = 300;
const PAUSE_SECONDS_MAX = 3_600;

/** Checks come each five minutes but not to the second. */
const PAUSE_SLACK_SECONDS = 60;

/** A notice that is so old and could not be delivered is given up. */
const GIVEN_UP_SECONDS = 86_400;

/** A channel that has got nothing so far: it is told of what comes after `delivered`. */
export function newChannel(channel: string, delivered: number): ChannelState {
  return {
    channel,
    delivered,
    deliveredAt: null,
    attempts: 0,
    failingSince: null,
    nextAt: null,
    lastError: null,
    givenUp: 0,
    givenUpAt: null,
  };
}

/**
 * Whether a channel may be sent to at `nowSeconds`: it did not fail, or its pause is over. A pause
 * that is longer than any was begun by a clock that was ahead.
 */
export function isDue({ nextAt }: ChannelState, nowSeconds: number): boolean {
  return nextAt === null || nextAt <= nowSeconds || nextAt > nowSeconds + PAUSE_SECONDS_MAX;
}

/**
 * The one message that `channel` is sent at `nowSeconds` where `pending`, ascending, may be new to
 * it. Undefined where nothing is, or where the pause after a failure is not over. Pure.
 */
export function planNotices(
  channel: NoticeChannel,
  state: ChannelState,
  pending: readonly Notice[],
  nowSeconds: number,
): Delivery | undefined {
  const fresh = pending.filter(({ sequence }) => sequence > state.delivered);
  const last = fresh.at(-1);
  if (last === undefined || !isDue(state, nowSeconds)) {
    return undefined;
  }
  return {
    channel: channel.name,
    notices: fresh.filter((notice) => isWanted(notice, channel.minimum)),
    upTo: last.sequence,
  };
}

/**
 * How far the channel is when `delivery` came to `error` at `nowSeconds`; null where it was taken. A
 * failure is tried again after a pause that doubles, or that the receiver asked for where it is
 * longer, up to an hour; what is a day old by then is given up, after this attempt to deliver it too.
 * Pure.
 */
export function afterDelivery(
  state: ChannelState,
  { channel, notices, upTo }: Delivery,
  error: DeliveryError | null,
  nowSeconds: number,
): ChannelState {
  if (notices.length === 0) {
    return { ...state, delivered: upTo };
  }
  if (error === null) {
    return { ...newChannel(channel, upTo), deliveredAt: nowSeconds };
  }
  const young = notices.findIndex(({ at }) => nowSeconds - at < GIVEN_UP_SECONDS);
  const old = young === -1 ? notices : notices.slice(0, young);
  const doubled = PAUSE_SECONDS_MIN * 2 ** state.attempts - PAUSE_SLACK_SECONDS;
  const pause = Math.max(doubled, error.waitSeconds);
  return {
    ...state,
    delivered: old.at(-1)?.sequence ?? state.delivered,
    attempts: state.attempts + 1,
    failingSince: state.failingSince ?? nowSeconds,
    nextAt: nowSeconds + Math.min(pause, PAUSE_SECONDS_MAX - PAUSE_SLACK_SECONDS),
    lastError: error.reason,
    givenUp: state.givenUp + old.length,
    givenUpAt: old.length > 0 ? nowSeconds : state.givenUpAt,
  };
}
