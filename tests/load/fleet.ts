import { readFileSync } from "node:fs";
import { expandFleet, type FleetSeries } from "../../workers/producer/src/fleet.ts";

const FLEET_FILE = new URL("../../workers/producer/fleet.json", import.meta.url).pathname;

/** What expandFleet takes, and checks. */
interface FleetFile {
  readonly tiers: Readonly<Record<string, readonly string[]>>;
  readonly sources: Readonly<Record<string, unknown>>;
}

/** CoinGecko names each coin by hand, so its part of the fleet cannot grow. */
const FIXED_SOURCE = "coingecko";
/** The tier of a token that nobody has heard of. */
const TIER_OF_TOKENS = "4";

/**
 * The series of a fleet of `times` as many tokens as the default one has, from the same sources in
 * the same timeframes. The tokens beside the default ones are the simulator's synthetic ones.
 */
export function loadFleet(times: number): FleetSeries[] {
  const fleet = JSON.parse(readFileSync(FLEET_FILE, "utf8")) as FleetFile;
  const tokens = Object.values(fleet.tiers).flat().length;
  const added = Array.from(
    { length: tokens * (times - 1) },
    (_, index) => `T${String(index).padStart(4, "0")}`,
  );
  const { [FIXED_SOURCE]: fixed, ...growing } = fleet.sources;
  const tiers = { ...fleet.tiers, [TIER_OF_TOKENS]: added };
  return [
    ...expandFleet({ tiers, sources: growing }),
    ...expandFleet({ tiers: fleet.tiers, sources: { [FIXED_SOURCE]: fixed } }),
  ];
}
