import { formatTime } from "../ui/format.ts";
import type { ChartColors } from "./chart-colors.ts";
import type { ChartPlace } from "./chart-place.ts";

/** Height of the title over the chart, CSS pixels. */
const TITLE_PIXELS = 40;

/** The chart as it is seen, with what it shows written over it. Times in the IANA zone `timeZone`. */
export function drawImage(
  { chart, state, timeframe, shown, element }: ChartPlace,
  colors: ChartColors,
  timeZone: string,
): HTMLCanvasElement {
  const picture = chart.takeScreenshot(true, false);
  const scale = element.clientWidth === 0 ? 1 : picture.width / element.clientWidth;
  const title = Math.round(TITLE_PIXELS * scale);
  const canvas = document.createElement("canvas");
  canvas.width = picture.width;
  canvas.height = picture.height + title;
  const context = canvas.getContext("2d");
  if (context === null) {
    return picture;
  }
  context.fillStyle = colors.surface;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, title);
  const { fontFamily } = getComputedStyle(element);
  context.fillStyle = colors.text;
  context.textBaseline = "middle";
  context.font = `600 ${Math.round(15 * scale)}px ${fontFamily}`;
  const [source = "", symbol = ""] = state.series.split(":");
  const name = `${symbol} ${timeframe} · ${source}`;
  context.fillText(name, 12 * scale, title / 2);
  const range = shown.peek();
  if (range !== null) {
    const left = 24 * scale + context.measureText(name).width;
    context.fillStyle = colors.textQuiet;
    context.font = `${Math.round(13 * scale)}px ${fontFamily}`;
    const end = formatTime(range.end, timeZone);
    context.fillText(
      `${formatTime(range.start, timeZone)} to ${end} (${timeZone})`,
      left,
      title / 2,
    );
  }
  return canvas;
}
