import type { BackfillStart } from "@candlehouse/client";
import { formatNumber } from "../ui/format.ts";

/** Series of a dry run that are told of one by one. */
const SHOWN_MAX = 50;

/** What a backfill would fetch: as a whole, and series by series. */
export function DryRun({ counted }: { readonly counted: BackfillStart }) {
  const due = sum(counted.jobs.map(({ candles_due: candles }) => candles));
  const missing = sum(counted.jobs.map((job) => job.missing ?? 0));
  const requests = sum(counted.jobs.map((job) => job.requests_estimated));
  return (
    <div class="jobs-dry" role="status">
      <p class="jobs-dry-sum">
        {missing === 0
          ? `All ${formatNumber(due)} candles are held or were asked for: nothing is missing.`
          : `${formatNumber(missing)} of ${formatNumber(due)} candles are missing; fetching them takes ${formatNumber(requests)} requests or more.`}
      </p>
      {counted.jobs.length === 1 ? null : (
        <div
          class="data-table jobs-dry-table"
          tabIndex={0}
          role="region"
          aria-label="What is missing, series by series"
        >
          <table>
            <caption class="only-read">What is missing, series by series</caption>
            <thead>
              <tr>
                <th scope="col">Series</th>
                <th scope="col" class="is-number">
                  Missing
                </th>
                <th scope="col" class="is-number">
                  Of
                </th>
                <th scope="col" class="is-number">
                  Requests
                </th>
              </tr>
            </thead>
            <tbody>
              {counted.jobs.slice(0, SHOWN_MAX).map((job) => (
                <tr key={job.id}>
                  <td>{job.series.split(":").slice(1).join(" ")}</td>
                  <td class="is-number">{formatNumber(job.missing ?? 0)}</td>
                  <td class="is-number">{formatNumber(job.candles_due)}</td>
                  <td class="is-number">{formatNumber(job.requests_estimated)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {counted.jobs.length > SHOWN_MAX ? (
        <p class="field-hint">and {formatNumber(counted.jobs.length - SHOWN_MAX)} more series</p>
      ) : null}
    </div>
  );
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
