import * as combobox from "@zag-js/combobox";
import { normalizeProps, useMachine } from "@zag-js/preact";
import { ChevronsUpDown, Search } from "lucide-preact";
import { useId, useMemo, useState } from "preact/hooks";

/** Names in the list at a time: more are found by typing. */
const SHOWN_MAX = 50;

interface SeriesPickerProps {
  readonly label: string;
  /** Whether the label is seen, or told to a screen reader alone. */
  readonly isLabelShown?: boolean;
  /** Names of series or markets, in the order in which they are offered. */
  readonly names: readonly string[];
  readonly value: string | null;
  readonly onChange: (name: string) => void;
}

/** Chooses one of many names by typing a part of it: `btc kraken` finds `kraken:BTC-USD:1h`. */
export function SeriesPicker(props: SeriesPickerProps) {
  const { label, isLabelShown = true, names, value, onChange } = props;
  const [typed, setTyped] = useState("");
  const found = useMemo(() => findNames(names, typed), [names, typed]);
  const collection = useMemo(() => {
    // The chosen name is shown in the field, which knows it from the list alone.
    const isHidden = value !== null && typed === "" && !found.includes(value);
    const offered = isHidden ? [value, ...found] : found;
    return combobox.collection({ items: offered.map((name) => ({ value: name, label: name })) });
  }, [found, typed, value]);
  const service = useMachine(combobox.machine, {
    id: useId(),
    collection,
    value: value === null ? [] : [value],
    inputBehavior: "autohighlight",
    selectionBehavior: "replace",
    openOnClick: true,
    onOpenChange: ({ open, reason }) => {
      // What is typed or pasted into a closed list opens it, and is looked for at once.
      if (open && reason !== "input-change") {
        setTyped("");
      }
    },
    onInputValueChange: ({ inputValue, reason }) => {
      setTyped(reason === "input-change" ? inputValue : "");
    },
    onValueChange: ({ value: [name] }) => {
      if (name !== undefined && name !== value) {
        onChange(name);
      }
    },
  });
  const api = combobox.connect(service, normalizeProps);
  return (
    <div {...api.getRootProps()} class="picker">
      <label {...api.getLabelProps()} class={isLabelShown ? "field-label" : "only-read"}>
        {label}
      </label>
      <div {...api.getControlProps()} class="picker-control">
        <Search aria-hidden="true" />
        <input {...api.getInputProps()} spellcheck={false} placeholder="Search: btc binance" />
        <button {...api.getTriggerProps()} class="icon-button" tabIndex={-1}>
          <ChevronsUpDown aria-hidden="true" />
        </button>
      </div>
      <div {...api.getPositionerProps()} class="picker-positioner">
        {api.open ? (
          <ul {...api.getContentProps()} class="picker-list">
            {collection.items.map((item) => (
              <li key={item.value} {...api.getItemProps({ item })} class="picker-item">
                {item.label}
              </li>
            ))}
            {found.length === 0 ? (
              <li class="picker-nothing">Nothing has that in its name.</li>
            ) : null}
          </ul>
        ) : null}
      </div>
    </div>
  );
}

/** Those of `names` that hold each word of `typed`, in their order. */
function findNames(names: readonly string[], typed: string): readonly string[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const found = names.filter((name) => {
    const lower = name.toLowerCase();
    return words.every((word) => lower.includes(word));
  });
  return found.slice(0, SHOWN_MAX);
}
