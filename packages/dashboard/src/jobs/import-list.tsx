import type { Import } from "@candlehouse/client";
import { Link } from "wouter-preact";
import { useState } from "preact/hooks";
import { useGet } from "../api/use-get.ts";
import { DataTable, type Column } from "../ui/data-table.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { formatNumber } from "../ui/format.ts";
import { Panel } from "../ui/panel.tsx";
import { Stale } from "../ui/stale.tsx";
import { Empty, Failed, Loading } from "../ui/states.tsx";
import { Tag } from "../ui/tag.tsx";
import { ImportFacts, ImportSums } from "./import-sums.tsx";
import { IMPORTS_PATH } from "./use-import.ts";

/** Newest imports that are listed. */
const SHOWN = "200";
const EVERY_SECONDS = 30;

/** The files that were imported or refused, newest first. */
export function ImportList() {
  const asked = useGet(IMPORTS_PATH, { limit: SHOWN }, { everySeconds: EVERY_SECONDS });
  const [opened, setOpened] = useState<Import | null>(null);
  return (
    <Panel title="Imported files" class="imports-list">
      {asked.data === undefined ? null : <Stale asked={asked} />}
      <Rows asked={asked} onOpen={setOpened} />
      {opened === null ? null : (
        <Dialog title={opened.name} onClose={() => setOpened(null)}>
          <ImportSums report={opened} />
          <ImportFacts report={opened} />
          {opened.series === null ? null : (
            <p class="job-links">
              <Link href={`/?series=${encodeURIComponent(opened.series)}`}>See its chart</Link>
              <Link href={`/coverage?series=${encodeURIComponent(opened.series)}`}>
                See what is missing
              </Link>
            </p>
          )}
        </Dialog>
      )}
    </Panel>
  );
}

interface RowsProps {
  readonly asked: ReturnType<typeof useGet<"/v1/imports">>;
  readonly onOpen: (report: Import) => void;
}

function Rows({ asked: { data, error, refetch }, onOpen }: RowsProps) {
  if (data === undefined) {
    return error === null ? (
      <Loading what="the imported files" />
    ) : (
      <Failed what="the imported files" error={error} onRetry={() => void refetch()} />
    );
  }
  if (data.imports.length === 0) {
    return (
      <Empty title="No file was imported yet.">
        <p>Drop a file of candles anywhere on this view: CSV, ZIP or Parquet.</p>
      </Empty>
    );
  }
  return (
    <DataTable
      caption="Files and what became of their rows, newest first"
      rows={data.imports}
      columns={columnsOf(onOpen)}
      rowId={({ id }) => id}
      pageRows={10}
    />
  );
}

function columnsOf(onOpen: (report: Import) => void): readonly Column<Import>[] {
  return [
    {
      id: "name",
      header: "File",
      value: ({ name }) => name,
      cell: (one) => (
        <button type="button" class="job-name" onClick={() => onOpen(one)}>
          {one.name}
        </button>
      ),
    },
    { id: "series", header: "Series", value: ({ series }) => series },
    {
      id: "state",
      header: "State",
      value: ({ state }) => state,
      cell: ({ state, known }) => (
        <Tag tone={state === "complete" ? "good" : "bad"}>
          {state === "rejected" ? "Refused" : known ? "Known already" : "Imported"}
        </Tag>
      ),
    },
    countColumn("rows_read", "Rows"),
    countColumn("stored", "Stored"),
    countColumn("duplicate", "Held already"),
    countColumn("revised", "Revised"),
    countColumn("rejected", "Rejected"),
  ];
}

type CountName = "rows_read" | "stored" | "duplicate" | "revised" | "rejected";

function countColumn(id: CountName, header: string): Column<Import> {
  return {
    id,
    header,
    value: (one) => one[id],
    cell: (one) => formatNumber(one[id]),
    isNumber: true,
  };
}
