import type { Assets } from "@candlehouse/client";
import type { Tier } from "@candlehouse/shared/core/tier";
import { useMemo, useState } from "preact/hooks";
import { useGet } from "../api/use-get.ts";
import { useWrite } from "../api/use-write.ts";
import { client } from "../api/connection.ts";
import { tellDone, tellFailed } from "../shell/notices.tsx";
import { DataTable, type Column } from "../ui/data-table.tsx";
import { Panel } from "../ui/panel.tsx";
import { SearchField } from "../ui/search-field.tsx";
import { Empty, Failed, Loading } from "../ui/states.tsx";
import { TierSelect } from "./tier-select.tsx";
import { SERIES_PATH } from "./use-series.ts";

type AssetRow = Assets["assets"][number];

const ASSETS_PATH = "/v1/assets";

/** What is traded, and its tier: series follow that of their base asset. */
export function AssetList() {
  const { data, error, refetch } = useGet(ASSETS_PATH, {});
  const [words, setWords] = useState("");
  const rows = useMemo(
    () => (data?.assets ?? []).filter((asset) => hasWords(asset, words)),
    [data, words],
  );
  if (data === undefined) {
    return (
      <Panel title="Assets" class="series-panel">
        {error === null ? (
          <Loading what="the assets" />
        ) : (
          <Failed what="the assets" error={error} onRetry={() => void refetch()} />
        )}
      </Panel>
    );
  }
  return (
    <Panel title="Assets" class="series-panel">
      <p class="field-hint">
        A series has the tier of its base asset, unless it was given one of its own. A change here
        changes all series that follow.
      </p>
      <div class="series-filters">
        <SearchField
          label="Words in ticker, name or alias"
          placeholder="Search: btc, cardano"
          value={words}
          onChange={setWords}
        />
      </div>
      {rows.length === 0 ? (
        <Empty title="No asset is called like that." />
      ) : (
        <AssetTable rows={rows} />
      )}
    </Panel>
  );
}

function hasWords({ ticker, name, aliases }: AssetRow, words: string): boolean {
  const text = [ticker, name ?? "", ...aliases].join(" ").toLowerCase();
  return words
    .toLowerCase()
    .split(/[\s,]+/)
    .every((word) => text.includes(word));
}

function AssetTable({ rows }: { readonly rows: readonly AssetRow[] }) {
  const write = useWrite(
    ({ ticker, tier }: { readonly ticker: string; readonly tier: Tier | null }) =>
      client.api.PUT("/v1/assets/{ticker}", { params: { path: { ticker } }, body: { tier } }),
    [ASSETS_PATH, SERIES_PATH],
  );
  const tierColumn: Column<AssetRow> = {
    id: "tier",
    header: "Tier",
    value: ({ tier }) => tier,
    cell: ({ ticker, tier }) => (
      <TierSelect
        label={`Tier of ${ticker}`}
        tier={tier}
        none="As built in"
        onChange={(wanted) =>
          void write
            .mutateAsync({ ticker, tier: wanted })
            .then(({ message }) => tellDone(message))
            .catch(tellFailed)
        }
      />
    ),
  };
  return (
    <DataTable
      caption="Assets and their tiers"
      rows={rows}
      columns={[...COLUMNS, tierColumn]}
      rowId={({ ticker }) => ticker}
      pageRows={50}
    />
  );
}

const COLUMNS: readonly Column<AssetRow>[] = [
  {
    id: "ticker",
    header: "Asset",
    value: ({ ticker }) => ticker,
    cell: ({ ticker, name }) => (
      <span class="series-name">
        <strong>{ticker}</strong>
        {name === null ? null : <span class="note">{name}</span>}
      </span>
    ),
  },
  {
    id: "category",
    header: "Kind",
    value: ({ category }) => category,
    cell: ({ category }) => category.toLowerCase(),
  },
  {
    id: "aliases",
    header: "Also called",
    value: ({ aliases }) => aliases.join(", "),
    cell: ({ aliases, successor }) => (
      <span>
        {aliases.join(", ")}
        {successor === null ? null : <span class="note"> succeeded by {successor}</span>}
      </span>
    ),
  },
  {
    id: "assigned",
    header: "Tier given",
    value: ({ assigned }) => assigned,
    cell: ({ assigned }) => (assigned === "hand" ? "by hand" : "built in"),
  },
];
