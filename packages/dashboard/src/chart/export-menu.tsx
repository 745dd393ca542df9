import { Download, Link2 } from "lucide-preact";
import { tellDone, tellFailed } from "../shell/notices.tsx";
import { offerFile, saveFile } from "../shell/save-file.ts";
import { zoneName } from "../shell/settings.ts";
import { Popover } from "../ui/popover.tsx";
import { readColors } from "./chart-colors.ts";
import { drawImage } from "./chart-image.ts";
import type { ChartPlace } from "./chart-place.ts";

/** Formats of GET /v1/candles that files are saved in. */
const FORMATS = [
  { format: "csv", name: "CSV" },
  { format: "parquet", name: "Parquet" },
] as const;

/** Takes what is seen elsewhere: as a link, as data, as an image. */
export function ExportMenu({ place }: { readonly place: ChartPlace }) {
  return (
    <>
      <button
        type="button"
        class="button button-quiet"
        title="Copy a link that shows this"
        onClick={() => void copyLink()}
      >
        <Link2 aria-hidden="true" />
        <span class="chart-tool-name">Copy link</span>
      </button>
      <Popover
        label="Save what is seen"
        button={
          <>
            <Download aria-hidden="true" />
            <span class="chart-tool-name">Save</span>
          </>
        }
      >
        {(close) => <SaveList place={place} onDone={close} />}
      </Popover>
    </>
  );
}

function SaveList({ place, onDone }: { readonly place: ChartPlace; readonly onDone: () => void }) {
  const range = place.shown.value;
  if (range === null) {
    return <p>There is nothing to be seen yet.</p>;
  }
  const { series, interval, indicators } = place.state;
  const name = `${series.replaceAll(":", "_")}${interval === null ? "" : `_${interval}`}_${fileTime(range.start)}_${fileTime(range.end)}`;
  const query = {
    series,
    interval: interval ?? undefined,
    start: range.start,
    end: range.end,
    indicators: indicators.length === 0 ? undefined : indicators.join(","),
  };
  return (
    <ul class="chart-save">
      {FORMATS.map((one) => (
        <li key={one.format}>
          <button
            type="button"
            class="button button-quiet"
            onClick={() => {
              onDone();
              void saveFile(
                "/v1/candles",
                { ...query, format: one.format },
                `${name}.${one.format}`,
              );
            }}
          >
            Candles as {one.name}
          </button>
        </li>
      ))}
      <li>
        <button
          type="button"
          class="button button-quiet"
          onClick={() => {
            onDone();
            saveImage(place, `${name}.png`);
          }}
        >
          Image as PNG
        </button>
      </li>
    </ul>
  );
}

async function copyLink(): Promise<void> {
  try {
    await navigator.clipboard.writeText(location.href);
    tellDone("The link is copied. It shows what is seen now.");
  } catch {
    tellFailed("The browser does not allow to copy here: copy the address of this page instead.");
  }
}

function saveImage(place: ChartPlace, name: string): void {
  const canvas = drawImage(place, readColors(place.element), zoneName());
  canvas.toBlob((blob) => {
    if (blob === null) {
      tellFailed("The browser could not make an image of the chart.");
      return;
    }
    offerFile(blob, name);
  });
}

/** `20230324T1200`: as a part of a file's name. UTC. */
function fileTime(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().slice(0, 16).replaceAll(/[-:]/g, "");
}
