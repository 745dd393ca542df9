import { hostsAnswer, type HostState } from "@candlehouse/shared/core/host-state";
import { isSourceId } from "@candlehouse/shared/core/source";
import { log } from "@candlehouse/shared/log/log";

/** The limiters answer within milliseconds: a producer that takes longer does not answer. */
const ASK_MS_MAX = 3_000;

/**
 * The hosts of `sources` and how each is treated now, by source; none of a source that this version
 * does not know. Null where the producer does not answer, which the log has: what else is known of
 * the sources can be told without it.
 */
export async function readHosts(
  producer: Fetcher,
  sources: readonly string[],
): Promise<ReadonlyMap<string, readonly HostState[]> | null> {
  const known = sources.filter(isSourceId);
  if (known.length === 0) {
    return new Map();
  }
  const path = "/v1/hosts";
  const query = new URLSearchParams(known.map((source) => ["source", source])).toString();
  try {
    const response = await producer.fetch(`https://producer${path}?${query}`, {
      signal: AbortSignal.timeout(ASK_MS_MAX),
    });
    const answer = hostsAnswer.parse(await response.json());
    return new Map(answer.sources.map(({ source, hosts }) => [source, hosts]));
  } catch (error) {
    log("request.failed", {
      method: "GET",
      path,
      status: 502,
      code: "internal",
      reason: `the producer did not tell the hosts of ${known.join(", ")}: ${String(error)}`,
    });
    return null;
  }
}
