import type { GapRepairOrder, GapScanOrder } from "@candlehouse/client";
import { parseSeries } from "@candlehouse/shared/core/series";
import { useQuery } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import { client } from "../api/connection.ts";
import { useWrite } from "../api/use-write.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { adviceOn, Failed, Loading } from "../ui/states.tsx";
import { nameOfScope, orderScopeOf, type Scope } from "./coverage-place.ts";
import { count } from "./day-words.ts";
import { scan } from "./gap-scan.ts";
import { repair } from "./gap-work.ts";
import { showWork } from "./work.ts";

/** What a scan or a repair changes of what is shown. */
const CHANGES = ["/v1/gaps", "/v1/coverage", "/v1/completeness", "/v1/backfills"];

interface RangeProps {
  readonly scope: Scope;
  /** Unix seconds, the end exclusive; left out: everything. */
  readonly range?: { readonly start: number; readonly end: number };
  /** `24 March 2023`; how the range is called. */
  readonly rangeName: string;
}

function useGapWrites() {
  const scanGaps = useWrite(
    (order: GapScanOrder) => client.api.POST("/v1/gaps/scan", { body: order }),
    CHANGES,
  );
  const repairGaps = useWrite(
    (order: GapRepairOrder) => client.api.POST("/v1/gaps/repair", { body: order }),
    CHANGES,
  );
  return { scan: scanGaps.mutateAsync, repair: repairGaps.mutateAsync };
}

/** Has the monitor look anew at what is missing, and why. */
export function ScanButton({ scope, range, rangeName }: RangeProps) {
  const sends = useGapWrites();
  const title = `Scan of ${nameOfScope(scope)}, ${rangeName}`;
  const order = { ...orderScopeOf(scope), ...range };
  return (
    <Button
      label={`Scan ${nameOfScope(scope)}, ${rangeName}`}
      onClick={() => void showWork(title, (tell) => scan(sends.scan, order, tell), adviceOn)}
    >
      Scan
    </Button>
  );
}

interface RepairButtonProps extends RangeProps {
  /** Whether it is what its panel is for. */
  readonly isMain: boolean;
}

/** Asks the source again for what may come; first says what that would be. */
export function RepairButton({ scope, range, rangeName, isMain }: RepairButtonProps) {
  const [isOpen, setOpen] = useState(false);
  const sends = useGapWrites();
  const title = `Repair of ${nameOfScope(scope)}, ${rangeName}`;
  const order = { ...orderScopeOf(scope), ...range };
  return (
    <>
      <Button
        kind={isMain ? "primary" : "plain"}
        label={`Repair ${nameOfScope(scope)}, ${rangeName}`}
        onClick={() => setOpen(true)}
      >
        Repair…
      </Button>
      {isOpen ? (
        <RepairDialog
          title={title}
          order={order}
          onClose={() => setOpen(false)}
          onRepair={() => {
            setOpen(false);
            void showWork(title, (tell) => repair(sends, order, tell), adviceOn);
          }}
        />
      ) : null}
    </>
  );
}

interface RepairDialogProps {
  readonly title: string;
  readonly order: GapRepairOrder;
  readonly onClose: () => void;
  readonly onRepair: () => void;
}

function RepairDialog({ title, order, onClose, onRepair }: RepairDialogProps) {
  const dryRepair = useWrite(
    (dry: GapRepairOrder) => client.api.POST("/v1/gaps/repair", { body: dry }),
    [],
  );
  const dry = useQuery({
    queryKey: ["dry repair", order],
    queryFn: async () => {
      const [told, requests] = await Promise.all([
        dryRepair.mutateAsync({ ...order, dry_run: true }),
        countRequests(order),
      ]);
      return { ...told, requests };
    },
    // An order is sent when the reader asks for it, and not when the window is looked at again.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const isNothing = dry.data?.gaps === 0;
  return (
    <Dialog title={title} onClose={onClose}>
      {dry.isPending ? <Loading what="what a repair would do" /> : null}
      {dry.isError ? (
        <Failed
          what="what a repair would do"
          error={dry.error}
          onRetry={() => void dry.refetch()}
        />
      ) : null}
      {dry.data === undefined ? null : isNothing ? (
        <p>Nothing here can be asked for again: what is missing is explained, or filled by now.</p>
      ) : (
        <>
          <p>
            {count(dry.data.candles, "candle")} in {count(dry.data.gaps, "gap")} will be asked for
            again
            {dry.data.requests === null
              ? ""
              : `, by ${count(dry.data.requests, "request")} to the source or more`}
            . What comes is stored, then a scan says what is still missing and why.
          </p>
          <p class="field-hint">Collection goes first: a busy source makes it wait.</p>
        </>
      )}
      <div class="form-actions">
        <Button onClick={onClose}>{isNothing ? "Close" : "Cancel"}</Button>
        {isNothing ? null : (
          <Button kind="primary" disabled={dry.data === undefined} onClick={onRepair}>
            Repair
          </Button>
        )}
      </div>
    </Dialog>
  );
}

/** How many requests the range takes at least; null where nobody says, as for many series. */
async function countRequests({ series: name, start, end }: GapRepairOrder): Promise<number | null> {
  const series = name === undefined ? undefined : parseSeries(name);
  if (series === undefined || start === undefined) {
    return null;
  }
  const body = { ...series, start, ...(end === undefined ? {} : { end }), dry_run: true };
  const { data } = await client.api.POST("/v1/backfills", { body });
  return data?.jobs.reduce((sum, job) => sum + job.requests_estimated, 0) ?? null;
}
