import { SOURCES } from "@candlehouse/shared/core/source";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import { COLUMN_ROLES, TIME_UNITS } from "@candlehouse/shared/import/column-plan";
import { Field } from "../ui/field.tsx";
import { Select } from "../ui/select.tsx";
import {
  FORMAT_CHOICES,
  sourceOr,
  timeframeOr,
  type ImportDraft,
  type ImportField,
} from "./import-draft.ts";

interface ImportFieldsProps {
  readonly draft: ImportDraft;
  readonly faults: Partial<Record<ImportField, string>>;
  readonly onChange: (changed: Partial<ImportDraft>) => void;
}

const choices = (values: readonly string[]) => [
  { value: "", label: "–" },
  ...values.map((value) => ({ value, label: value })),
];

const FORMAT_OPTIONS = FORMAT_CHOICES.map((value) => ({
  value: value as string,
  label: value === "auto" ? "by the file" : value,
}));
const SOURCE_OPTIONS = choices(SOURCES);
const TIMEFRAME_OPTIONS = choices(TIMEFRAMES);
const UNIT_OPTIONS = TIME_UNITS.map((value) => ({
  value: value as string,
  label: value === "auto" ? "by their size" : value,
}));

/** What a file holds and how it is laid out, where its name does not say it. */
export function ImportFields(props: ImportFieldsProps) {
  return (
    <div class="form-row imports-fields">
      <SeriesFields {...props} />
      <LayoutFields {...props} />
    </div>
  );
}

function SeriesFields({ draft, faults, onChange }: ImportFieldsProps) {
  return (
    <>
      <Field label="Source" error={faults.source}>
        {(control) => (
          <Select
            control={control}
            options={SOURCE_OPTIONS}
            value={draft.source}
            onChange={(source) => onChange({ source: sourceOr(source) })}
          />
        )}
      </Field>
      <Field label="Symbol" error={faults.symbol}>
        {(control) => (
          <input
            {...control}
            spellcheck={false}
            placeholder="BTC-USD"
            value={draft.symbol}
            onInput={({ currentTarget }) => onChange({ symbol: currentTarget.value })}
          />
        )}
      </Field>
      <Field label="Timeframe" error={faults.timeframe}>
        {(control) => (
          <Select
            control={control}
            options={TIMEFRAME_OPTIONS}
            value={draft.timeframe}
            onChange={(timeframe) => onChange({ timeframe: timeframeOr(timeframe) })}
          />
        )}
      </Field>
    </>
  );
}

function LayoutFields({ draft, faults, onChange }: ImportFieldsProps) {
  return (
    <>
      <Field label="Format" error={faults.format}>
        {(control) => (
          <Select
            control={control}
            options={FORMAT_OPTIONS}
            value={draft.format}
            onChange={(format) => onChange({ format })}
          />
        )}
      </Field>
      <Field label="Times are in" error={faults.timeUnit}>
        {(control) => (
          <Select
            control={control}
            options={UNIT_OPTIONS}
            value={draft.timeUnit}
            onChange={(timeUnit) => onChange({ timeUnit })}
          />
        )}
      </Field>
      <Field
        label="Columns"
        hint={`Only where no header names them: a place from 0 for each of ${COLUMN_ROLES.join(", ")}.`}
        error={faults.columns}
      >
        {(control) => (
          <input
            {...control}
            spellcheck={false}
            placeholder="time:0,open:1,high:2,low:3,close:4"
            value={draft.columns}
            onInput={({ currentTarget }) => onChange({ columns: currentTarget.value })}
          />
        )}
      </Field>
    </>
  );
}
