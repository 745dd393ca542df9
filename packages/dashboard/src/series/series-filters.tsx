import { SOURCES } from "@candlehouse/shared/core/source";
import { TIERS } from "@candlehouse/shared/core/tier";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import { X } from "lucide-preact";
import { useSearchParams } from "wouter-preact";
import { Button } from "../ui/button.tsx";
import { SearchField } from "../ui/search-field.tsx";
import { Select } from "../ui/select.tsx";
import { FILTER_NAMES, type SeriesFilter } from "./series-filter.ts";
import { HEALTH_WORDS, HEALTHS } from "./series-health.ts";

const any = (label: string, options: readonly { value: string; label: string }[]) => [
  { value: "", label },
  ...options,
];
const same = (values: readonly string[]) => values.map((value) => ({ value, label: value }));

const OPTIONS = {
  source: any("Any source", same(SOURCES)),
  timeframe: any("Any timeframe", same(TIMEFRAMES)),
  tier: any(
    "Any tier",
    TIERS.map((tier) => ({ value: String(tier), label: `Tier ${tier}` })),
  ),
  health: any(
    "Any health",
    HEALTHS.map((value) => ({ value, label: HEALTH_WORDS[value].word })),
  ),
} as const;

const CHOICES = ["source", "timeframe", "tier", "health"] as const;

/** What narrows the list down; it stands in the address. */
export function SeriesFilters({ filter }: { readonly filter: SeriesFilter }) {
  const [, setQuery] = useSearchParams();
  const change = (changed: Partial<SeriesFilter>) =>
    setQuery(
      (before) => {
        const after = new URLSearchParams(before);
        for (const [name, value] of Object.entries(changed)) {
          after.delete(name);
          if (value !== "") {
            after.set(name, value);
          }
        }
        return after;
      },
      { replace: true },
    );
  const isFiltered = FILTER_NAMES.some((name) => filter[name] !== "");
  return (
    <search class="series-filters">
      <SearchField
        label="Words in the name"
        placeholder="Search: btc kraken 1h"
        value={filter.words}
        onChange={(words) => change({ words })}
      />
      {CHOICES.map((name) => (
        <Select
          key={name}
          label={`Only of this ${name}`}
          options={OPTIONS[name]}
          value={filter[name]}
          onChange={(value) => change({ [name]: value })}
        />
      ))}
      {isFiltered ? (
        <Button onClick={() => change(Object.fromEntries(FILTER_NAMES.map((name) => [name, ""])))}>
          <X aria-hidden="true" /> Show all
        </Button>
      ) : null}
    </search>
  );
}
