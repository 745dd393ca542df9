import type { GapPattern } from "./gap-words.ts";

/** Side of the square that a pattern repeats, CSS pixels. */
const TILE_PIXELS = 10;

/** Lines of a tile from and to, in shares of its side; they go on in the tiles beside it. */
const LINES: Readonly<Record<GapPattern, readonly (readonly [number, number, number, number])[]>> =
  {
    rising: [
      [-0.25, 0.25, 0.25, -0.25],
      [-0.25, 1.25, 1.25, -0.25],
      [0.75, 1.25, 1.25, 0.75],
    ],
    falling: [
      [-0.25, 0.75, 0.25, 1.25],
      [-0.25, -0.25, 1.25, 1.25],
      [0.75, -0.25, 1.25, 0.25],
    ],
    crossed: [
      [-0.25, 1.25, 1.25, -0.25],
      [-0.25, -0.25, 1.25, 1.25],
    ],
    upright: [[0.5, 0, 0.5, 1]],
    dots: [[0.375, 0.5, 0.625, 0.5]],
    plain: [],
  };

const tiles = new Map<string, HTMLCanvasElement>();

/** A tile of `pattern` in `colour` for a canvas that has `ratio` pixels to a CSS pixel. */
export function patternTile(pattern: GapPattern, colour: string, ratio: number): HTMLCanvasElement {
  const key = `${pattern} ${colour} ${ratio}`;
  const tile = tiles.get(key) ?? drawTile(pattern, colour, ratio);
  tiles.set(key, tile);
  return tile;
}

function drawTile(pattern: GapPattern, colour: string, ratio: number): HTMLCanvasElement {
  const side = Math.max(2, Math.round(TILE_PIXELS * ratio));
  const canvas = document.createElement("canvas");
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext("2d");
  if (context !== null) {
    context.strokeStyle = colour;
    context.lineWidth = Math.max(1, ratio);
    context.lineCap = pattern === "dots" ? "round" : "butt";
    for (const [fromX, fromY, toX, toY] of LINES[pattern]) {
      context.beginPath();
      context.moveTo(fromX * side, fromY * side);
      context.lineTo(toX * side, toY * side);
      context.stroke();
    }
  }
  return canvas;
}
