import { useState } from "preact/hooks";
import { client } from "../api/connection.ts";
import { useWrite } from "../api/use-write.ts";
import { tellFailed } from "../shell/notices.tsx";
import { Button } from "../ui/button.tsx";
import type { ArchiveRunOrder, ArchiveRunStart, ArchiveVerifyOrder } from "@candlehouse/client";
import { ArchiveRuns } from "./archive-runs.tsx";
import { VerificationState } from "./verification-state.tsx";
import { addVerification, NOTHING_VERIFIED, type Verification } from "./verify-archive.ts";

/** What shows the archive. */
const CHANGES = ["/stats", "/v1/archive", "/v1/archive/changes", "/v1/alerts"] as const;

/** Archives and verifies when it is told to, and says what came of it. */
export function ArchiveWork() {
  const [runs, setRuns] = useState<ArchiveRunStart | null>(null);
  const run = useWrite(
    (order: ArchiveRunOrder) => client.api.POST("/v1/archive/run", { body: order }),
    CHANGES,
  );
  const { verification, isVerifying, verify } = useVerification();
  const start = async (): Promise<void> => {
    try {
      setRuns(await run.mutateAsync({}));
    } catch (error) {
      tellFailed(error);
    }
  };
  return (
    <div class="pipeline-archive-work">
      <div class="toolbar">
        <Button isBusy={run.isPending} onClick={() => void start()}>
          Archive now
        </Button>
        <Button isBusy={isVerifying} onClick={() => void verify()}>
          Verify all files
        </Button>
      </div>
      <div role="status">
        {runs === null ? null : (
          <ArchiveRuns key={runs.runs.join()} started={runs} changes={CHANGES} />
        )}
        {verification === null ? null : (
          <VerificationState verification={verification} isVerifying={isVerifying} />
        )}
      </div>
    </div>
  );
}

/** Reads the archive whole, some partitions a request, until none is left. */
function useVerification() {
  const [verification, setVerification] = useState<Verification | null>(null);
  const [isVerifying, setVerifying] = useState(false);
  const step = useWrite(
    (order: ArchiveVerifyOrder) => client.api.POST("/v1/archive/verify", { body: order }),
    CHANGES,
  );
  const verify = async (): Promise<void> => {
    setVerifying(true);
    let found = NOTHING_VERIFIED;
    let after: string | null = null;
    try {
      do {
        // Each step tells where the next one begins.
        // oxlint-disable-next-line no-await-in-loop
        const answer: Verification & { readonly next: string | null } = await step.mutateAsync(
          after === null ? {} : { after },
        );
        found = addVerification(found, answer);
        setVerification(found);
        after = answer.next;
      } while (after !== null);
    } catch (error) {
      tellFailed(error);
    } finally {
      setVerifying(false);
    }
  };
  return { verification, isVerifying, verify };
}
