import { hostsAnswer, type HostState } from "@candlehouse/shared/core/host-state";
import { isSourceId } from "@candlehouse/shared/core/source";
import { askProducer } from "./ask-producer.ts";

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
  const answer = await askProducer(
    producer,
    {
      path: "/v1/hosts",
      query: new URLSearchParams(known.map((source) => ["source", source])),
      parse: (body) => hostsAnswer.parse(body),
      what: `the hosts of ${known.join(", ")}`,
    },
    ASK_MS_MAX,
  );
  return answer === undefined
    ? null
    : new Map(answer.sources.map(({ source, hosts }) => [source, hosts]));
}
