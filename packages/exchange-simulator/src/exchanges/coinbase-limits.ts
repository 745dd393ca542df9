import type { MiddlewareHandler } from "hono";
import { jsonAnswer, type SimulatorEnv } from "../exchange.ts";
import { createTokenBucket } from "../rate-limit.ts";

const BURST = 15;
const PER_SECOND = 10;

/** Coinbase's limit of public requests: 10 a second with bursts of 15; and none without a User-Agent. */
export function limitRequests(tooMany: unknown): MiddlewareHandler<SimulatorEnv> {
  const bucket = createTokenBucket(BURST, PER_SECOND);
  return async (context, next) => {
    if ((context.req.header("User-Agent") ?? "") === "") {
      return jsonAnswer({ message: "User-Agent header is required." }, 400);
    }
    if (!bucket.take(context.env.call.nowMs)) {
      return jsonAnswer(tooMany, 429);
    }
    await next();
    return undefined;
  };
}
