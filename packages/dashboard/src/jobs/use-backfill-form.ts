import { CandlehouseProblem, type BackfillStart } from "@candlehouse/client";
import { useState } from "preact/hooks";
import { client } from "../api/connection.ts";
import { useWrite } from "../api/use-write.ts";
import { adviceOn } from "../ui/states.tsx";
import {
  faultsOf,
  fieldOf,
  orderOf,
  type BackfillDraft,
  type DraftField,
} from "./backfill-draft.ts";
import { BACKFILLS_PATH } from "./use-backfills.ts";

interface DraftOrder {
  readonly draft: BackfillDraft;
  readonly isDry: boolean;
}

/** What is wrong with a draft: by field, and what is about none. */
interface Faults {
  readonly fields: Partial<Record<DraftField, string>>;
  readonly whole: string | null;
}

const NO_FAULTS: Faults = { fields: {}, whole: null };

/** The state of the form of a backfill: it is counted first what is missing, then started. */
export function useBackfillForm(initial: BackfillDraft, onStarted: (start: BackfillStart) => void) {
  const [draft, setDraft] = useState(initial);
  const [faults, setFaults] = useState(NO_FAULTS);
  const [counted, setCounted] = useState<BackfillStart | null>(null);
  /** So many series are not counted: they may be started without. */
  const [isTooManyToCount, setIsTooManyToCount] = useState(false);
  const write = useWrite(
    ({ draft: asked, isDry }: DraftOrder) =>
      client.api.POST(BACKFILLS_PATH, { body: orderOf(asked, isDry) }),
    [BACKFILLS_PATH],
  );

  async function send(isDry: boolean): Promise<void> {
    const fields = faultsOf(draft);
    setFaults({ fields, whole: null });
    if (Object.keys(fields).length > 0) {
      return;
    }
    try {
      const start = await write.mutateAsync({ draft, isDry });
      if (isDry) {
        setCounted(start);
      } else {
        onStarted(start);
      }
    } catch (error) {
      setFaults(faultsIn(error));
      setIsTooManyToCount(error instanceof CandlehouseProblem && error.parameter === "dry_run");
    }
  }

  return {
    draft,
    faults,
    counted,
    canStart: counted !== null || isTooManyToCount,
    isBusy: write.isPending,
    change: (changed: Partial<BackfillDraft>) => {
      setDraft({ ...draft, ...changed });
      setFaults(NO_FAULTS);
      setCounted(null);
      setIsTooManyToCount(false);
    },
    count: () => send(true),
    start: () => send(false),
  };
}

function faultsIn(error: unknown): Faults {
  const field =
    error instanceof CandlehouseProblem ? fieldOf(error.parameter, error.code) : undefined;
  const text = adviceOn(error);
  return field === undefined
    ? { fields: {}, whole: text }
    : { fields: { [field]: text }, whole: null };
}
