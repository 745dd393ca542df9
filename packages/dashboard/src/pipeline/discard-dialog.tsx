import { DISCARD_REASON_LENGTH_MAX } from "@candlehouse/shared/core/dead-letter";
import { useState } from "preact/hooks";
import { tellDone, tellFailed } from "../shell/notices.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { useDiscard } from "./letter-writes.ts";
import { countText } from "./stations.ts";

interface DiscardDialogProps {
  readonly ids: string[];
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** Gives dead letters up, for a reason. */
export function DiscardDialog({ ids, onDone, onClose }: DiscardDialogProps) {
  const [reason, setReason] = useState("");
  const discard = useDiscard();
  const send = async (): Promise<void> => {
    try {
      const { message } = await discard.mutateAsync({ ids, reason });
      tellDone(message);
      onDone();
      onClose();
    } catch (error) {
      tellFailed(error);
    }
  };
  return (
    <Dialog title={`Discard ${countText(ids.length, "dead letter")}?`} isForm onClose={onClose}>
      <p>
        What is discarded is given up: no alert tells of it, and it is not among those that are
        replayed together. This is not easily taken back. The bodies stay on R2, so that each can
        still be replayed by itself.
      </p>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Field label="Reason" hint="Kept with them, for whoever asks later.">
          {(control) => (
            <textarea
              {...control}
              rows={2}
              required
              maxLength={DISCARD_REASON_LENGTH_MAX}
              value={reason}
              onInput={(event) => setReason(event.currentTarget.value)}
            />
          )}
        </Field>
        <div class="form-actions">
          <Button onClick={onClose}>Keep them</Button>
          <Button
            kind="danger"
            type="submit"
            isBusy={discard.isPending}
            disabled={reason.trim() === ""}
          >
            Discard
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
