import type { SourceId } from "@candlehouse/shared/core/source";
import { useMemo, useState } from "preact/hooks";
import { useGet } from "../api/use-get.ts";
import { Field } from "./field.tsx";
import { SeriesPicker } from "./series-picker.tsx";
import { knowledgeOf, symbolsIn, withSymbol, type Knowledge } from "./symbols-text.ts";
import { Tag, type Tone } from "./tag.tsx";

interface SymbolsFieldProps {
  readonly source: SourceId;
  /** As they were typed. */
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly error?: string | undefined;
}

const TONES: Readonly<Record<Knowledge, Tone>> = {
  known: "good",
  new: "plain",
  alias: "plain",
  wrong: "bad",
};

const WORDS: Readonly<Record<Knowledge, string>> = {
  known: "",
  new: " · not collected yet",
  alias: " · an alias",
  wrong: " · no symbol",
};

/** Symbols typed freely, or chosen among the markets of `source` that are known. */
export function SymbolsField({ source, text, onChange, error }: SymbolsFieldProps) {
  const { data } = useGet("/v1/markets", { source });
  const names = useMemo(() => data?.markets.map(({ symbol }) => symbol) ?? [], [data]);
  const known = useMemo(() => new Set(names), [names]);
  const [added, setAdded] = useState(0);
  const symbols = symbolsIn(text);
  return (
    <div class="symbols">
      <Field
        label="Symbols"
        hint="BASE-QUOTE, such as BTC-USDT; several with commas or on lines of their own."
        error={error}
      >
        {(control) => (
          <textarea
            {...control}
            rows={2}
            spellcheck={false}
            autocapitalize="characters"
            placeholder="BTC-USDT, ETH-USDT"
            value={text}
            onInput={({ currentTarget }) => onChange(currentTarget.value)}
          />
        )}
      </Field>
      {symbols.length === 0 ? null : (
        <ul class="chips" aria-label="What was understood">
          {symbols.map((symbol) => {
            const knowledge = data === undefined ? "known" : knowledgeOf(symbol, known);
            return (
              <li key={symbol}>
                <Tag tone={TONES[knowledge]}>
                  {symbol}
                  {WORDS[knowledge]}
                </Tag>
              </li>
            );
          })}
        </ul>
      )}
      <SeriesPicker
        // A choice is added to the text and the search begins anew.
        key={`${source}-${added}`}
        label={`Or choose a known market of ${source}`}
        names={names}
        value={null}
        onChange={(symbol) => {
          onChange(withSymbol(text, symbol));
          setAdded(added + 1);
        }}
      />
    </div>
  );
}
