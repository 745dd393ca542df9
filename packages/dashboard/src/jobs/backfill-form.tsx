import type { BackfillStart } from "@candlehouse/client";
import { SOURCES } from "@candlehouse/shared/core/source";
import { TIERS } from "@candlehouse/shared/core/tier";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import { X } from "lucide-preact";
import { Button, IconButton } from "../ui/button.tsx";
import { Chips } from "../ui/chips.tsx";
import { Field, FieldGroup } from "../ui/field.tsx";
import { Panel } from "../ui/panel.tsx";
import { Segments } from "../ui/segments.tsx";
import { Select } from "../ui/select.tsx";
import { SymbolsField } from "../ui/symbols-field.tsx";
import { TimeField } from "../ui/time-field.tsx";
import type { BackfillDraft } from "./backfill-draft.ts";
import { DryRun } from "./dry-run.tsx";
import { useBackfillForm } from "./use-backfill-form.ts";

interface BackfillFormProps {
  /** What it begins with. */
  readonly initial: BackfillDraft;
  readonly onStarted: (start: BackfillStart) => void;
  readonly onClose: () => void;
}

type Form = ReturnType<typeof useBackfillForm>;

/** Asks for the history of series: first what is missing, then that it be fetched. */
export function BackfillForm({ initial, onStarted, onClose }: BackfillFormProps) {
  const form = useBackfillForm(initial, onStarted);
  const { faults, counted, canStart, isBusy } = form;
  return (
    <Panel
      title="Start a backfill"
      class="jobs-form"
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
          void (canStart ? form.start() : form.count());
        }}
      >
        <WhatFields form={form} />
        <RangeFields form={form} />
        {faults.whole === null ? null : (
          <p class="field-error" role="alert">
            {faults.whole}
          </p>
        )}
        {counted === null ? null : <DryRun counted={counted} />}
        <div class="form-actions">
          {canStart ? (
            <Button isBusy={isBusy} onClick={() => void form.count()}>
              Count again
            </Button>
          ) : null}
          <Button kind="primary" type="submit" isBusy={isBusy}>
            {submitText(counted, canStart)}
          </Button>
        </div>
      </form>
    </Panel>
  );
}

function submitText(counted: BackfillStart | null, canStart: boolean): string {
  if (!canStart) {
    return "Count what is missing";
  }
  if (counted === null) {
    return "Start without counting";
  }
  return counted.jobs.length === 1
    ? "Start the backfill"
    : `Start ${counted.jobs.length} backfills`;
}

const SOURCE_OPTIONS = SOURCES.map((source) => ({ value: source, label: source }));
const TIER_OPTIONS = TIERS.map((tier) => ({ value: String(tier), label: `Tier ${tier}` }));

function WhatFields({ form: { draft, faults, change } }: { readonly form: Form }) {
  return (
    <>
      <div class="form-line">
        <Field label="Source" error={faults.fields.source}>
          {(control) => (
            <Select
              control={control}
              options={SOURCE_OPTIONS}
              value={draft.source}
              onChange={(source) => change({ source })}
            />
          )}
        </Field>
        <Segments
          label="What is to be fetched"
          options={[
            { value: "symbols", label: "Symbols" },
            { value: "tier", label: "A tier" },
          ]}
          value={draft.of}
          onChange={(of) => change({ of })}
        />
      </div>
      {draft.of === "symbols" ? (
        <SymbolsField
          source={draft.source}
          text={draft.symbols}
          onChange={(symbols) => change({ symbols })}
          error={faults.fields.symbols}
        />
      ) : (
        <Field
          label="Tier"
          hint="Every enabled series of the source that has it."
          error={faults.fields.tier}
        >
          {(control) => (
            <Select
              control={control}
              options={TIER_OPTIONS}
              value={String(draft.tier)}
              onChange={(text) => {
                const tier = TIERS.find((one) => String(one) === text);
                change({ tier: tier ?? draft.tier });
              }}
            />
          )}
        </Field>
      )}
      <FieldGroup
        label="Timeframes"
        hint={draft.of === "tier" ? "None chosen: all that these series have." : undefined}
        error={faults.fields.timeframes}
      >
        <Chips
          options={TIMEFRAMES}
          chosen={draft.timeframes}
          onChange={(timeframes) => change({ timeframes })}
        />
      </FieldGroup>
    </>
  );
}

function RangeFields({ form: { draft, faults, change } }: { readonly form: Form }) {
  const howFar = (
    <Segments
      label="How far back"
      options={[
        { value: "days", label: "Last days" },
        { value: "range", label: "From – to" },
      ]}
      value={draft.by}
      onChange={(by) => change({ by })}
    />
  );
  if (draft.by === "days") {
    return (
      <div class="form-line">
        <Field label="Days" error={faults.fields.days}>
          {(control) => (
            <input
              {...control}
              type="text"
              inputMode="numeric"
              value={draft.days}
              onInput={({ currentTarget }) => change({ days: currentTarget.value })}
            />
          )}
        </Field>
        {howFar}
      </div>
    );
  }
  return (
    <>
      {howFar}
      <div class="form-row">
        <TimeField
          label="From"
          value={draft.start}
          onChange={(start) => change({ start })}
          error={faults.fields.start}
        />
        <TimeField
          label="To"
          hint="Empty means now."
          value={draft.end}
          onChange={(end) => change({ end })}
          error={faults.fields.end}
        />
      </div>
    </>
  );
}
