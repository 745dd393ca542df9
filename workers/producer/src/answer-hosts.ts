import { InvalidInputError } from "@candlehouse/shared/core/errors";
import type { HostsAnswer, HostState } from "@candlehouse/shared/core/host-state";
import type { LedgerTally } from "@candlehouse/shared/core/ledger";
import type { RateView } from "@candlehouse/shared/core/rate-limit";
import { isSourceId, SOURCES, type SourceId } from "@candlehouse/shared/core/source";
import { jsonRoutes } from "@candlehouse/shared/http/answer-routes";
import type { ProducerContext } from "./context.ts";
import { countServed } from "./count-served.ts";
import { limiterOf } from "./host-limiter.ts";
import { sourceOf } from "./sources/registry.ts";
import type { Source } from "./sources/source.ts";

export const HOST_ROUTES = jsonRoutes<ProducerContext>([
  { method: "GET", path: /^\/v1\/hosts$/, answer: answerHosts },
]);

/**
 * Answers `GET /v1/hosts?source=binance`, as often as it is given, or of all sources: how each of
 * their hosts is treated now. Each host costs one billed request to its limiter, and nothing is
 * asked of the host itself. Throws InvalidInputError.
 */
async function answerHosts(
  { env, exports }: ProducerContext,
  request: Request,
): Promise<HostsAnswer> {
  const names = new Set(new URL(request.url).searchParams.getAll("source"));
  const wanted: readonly SourceId[] = names.size === 0 ? SOURCES : [...names].map(parseSource);
  return countServed(env, async (tally) => ({
    sources: await Promise.all(
      wanted.map(async (source) => ({
        source,
        hosts: await readHosts(exports, sourceOf(source), tally),
      })),
    ),
  }));
}

function parseSource(name: string): SourceId {
  if (!isSourceId(name)) {
    throw new InvalidInputError("source", name, `one of ${SOURCES.join(", ")}`);
  }
  return name;
}

function readHosts(
  exports: Cloudflare.Exports,
  source: Source,
  tally: LedgerTally,
): Promise<HostState[]> {
  return Promise.all(
    source.hosts.map(async (host) =>
      hostStateOf(host, source, await limiterOf(exports, host, tally).look(source.rate)),
    ),
  );
}

function hostStateOf(host: string, { rate }: Source, view: RateView): HostState {
  const { state, silentUntilMs, reason, strikes, usedRatio } = view;
  return {
    host,
    state,
    silent_until: silentUntilMs === null ? null : Math.ceil(silentUntilMs / 1_000),
    reason,
    strikes,
    used_ratio: Math.round(usedRatio * 1_000) / 1_000,
    burst: rate.burst,
    per_second: rate.perSecond,
  };
}
