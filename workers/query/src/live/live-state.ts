import {
  formatLiveIdHead,
  formatLiveIdPart,
  joinLiveId,
} from "@candlehouse/shared/core/live-position-id";
import type { LivePosition } from "@candlehouse/shared/core/live-position";
import type { Series } from "@candlehouse/shared/core/series";

/**
 * A stream of several series: whose, and how far it is once an event is sent. Each event has an id
 * that names the positions of all series, so the text of each is kept: one alone moves at a time.
 */
export interface LiveState {
  readonly series: readonly Series[];
  /** One for each of `series`. */
  readonly positions: readonly LivePosition[];
  readonly idHead: string;
  /** One for each of `series`. */
  readonly idParts: readonly string[];
}

/** The state of a stream of `series` at `positions`, one each. */
export function liveStateAt(
  series: readonly Series[],
  positions: readonly LivePosition[],
): LiveState {
  const idParts = series.map(({ timeframe }, index) =>
    formatLiveIdPart(positions[index] ?? { mark: 0, holes: [] }, timeframe),
  );
  return { series, positions, idHead: formatLiveIdHead(series), idParts };
}

/** `state` with the series at `index`, which is `one`, at `position`. */
export function movedTo(
  state: LiveState,
  index: number,
  one: Series,
  position: LivePosition,
): LiveState {
  return {
    ...state,
    positions: state.positions.with(index, position),
    idParts: state.idParts.with(index, formatLiveIdPart(position, one.timeframe)),
  };
}

/** The id of an event after which a stream is in `state`. */
export function liveIdOf({ idHead, idParts }: LiveState): string {
  return joinLiveId(idHead, idParts);
}
