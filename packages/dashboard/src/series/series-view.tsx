import "./series.css";
import { Plus } from "lucide-preact";
import { useSearchParams } from "wouter-preact";
import { Segments } from "../ui/segments.tsx";
import { AddForm } from "./add-form.tsx";
import { AssetList } from "./asset-list.tsx";
import { SeriesPanel } from "./series-panel.tsx";

/**
 * What is collected. Of the address, `show` says whether series or assets are listed, `add` whether
 * the form for new ones is open, and the others filter the list.
 */
export function SeriesView() {
  const [query, setQuery] = useSearchParams();
  const isAdding = query.has("add");
  const shown = query.get("show") === "assets" ? "assets" : "series";
  const change = (name: string, value: string | null) =>
    setQuery((before) => {
      const after = new URLSearchParams(before);
      after.delete(name);
      if (value !== null) {
        after.set(name, value);
      }
      return after;
    });
  const close = () => {
    change("add", null);
    // The focus was in what is gone now.
    document.getElementById("series-add")?.focus();
  };
  return (
    <>
      <h1 class="only-read">Series</h1>
      <div class="toolbar">
        <Segments
          label="What is listed"
          options={[
            { value: "series", label: "Series" },
            { value: "assets", label: "Assets" },
          ]}
          value={shown}
          onChange={(value) => change("show", value === "series" ? null : value)}
        />
        <button
          id="series-add"
          type="button"
          class="button"
          aria-expanded={isAdding}
          onClick={() => change("add", isAdding ? null : "1")}
        >
          <Plus aria-hidden="true" /> Add series
        </button>
      </div>
      <div class={isAdding ? "series-view series-view-with-form" : "series-view"}>
        {isAdding ? <AddForm onClose={close} /> : null}
        {shown === "series" ? <SeriesPanel /> : <AssetList />}
      </div>
    </>
  );
}
