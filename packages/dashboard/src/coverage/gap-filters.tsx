import {
  GAP_CLASSES,
  GAP_STATES,
  type GapClass,
  type GapState,
} from "@candlehouse/shared/core/gap";
import { GAP_WORDS, STATE_WORDS } from "../chart/overlays/gap-words.ts";
import { Field } from "../ui/field.tsx";
import { Select } from "../ui/select.tsx";
import type { CoveragePlace, GapFilters } from "./coverage-place.ts";

/** The value of a choice that filters nothing. */
const ANY = "any";

const CLASS_OPTIONS: readonly { readonly value: GapClass | typeof ANY; readonly label: string }[] =
  [
    { value: ANY, label: "Any" },
    ...GAP_CLASSES.map((name) => ({ value: name, label: GAP_WORDS[name].name })),
  ];

const STATE_OPTIONS: readonly { readonly value: GapState | typeof ANY; readonly label: string }[] =
  [
    { value: ANY, label: "Any" },
    ...GAP_STATES.map((name) => ({ value: name, label: capital(STATE_WORDS[name]) })),
  ];

const ORDER_OPTIONS = [
  { value: "newest", label: "Newest first" },
  { value: "series", label: "By series" },
] as const;

interface GapFiltersFormProps {
  readonly filters: GapFilters;
  readonly onChange: (some: Partial<CoveragePlace>) => void;
}

/** Which gaps are listed. */
export function GapFiltersForm({ filters, onChange }: GapFiltersFormProps) {
  return (
    <div class="gap-filters" role="group" aria-label="Which gaps">
      <Field label="Why">
        {(control) => (
          <Select
            control={control}
            options={CLASS_OPTIONS}
            value={filters.class ?? ANY}
            onChange={(name) => onChange({ class: name === ANY ? null : name })}
          />
        )}
      </Field>
      <Field label="State">
        {(control) => (
          <Select
            control={control}
            options={STATE_OPTIONS}
            value={filters.state ?? ANY}
            onChange={(state) => onChange({ state: state === ANY ? null : state })}
          />
        )}
      </Field>
      <DateField label="From" value={filters.from} onChange={(from) => onChange({ from })} />
      <DateField label="Until" value={filters.until} onChange={(until) => onChange({ until })} />
      <Field label="Order">
        {(control) => (
          <Select
            control={control}
            options={ORDER_OPTIONS}
            value={filters.order}
            onChange={(order) => onChange({ order })}
          />
        )}
      </Field>
      <label class="coverage-check">
        <input
          type="checkbox"
          checked={filters.isFillable}
          onChange={({ currentTarget }) => onChange({ isFillable: currentTarget.checked })}
        />
        <span>Only what a repair asks for</span>
      </label>
    </div>
  );
}

interface DateFieldProps {
  readonly label: string;
  readonly value: string | null;
  readonly onChange: (date: string | null) => void;
}

function DateField({ label, value, onChange }: DateFieldProps) {
  return (
    <Field label={label}>
      {(control) => (
        <input
          {...control}
          type="date"
          value={value ?? ""}
          onChange={({ currentTarget }) =>
            onChange(currentTarget.value === "" ? null : currentTarget.value)
          }
        />
      )}
    </Field>
  );
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
