import type { Import } from "@candlehouse/client";
import { zoneName } from "../shell/settings.ts";
import { formatBytes, formatDuration, formatNumber, formatTime } from "../ui/format.ts";

/** What became of the rows of a file. */
export function ImportSums({ report }: { readonly report: Import }) {
  const { rows_read: read, stored, duplicate, revised, rejected } = report;
  return (
    <div class="imports-sums">
      <dl class="facts">
        {(
          [
            ["Rows read", read],
            ["Stored", stored],
            ["Held already", duplicate],
            ["Revised", revised],
            ["Rejected", rejected],
          ] as const
        ).map(([name, count]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{formatNumber(count)}</dd>
          </div>
        ))}
      </dl>
      <p class="note">{report.message}</p>
      <Rejections report={report} />
    </div>
  );
}

function Rejections({ report: { rejections, rejected } }: { readonly report: Import }) {
  return rejections.length === 0 ? null : (
    <details>
      <summary>Why rows were rejected</summary>
      <ul class="imports-rejections">
        {rejections.map(({ line, reason }) => (
          <li key={`${line} ${reason}`}>
            <span class="number">Line {formatNumber(line)}</span> {reason}
          </li>
        ))}
      </ul>
      {rejected > rejections.length ? (
        <p class="field-hint">and {formatNumber(rejected - rejections.length)} more</p>
      ) : null}
    </details>
  );
}

/** All else that is known of an import. */
export function ImportFacts({ report }: { readonly report: Import }) {
  const { first_timestamp: first, last_timestamp: last } = report;
  const zone = zoneName();
  return (
    <dl class="facts">
      <div>
        <dt>Format</dt>
        <dd>{report.format}</dd>
      </div>
      <div>
        <dt>Size</dt>
        <dd>{formatBytes(report.bytes)}</dd>
      </div>
      <div class="facts-wide">
        <dt>Candles</dt>
        <dd>
          {first === null || last === null
            ? "none"
            : `${formatTime(first, zone)} to ${formatTime(last, zone)}`}
        </dd>
      </div>
      <div>
        <dt>Took</dt>
        <dd>{formatDuration(report.durationMs / 1_000)}</dd>
      </div>
      {report.unused_columns.length === 0 ? null : (
        <div>
          <dt>Columns that nothing reads</dt>
          <dd>{report.unused_columns.join(", ")}</dd>
        </div>
      )}
      <div class="facts-wide">
        <dt>SHA-256</dt>
        <dd>
          <code>{report.sha256}</code>
        </dd>
      </div>
    </dl>
  );
}
