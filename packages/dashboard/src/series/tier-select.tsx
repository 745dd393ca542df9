import { TIERS, type Tier } from "@candlehouse/shared/core/tier";
import { Select } from "../ui/select.tsx";

interface TierSelectProps {
  readonly label: string;
  /** The tier it has; null where none is chosen yet. */
  readonly tier: number | null;
  /** What it means to give none. */
  readonly none: string;
  readonly disabled?: boolean;
  /** Null: that of the asset, or of the built-in table. */
  readonly onChange: (tier: Tier | null) => void;
}

const TIER_OPTIONS = TIERS.map((tier) => ({ value: String(tier), label: `Tier ${tier}` }));

/** Chooses a tier, or takes back the one that was given by hand. */
export function TierSelect({ label, tier, none, disabled, onChange }: TierSelectProps) {
  const unchosen = tier === null ? [{ value: "", label }] : [];
  return (
    <Select
      label={label}
      options={[...unchosen, ...TIER_OPTIONS, { value: "none", label: none }]}
      value={tier === null ? "" : String(tier)}
      disabled={disabled ?? false}
      onChange={(value) => {
        if (value !== "") {
          onChange(TIERS.find((one) => String(one) === value) ?? null);
        }
      }}
    />
  );
}
