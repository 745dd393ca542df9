import type { BackfillState } from "@candlehouse/shared/core/backfill-job";
import { CircleStop, Pause, Play } from "lucide-preact";
import { useState } from "preact/hooks";
import { tellDone, tellFailed } from "../shell/notices.tsx";
import { IconButton } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { isOpen } from "./backfill-state.ts";
import { useMoves, type Move } from "./use-backfills.ts";

interface MoveButtonsProps {
  /** Of a backfill, or of the request that started several. */
  readonly id: string;
  /** What it is called. */
  readonly name: string;
  /** Of all that it stands for. */
  readonly states: readonly BackfillState[];
}

const DONE: Readonly<Record<Move, string>> = {
  pause: "is paused",
  resume: "goes on",
  cancel: "is cancelled",
};

/** Pause, resume and cancel, as far as there is something to be moved. */
export function MoveButtons({ id, name, states }: MoveButtonsProps) {
  const moves = useMoves();
  const [isAsking, setIsAsking] = useState(false);
  const open = states.filter((state) => isOpen({ state }));
  const send = (move: Move) =>
    void moves
      .mutateAsync({ id, move })
      .then(() => tellDone(`The backfill of ${name} ${DONE[move]}.`))
      .catch(tellFailed);
  if (open.length === 0) {
    return null;
  }
  const canPause = open.some((state) => state !== "paused");
  const canResume = open.includes("paused");
  const resume = (
    <IconButton label={`Resume ${name}`} isBusy={moves.isPending} onClick={() => send("resume")}>
      <Play aria-hidden="true" />
    </IconButton>
  );
  return (
    <>
      {/* One takes the place of the other, and keeps the focus of who pressed it. */}
      {canPause ? (
        <IconButton label={`Pause ${name}`} isBusy={moves.isPending} onClick={() => send("pause")}>
          <Pause aria-hidden="true" />
        </IconButton>
      ) : (
        resume
      )}
      {canPause && canResume ? resume : null}
      <IconButton
        label={`Cancel ${name}`}
        isBusy={moves.isPending}
        onClick={() => setIsAsking(true)}
      >
        <CircleStop aria-hidden="true" />
      </IconButton>
      {isAsking ? (
        <ConfirmDialog
          title="Cancel this backfill?"
          yes="Cancel it"
          no="Let it go on"
          onYes={() => send("cancel")}
          onClose={() => setIsAsking(false)}
        >
          The backfill of {name} ends here. What it stored stays; the rest can be asked for again at
          any time.
        </ConfirmDialog>
      ) : null}
    </>
  );
}
