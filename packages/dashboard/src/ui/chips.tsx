interface ChipsProps<Value extends string> {
  readonly options: readonly Value[];
  readonly chosen: readonly Value[];
  /** The chosen ones, in the order of `options`. */
  readonly onChange: (chosen: readonly Value[]) => void;
}

/** A choice of any of a few, all in sight: checkboxes that look like chips. */
export function Chips<Value extends string>({ options, chosen, onChange }: ChipsProps<Value>) {
  return (
    <div class="chips">
      {options.map((option) => (
        <label key={option} class="chip">
          <input
            type="checkbox"
            checked={chosen.includes(option)}
            onChange={({ currentTarget }) =>
              onChange(
                options.filter((one) =>
                  one === option ? currentTarget.checked : chosen.includes(one),
                ),
              )
            }
          />
          <span>{option}</span>
        </label>
      ))}
    </div>
  );
}
