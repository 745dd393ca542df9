/** Where the parts of a chart of stacked bars stand. Pure. */

/** One part of a bar, in units of the chart's height: 0 at the top, 100 at the bottom. */
export interface BarPart {
  readonly series: number;
  readonly top: number;
  readonly height: number;
}

/** Height of a part that is not nothing: it is seen beside one that is a thousand times as much. */
const HEIGHT_MIN = 1.2;
const HEIGHT = 100;

/** The smallest of 1, 2, 5, 10, 20, 50 … that is not below `value`; 1 of nothing. */
export function niceCeiling(value: number): number {
  if (value <= 1) {
    return 1;
  }
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

/** The top of the axis over `bars`, each the values of its parts. */
export function axisTop(bars: readonly (readonly number[])[]): number {
  return niceCeiling(bars.reduce((most, parts) => Math.max(most, sum(parts)), 0));
}

/** The parts of one bar, the first at the bottom, below an axis that ends at `top`. */
export function stackParts(values: readonly number[], top: number): readonly BarPart[] {
  const drawn = values
    .map((value, series) => ({ value, series }))
    .filter(({ value }) => value > 0)
    .map(({ value, series }) => ({
      series,
      height: Math.max(HEIGHT_MIN, (value / top) * HEIGHT),
    }));
  // What small parts were given is taken from what is drawn too high.
  const scale = Math.min(1, HEIGHT / sum(drawn.map(({ height }) => height)));
  let base = HEIGHT;
  return drawn.map(({ series, height }) => {
    base -= height * scale;
    return { series, top: base, height: height * scale };
  });
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
