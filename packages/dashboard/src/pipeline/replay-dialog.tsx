import type { DeadLetterReplay } from "@candlehouse/client";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { formatNumber } from "../ui/format.ts";

interface ReplayDialogProps {
  readonly outcome: DeadLetterReplay;
  readonly isBusy: boolean;
  /** Replays more of what is left. */
  readonly onMore: () => void;
  readonly onClose: () => void;
}

/** Digits of an id that tell it from others. */
const ID_DIGITS = 12;

/** What a replay did not do: what failed, and what is left. */
export function ReplayDialog({ outcome, isBusy, onMore, onClose }: ReplayDialogProps) {
  const { failed, remaining, message } = outcome;
  return (
    <Dialog title="What the replay did" onClose={onClose}>
      <p>{message}.</p>
      {failed.length === 0 ? null : (
        <div
          class="data-table pipeline-dialog-table"
          tabIndex={0}
          role="region"
          aria-label="Failed"
        >
          <table>
            <caption class="only-read">Dead letters that were not sent</caption>
            <thead>
              <tr>
                <th scope="col">Dead letter</th>
                <th scope="col">Why not</th>
              </tr>
            </thead>
            <tbody>
              {failed.map(({ id, code, reason }) => (
                <tr key={id}>
                  <td>
                    <code title={id}>{id.slice(0, ID_DIGITS)}</code>
                  </td>
                  <td>
                    {reason} <code>{code}</code>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <div class="form-actions">
        {remaining === 0 ? null : (
          <Button isBusy={isBusy} onClick={onMore}>
            Replay more of the {formatNumber(remaining)} left
          </Button>
        )}
        <Button kind="primary" onClick={onClose}>
          Close
        </Button>
      </div>
    </Dialog>
  );
}
