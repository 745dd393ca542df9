/** How much a symbol matters: 1 is collected first and repaired daily, 4 is the rest. */
export const TIERS = [1, 2, 3, 4] as const;

export type Tier = (typeof TIERS)[number];

/** The tier of an asset that nobody gave one. */
export const TIER_BY_DEFAULT: Tier = 4;

export function isTier(value: number): value is Tier {
  return TIERS.some((tier) => tier === value);
}
