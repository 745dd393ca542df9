import { Search } from "lucide-preact";

interface SearchFieldProps {
  /** What is searched; told to a screen reader. */
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
}

/** Narrows a list down while it is typed in. */
export function SearchField({ label, placeholder, value, onChange }: SearchFieldProps) {
  return (
    <div class="search-field">
      <Search aria-hidden="true" />
      <input
        type="search"
        aria-label={label}
        spellcheck={false}
        placeholder={placeholder}
        value={value}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </div>
  );
}
