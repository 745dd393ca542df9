import {
  INDICATOR_KINDS,
  INDICATORS_MAX,
  type IndicatorKind,
} from "@candlehouse/shared/core/indicator";
import { ChartSpline, Plus, X } from "lucide-preact";
import { useState } from "preact/hooks";
import { IconButton } from "../../ui/button.tsx";
import { Popover } from "../../ui/popover.tsx";
import type { ChartPlace } from "../chart-place.ts";
import { indicatorOf, LOOKS, nextOf, refusalOf, textOf } from "./indicator-look.ts";

/** Chooses what is reckoned from the candles, and by how many of them. */
export function IndicatorMenu({ place }: { readonly place: ChartPlace }) {
  const { indicators } = place.state;
  const { length } = indicators;
  return (
    <Popover
      label="Indicators"
      isOn={length > 0}
      button={
        <>
          <ChartSpline aria-hidden="true" />
          <span>Indicators</span>
          {length === 0 ? null : <span class="overlay-count">{length}</span>}
        </>
      }
    >
      {() => (
        <div class="overlay-menu">
          <ChosenIndicators place={place} />
          <h2>Add</h2>
          <ul class="overlay-kinds">
            {INDICATOR_KINDS.map((kind) => (
              <li key={kind}>
                <AddButton place={place} kind={kind} />
              </li>
            ))}
          </ul>
          <p class="overlay-hint">
            Up to {INDICATORS_MAX} at once. What a second one of a kind begins with can be changed
            above.
          </p>
        </div>
      )}
    </Popover>
  );
}

function AddButton({ place, kind }: { readonly place: ChartPlace; readonly kind: IndicatorKind }) {
  const { indicators } = place.state;
  const next = nextOf(kind, indicators);
  const { name, meaning } = LOOKS[kind];
  return (
    <button
      type="button"
      class="overlay-kind"
      disabled={next === null}
      onClick={() => {
        if (next !== null) {
          place.change({ indicators: [...indicators, next] });
        }
      }}
    >
      <Plus aria-hidden="true" />
      <span>
        <span class="overlay-kind-name">{name}</span>
        <span class="overlay-kind-meaning">{meaning}</span>
      </span>
    </button>
  );
}

function ChosenIndicators({ place }: { readonly place: ChartPlace }) {
  const { indicators } = place.state;
  const [refusal, setRefusal] = useState<string | null>(null);
  const replace = (text: string, by: string | null) => {
    const next = indicators.flatMap((one) => {
      if (one !== text) {
        return [one];
      }
      return by === null ? [] : [by];
    });
    const reason = refusalOf(next);
    setRefusal(reason);
    if (reason === null) {
      place.change({ indicators: next });
    }
  };
  return (
    <>
      <h2>On the chart</h2>
      {indicators.length === 0 ? <p class="overlay-hint">None yet.</p> : null}
      <ul class="overlay-chosen">
        {indicators.map((text, index) => (
          <ChosenIndicator key={String(index)} text={text} onReplace={(by) => replace(text, by)} />
        ))}
      </ul>
      <p class="field-error" role="alert">
        {refusal}
      </p>
    </>
  );
}

interface ChosenIndicatorProps {
  readonly text: string;
  /** Takes another in its place, or none. */
  readonly onReplace: (text: string | null) => void;
}

function ChosenIndicator({ text, onReplace }: ChosenIndicatorProps) {
  const indicator = indicatorOf(text);
  if (indicator === null) {
    return null;
  }
  const { kind, parameters } = indicator;
  const { name, parameters: names } = LOOKS[kind];
  return (
    <li>
      <span class="overlay-kind-name">{name}</span>
      <span class="overlay-parameters">
        {names.map((parameter, index) => (
          <label key={parameter}>
            <span class="only-read">{name}: </span>
            <span class={names.length === 1 ? "only-read" : "overlay-hint"}>{parameter}</span>
            <input
              type="number"
              inputMode="decimal"
              min={1}
              step={kind === "bollinger" && index === 1 ? 0.5 : 1}
              value={parameters[index]}
              onChange={({ currentTarget }) =>
                onReplace(textOf(kind, parameters.with(index, Number(currentTarget.value))))
              }
            />
          </label>
        ))}
      </span>
      <IconButton label={`Remove ${name}`} onClick={() => onReplace(null)}>
        <X aria-hidden="true" />
      </IconButton>
    </li>
  );
}
