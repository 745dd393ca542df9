import type { IPrimitivePaneRenderer } from "lightweight-charts";
import { formatDuration } from "../../ui/format.ts";
import { cssColour, type ColourName } from "./css-colour.ts";
import { patternTile } from "./gap-pattern.ts";
import type { GapSpan } from "./gap-span.ts";
import { GAP_WORDS } from "./gap-words.ts";

/** Where a gap lies on the page. CSS pixels. */
export interface GapBox {
  readonly span: GapSpan;
  readonly left: number;
  readonly right: number;
  readonly isChosen: boolean;
}

type Target = Parameters<IPrimitivePaneRenderer["draw"]>[0];
type Scope = Parameters<Parameters<Target["useBitmapCoordinateSpace"]>[0]>[0];

const TONES: Readonly<Record<"quiet" | "source" | "ours", ColourName>> = {
  quiet: "--text-quiet",
  source: "--warning",
  ours: "--bad",
};

/** How much of what is below is hidden, from 0 to 1. */
const SHADE_ALPHA = 0.09;
const CHOSEN_ALPHA = 0.16;
const PATTERN_ALPHA = 0.3;
const EDGE_ALPHA = { quiet: 0.35, source: 0.7, ours: 0.7 } as const;

/** Size of the letters of a label, in those of the page. */
const LABEL_SIZE = 0.8;
/** Measures of a label, in its letters: the least room for it, around it, and of a line. */
const LABEL_WIDTH_MIN = 4.5;
const LABEL_PADDING = 0.5;
const LABEL_LINE = 1.3;
/** How far down it stands. */
const LABEL_TOP_SHARE = 0.5;

/** Draws a gap from the top to the bottom of the pane: a shade, the pattern of its class, its edges. */
export function drawGap(scope: Scope, box: GapBox): void {
  const { context, bitmapSize, horizontalPixelRatio: ratio } = scope;
  const { pattern, tone } = GAP_WORDS[box.span.gap.class];
  const colour = cssColour(TONES[tone]);
  const left = Math.round(box.left * ratio);
  const width = Math.max(1, Math.round(box.right * ratio) - left);
  context.save();
  context.fillStyle = colour;
  context.globalAlpha = box.isChosen ? CHOSEN_ALPHA : SHADE_ALPHA;
  context.fillRect(left, 0, width, bitmapSize.height);
  const fill = context.createPattern(patternTile(pattern, colour, ratio), "repeat");
  if (fill !== null) {
    context.globalAlpha = PATTERN_ALPHA;
    context.fillStyle = fill;
    context.fillRect(left, 0, width, bitmapSize.height);
  }
  context.globalAlpha = EDGE_ALPHA[tone];
  context.fillStyle = colour;
  const line = Math.max(1, Math.floor(ratio));
  context.fillRect(left, 0, line, bitmapSize.height);
  context.fillRect(left + width - line, 0, line, bitmapSize.height);
  context.restore();
  drawLabel(scope, box);
}

/** What the gap is and how long, where it is wide enough to say so. */
function drawLabel(scope: Scope, { span, left, right }: GapBox): void {
  const { context, mediaSize, horizontalPixelRatio, verticalPixelRatio } = scope;
  const { fontSize } = getComputedStyle(document.documentElement);
  const size = parseFloat(fontSize) * LABEL_SIZE;
  const padding = size * LABEL_PADDING;
  const line = size * LABEL_LINE;
  const middle = (Math.max(0, left) + Math.min(mediaSize.width, right)) / 2;
  const room = 2 * (middle - Math.max(0, left) - padding);
  if (room < size * LABEL_WIDTH_MIN) {
    return;
  }
  const { name } = GAP_WORDS[span.gap.class];
  const lines = [name, formatDuration(span.gap.end - span.gap.start)];
  context.save();
  context.scale(horizontalPixelRatio, verticalPixelRatio);
  context.font = `600 ${size}px ${getComputedStyle(document.body).fontFamily}`;
  context.textBaseline = "middle";
  context.textAlign = "center";
  const widest = Math.max(...lines.map((text) => context.measureText(text).width));
  if (widest <= room) {
    const top = mediaSize.height * LABEL_TOP_SHARE;
    const width = widest + 2 * padding;
    context.fillStyle = cssColour("--surface");
    context.fillRect(middle - width / 2, top, width, lines.length * line + padding);
    context.fillStyle = cssColour("--text");
    for (const [index, text] of lines.entries()) {
      context.fillText(text, middle, top + (index + 0.5) * line + padding / 2);
    }
  }
  context.restore();
}
