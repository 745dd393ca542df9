import type { ErrorCode } from "@candlehouse/shared/core/errors";

/** A message that cannot be stored, and why. */
export interface DeadMessage {
  readonly message: Message;
  readonly reasonCode: ErrorCode | "retries_exhausted";
  readonly reason: string;
}

/** A message that goes back to the queue, and why. */
export interface RetriedMessage {
  readonly message: Message;
  readonly code: ErrorCode;
  readonly reason: string;
}
