import { DataTable, type Column } from "../ui/data-table.tsx";
import { formatBytes, formatCompact, formatNumber } from "../ui/format.ts";
import { Panel, Stat, Stats } from "../ui/panel.tsx";
import { Empty } from "../ui/states.tsx";
import { Answered } from "./answered.tsx";
import type { ArchiveFigures, Change } from "./answers.ts";
import { ArchiveWork } from "./archive-work.tsx";
import { changeWord, filesText } from "./change-words.ts";
import { DamagedFiles } from "./damaged-files.tsx";
import { Moment } from "./moment.tsx";
import { useChanges, useStats } from "./reads.ts";

/** Changes in one page of their table. */
const PAGE_CHANGES = 8;

/** What the archive holds, whether it is whole, and what it did last. */
export function ArchivePanel() {
  return (
    <Panel title="Archive">
      <Answered what="the figures of the archive" query={useStats()}>
        {({ archive }) => (
          <>
            <ArchiveStats archive={archive} />
            {archive.damaged === 0 ? null : <DamagedFiles count={archive.damaged} />}
          </>
        )}
      </Answered>
      <ArchiveWork />
      <h3>Newest changes</h3>
      <Answered what="the newest changes" query={useChanges()}>
        {({ changes }) =>
          changes.length === 0 ? (
            <Empty title="The archive has no file yet.">
              <p>
                Candles move here when they leave D1, and as a backfill or an import brings them.
              </p>
            </Empty>
          ) : (
            <DataTable
              caption="Newest changes of the archive"
              rows={changes}
              columns={COLUMNS}
              rowId={({ series, partition, sequence }) => `${series} ${partition} ${sequence}`}
              pageRows={PAGE_CHANGES}
            />
          )
        }
      </Answered>
    </Panel>
  );
}

function ArchiveStats({ archive }: { readonly archive: ArchiveFigures }) {
  const { files, candles, bytes, series, fragments, damaged } = archive;
  return (
    <Stats>
      <Stat
        name="Candles"
        value={formatCompact(candles)}
        note={`${formatNumber(series)} series, ${formatNumber(files)} files`}
      />
      <Stat
        name="Size"
        value={formatBytes(bytes)}
        note={candles === 0 ? "nothing yet" : `${formatNumber(bytes / candles)} bytes a candle`}
      />
      <Stat
        name="To be merged"
        value={formatNumber(fragments)}
        note={fragments === 1 ? "file waits" : "files wait"}
      />
      <Stat
        name="Read whole"
        value={files === 0 ? "–" : damaged === 0 ? "All right" : `${formatNumber(damaged)} damaged`}
        tone={damaged > 0 ? "bad" : files === 0 ? "plain" : "good"}
        note={
          <>
            oldest check <Moment at={archive.oldest_verified_at} />, newest{" "}
            <Moment at={archive.newest_verified_at} />
          </>
        }
      />
    </Stats>
  );
}

const COLUMNS: readonly Column<Change>[] = [
  { id: "at", header: "When", value: ({ at }) => at, cell: ({ at }) => <Moment at={at} /> },
  {
    id: "kind",
    header: "What",
    value: ({ kind }) => changeWord(kind),
  },
  { id: "series", header: "Series", value: ({ series }) => series },
  { id: "partition", header: "Partition", value: ({ partition }) => partition },
  { id: "files", header: "Files", value: (change) => filesText(change) },
  {
    id: "rows",
    header: "Candles",
    isNumber: true,
    value: ({ file }) => file?.rows ?? null,
    cell: ({ file }) => (file === null ? "–" : formatNumber(file.rows)),
  },
  {
    id: "bytes",
    header: "Size",
    isNumber: true,
    value: ({ file }) => file?.bytes ?? null,
    cell: ({ file }) => (file === null ? "–" : formatBytes(file.bytes)),
  },
];
