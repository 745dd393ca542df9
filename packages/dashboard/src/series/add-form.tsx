import { SOURCES } from "@candlehouse/shared/core/source";
import { TIERS } from "@candlehouse/shared/core/tier";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import { X } from "lucide-preact";
import { Link } from "wouter-preact";
import { Button, IconButton } from "../ui/button.tsx";
import { Chips } from "../ui/chips.tsx";
import { Field, FieldGroup } from "../ui/field.tsx";
import { formatNumber } from "../ui/format.ts";
import { Panel } from "../ui/panel.tsx";
import { Select } from "../ui/select.tsx";
import { SymbolsField } from "../ui/symbols-field.tsx";
import { backfillLink, type AddDraft, type AddOutcome } from "./add-order.ts";
import { useAddForm } from "./use-add-form.ts";

const SOURCE_OPTIONS = SOURCES.map((source) => ({ value: source, label: source }));
const TIER_OPTIONS = [
  { value: "none", label: "As its asset" },
  ...TIERS.map((tier) => ({ value: String(tier), label: `Tier ${tier}` })),
];

/** Adds series to what is collected. */
export function AddForm({ onClose }: { readonly onClose: () => void }) {
  const { draft, faults, outcome, isBusy, change, add } = useAddForm();
  return (
    <Panel
      title="Add series"
      class="series-form"
      actions={
        <IconButton label="Close this form" onClick={onClose}>
          <X aria-hidden="true" />
        </IconButton>
      }
    >
      <form
        class="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void add();
        }}
      >
        <Field label="Source">
          {(control) => (
            <Select
              control={control}
              options={SOURCE_OPTIONS}
              value={draft.source}
              onChange={(source) => change({ source })}
            />
          )}
        </Field>
        <SymbolsField
          source={draft.source}
          text={draft.symbols}
          onChange={(symbols) => change({ symbols })}
          error={faults.symbols}
        />
        <FieldGroup label="Timeframes" error={faults.timeframes}>
          <Chips
            options={TIMEFRAMES}
            chosen={draft.timeframes}
            onChange={(timeframes) => change({ timeframes })}
          />
        </FieldGroup>
        <Field label="Tier" hint="1 is collected first, and repaired daily; 4 is the rest.">
          {(control) => (
            <Select
              control={control}
              options={TIER_OPTIONS}
              value={draft.tier === null ? "none" : String(draft.tier)}
              onChange={(text) =>
                change({ tier: TIERS.find((tier) => String(tier) === text) ?? null })
              }
            />
          )}
        </Field>
        {faults.whole === undefined ? null : (
          <p class="field-error" role="alert">
            {faults.whole}
          </p>
        )}
        {outcome === null ? null : <Outcome draft={draft} outcome={outcome} />}
        <div class="form-actions">
          <Button kind="primary" type="submit" isBusy={isBusy}>
            Add
          </Button>
        </div>
      </form>
    </Panel>
  );
}

interface OutcomeProps {
  readonly draft: AddDraft;
  readonly outcome: AddOutcome;
}

/** What became of each symbol, and how to have its history too. */
function Outcome({ draft, outcome: { added, known, refused, messages } }: OutcomeProps) {
  const there = [...added, ...known];
  return (
    <div class="series-outcome" role="status">
      {messages.map((message) => (
        <p key={message}>{message}</p>
      ))}
      {refused.length === 0 ? null : (
        <ul>
          {refused.map(({ symbol, why }) => (
            <li key={symbol} class="field-error">
              <strong>{symbol}</strong> was not added: {why}
            </li>
          ))}
        </ul>
      )}
      {there.length === 0 ? null : (
        <p>
          New candles come by themselves.{" "}
          <Link href={backfillLink(draft, there)}>
            Fetch the history of {there.length === 1 ? "it" : `these ${formatNumber(there.length)}`}
          </Link>
        </p>
      )}
    </div>
  );
}
