import {
  defaultHorzScaleBehavior,
  type Mutable,
  type TickMark,
  type TickMarkWeightValue,
  type TimeScalePoint,
} from "lightweight-charts";
import { formatTickMark } from "./zone-text.ts";
import { offsetsOf, weightOf } from "./zone-scale.ts";

/**
 * The time scale of a zone. Times of points stay what they are; a mark stands where a day, month or
 * year begins in the zone, also when its clocks are changed.
 */
export function createZoneBehavior(timeZone: string) {
  const offsetAt = offsetsOf(timeZone);
  const localOf = (seconds: number) => seconds + offsetAt(seconds);
  const TimeBehavior = defaultHorzScaleBehavior();

  return new (class extends TimeBehavior {
    override fillWeightsForPoints(points: readonly Mutable<TimeScalePoint>[], from: number): void {
      const start = from === 0 ? 1 : from;
      const times = points
        .slice(start - 1)
        .map(({ originalTime }) => localOf(Number(originalTime)));
      let before = times[0];
      for (const [index, time] of times.entries()) {
        const point = points[start - 1 + index];
        if (index > 0 && point !== undefined && before !== undefined) {
          point.timeWeight = asWeight(weightOf(time, before));
        }
        before = time;
      }
      const [first] = points;
      const [one, two] = times;
      if (from === 0 && first !== undefined && one !== undefined && two !== undefined) {
        // Nobody knows what lies before the first point: as much as behind it, most likely.
        first.timeWeight = asWeight(weightOf(one, one - (two - one)));
      }
    }

    override formatTickmark({ originalTime, weight }: TickMark): string {
      return formatTickMark(Number(originalTime), weight, timeZone);
    }
  })();
}

function asWeight(weight: number): TickMarkWeightValue {
  // The chart's type is a number with a name; there is no other way to make one.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return weight as TickMarkWeightValue;
}
