import { CandlehouseProblem } from "@candlehouse/client";
import { useState } from "preact/hooks";
import { client } from "../api/connection.ts";
import { useWrite } from "../api/use-write.ts";
import { adviceOn } from "../ui/states.tsx";
import {
  addEach,
  addFaultsOf,
  type AddDraft,
  type AddFaults,
  type AddOutcome,
} from "./add-order.ts";
import { SERIES_PATH } from "./use-series.ts";

const FRESH: AddDraft = { source: "binance", symbols: "", timeframes: ["1m"], tier: null };

interface Faults extends AddFaults {
  /** What is wrong with the order as a whole. */
  readonly whole?: string;
}

/** The state of the form that adds series. */
export function useAddForm() {
  const [draft, setDraft] = useState(FRESH);
  const [faults, setFaults] = useState<Faults>({});
  const [outcome, setOutcome] = useState<AddOutcome | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const write = useWrite(
    ({ names, tier }: { readonly names: readonly string[]; readonly tier: AddDraft["tier"] }) =>
      client.api.POST(SERIES_PATH, {
        body: { series: [...names], ...(tier === null ? {} : { tier }) },
      }),
    [SERIES_PATH, "/v1/markets", "/v1/assets"],
  );

  async function add(): Promise<void> {
    const found = addFaultsOf(draft);
    setFaults(found);
    setOutcome(null);
    if (Object.keys(found).length > 0) {
      return;
    }
    setIsBusy(true);
    try {
      const send = (names: readonly string[]) => write.mutateAsync({ names, tier: draft.tier });
      setOutcome(await addEach(draft, send, isRefusal));
    } catch (error) {
      setFaults({ whole: adviceOn(error) });
    } finally {
      setIsBusy(false);
    }
  }

  return {
    draft,
    faults,
    outcome,
    isBusy,
    change: (changed: Partial<AddDraft>) => {
      setDraft({ ...draft, ...changed });
      setFaults({});
      setOutcome(null);
    },
    add,
  };
}

/** Whether a series of the order is at fault, and another might not be. */
function isRefusal(error: unknown): error is CandlehouseProblem {
  return (
    error instanceof CandlehouseProblem &&
    ["series", "symbol", "timeframe"].includes(error.parameter ?? "")
  );
}
