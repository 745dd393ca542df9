import type { Partition } from "@candlehouse/shared/core/partition";
import type { Series } from "@candlehouse/shared/core/series";
import { readPartitionFiles, type PartitionFiles } from "@candlehouse/shared/d1/archive-manifest";
import { ImportRejectedError } from "@candlehouse/shared/core/errors";
import type { ArchiverContext } from "./context.ts";
import { ImportTally } from "./import-tally.ts";

/**
 * How often an import looks at a partition: each time takes five statements of D1, and an invocation
 * has 1,000. It is fifteen years of minutes, where rows are in order.
 * https://developers.cloudflare.com/d1/platform/limits/
 */
const LOOKS_MAX = 180;

/** An import that is under way. */
export class ImportRun {
  readonly context: ArchiverContext;
  /** Of its job. */
  readonly id: string;
  readonly series: Series;
  readonly hot: { readonly oldest: number; readonly newest: number } | undefined;
  readonly tally = new ImportTally();
  /** Keys of the fragments that this import registered. */
  readonly ownKeys = new Set<string>();
  /** Partitions with fragments that wait to be merged, whoever registered them. */
  readonly open = new Set<Partition>();
  private looks = 0;

  constructor(
    context: ArchiverContext,
    id: string,
    series: Series,
    hot: { readonly oldest: number; readonly newest: number } | undefined,
  ) {
    this.context = context;
    this.id = id;
    this.series = series;
    this.hot = hot;
  }

  /** The files of a partition now. Throws ImportRejectedError where that is asked too often. */
  async filesOf(partition: Partition): Promise<PartitionFiles> {
    this.looks += 1;
    if (this.looks > LOOKS_MAX) {
      throw new ImportRejectedError(
        `the file spans more than ${LOOKS_MAX} partitions (months of timeframes below 15m, else years), or its rows are in no order: sort it by time and cut it into parts; what was read before is stored`,
      );
    }
    const state = await readPartitionFiles(this.context.db, this.series, partition);
    if (state.files.some(({ state: of }) => of === "fragment")) {
      this.open.add(partition);
    }
    return state;
  }
}
