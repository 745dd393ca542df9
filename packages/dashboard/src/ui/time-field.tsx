import { zone, zoneName } from "../shell/settings.ts";
import { Field } from "./field.tsx";
import { fromTimeInput, toTimeInput } from "./time-input.ts";

interface TimeFieldProps {
  readonly label: string;
  /** Unix seconds; null where none is given. */
  readonly value: number | null;
  readonly onChange: (seconds: number | null) => void;
  /** What it means that none is given. */
  readonly hint?: string;
  readonly error?: string | undefined;
}

/** Date and time of day in the zone that the page shows times in. */
export function TimeField({ label, value, onChange, hint, error }: TimeFieldProps) {
  return (
    <Field
      label={label}
      hint={hint === undefined ? `In ${zoneName()}.` : `In ${zoneName()}. ${hint}`}
      error={error}
    >
      {(control) => (
        <input
          {...control}
          type="datetime-local"
          value={toTimeInput(value, zone.value)}
          onInput={({ currentTarget }) => onChange(fromTimeInput(currentTarget.value, zone.value))}
        />
      )}
    </Field>
  );
}
