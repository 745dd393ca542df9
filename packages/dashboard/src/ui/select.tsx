import type { ControlProps } from "./field.tsx";

interface SelectProps<Value extends string> {
  readonly options: readonly { readonly value: Value; readonly label: string }[];
  readonly value: Value;
  readonly onChange: (value: Value) => void;
  /** Of a field around it. */
  readonly control?: ControlProps;
  /** Its name, where no field around it has one. */
  readonly label?: string;
  readonly disabled?: boolean;
}

/** A choice of one in a list of the browser's own. */
export function Select<Value extends string>(props: SelectProps<Value>) {
  const { options, value, onChange, control = {}, label, disabled = false } = props;
  return (
    <select
      {...control}
      {...(label === undefined ? {} : { "aria-label": label })}
      value={value}
      disabled={disabled}
      onChange={(event) => {
        const chosen = options.find((option) => option.value === event.currentTarget.value);
        if (chosen !== undefined) {
          onChange(chosen.value);
        }
      }}
    >
      {options.map((option) => (
        <option key={option.value} value={option.value} selected={option.value === value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}
