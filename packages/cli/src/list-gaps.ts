import { gapsPage, type Gap } from "./answers/gap.ts";
import type { Client } from "./client.ts";
import type { Filter } from "./select-series.ts";

/** One GET /v1/gaps. */
export interface GapQuery extends Filter {
  readonly start?: number;
  readonly end?: number;
  readonly class?: string | undefined;
  readonly state?: string;
  readonly fillable?: boolean;
}

/** Most gaps in one page. */
export const PAGE_GAPS = 1_000;

/** Up to `limit` gaps of all `queries`, and whether there are more. */
export async function listGaps(
  client: Client,
  queries: readonly GapQuery[],
  limit: number,
): Promise<{ readonly gaps: Gap[]; readonly hasMore: boolean }> {
  const gaps: Gap[] = [];
  for (const query of queries) {
    let cursor: string | undefined;
    do {
      // One more than wanted tells whether there are more.
      const left = limit + 1 - gaps.length;
      const page = await client.ask(gapsPage, {
        path: "/v1/gaps",
        query: { ...query, limit: Math.min(PAGE_GAPS, left), cursor },
      });
      gaps.push(...page.gaps);
      cursor = page.next_cursor ?? undefined;
      if (gaps.length > limit) {
        return { gaps: gaps.slice(0, limit), hasMore: true };
      }
    } while (cursor !== undefined);
  }
  return { gaps, hasMore: false };
}
