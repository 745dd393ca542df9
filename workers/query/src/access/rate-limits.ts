import type { Limit, Rate } from "@candlehouse/shared/core/access";
import { RateLimitedError } from "@candlehouse/shared/core/errors";

/** What each limiter of wrangler.jsonc counts in. */
const PERIOD_MS = 60_000;

type Limiters = Pick<Env, "RATE_60" | "RATE_600" | "RATE_6000">;

/**
 * Counts a call against `limit`. Throws RateLimitedError where it is one too many. Cloudflare counts
 * in each of its locations by itself, and not to the last call.
 * https://developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit/
 */
export async function countCall(limiters: Limiters, { rate, name }: Limit): Promise<void> {
  const { success } = await limiterOf(limiters, rate).limit({ key: name });
  if (!success) {
    const who = name.startsWith("address:") ? "an address that shows no key" : name;
    throw new RateLimitedError(
      `${rate} requests a minute are allowed to ${who}: wait a minute, or use a key with a higher rate`,
      PERIOD_MS,
    );
  }
}

function limiterOf(limiters: Limiters, rate: Rate): RateLimit {
  switch (rate) {
    case 60:
      return limiters.RATE_60;
    case 600:
      return limiters.RATE_600;
    case 6000:
      return limiters.RATE_6000;
  }
}
