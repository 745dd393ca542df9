import { useQuery } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import type { DeadLetter, DeadLetterReplay } from "@candlehouse/client";
import { answerIn } from "../api/api-result.ts";
import { client } from "../api/connection.ts";
import { tellDone, tellFailed } from "../shell/notices.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { formatBytes, formatNumber } from "../ui/format.ts";
import { Tag } from "../ui/tag.tsx";
import { Answered } from "./answered.tsx";
import { bodyText } from "./body-text.ts";
import { DiscardDialog } from "./discard-dialog.tsx";
import { LETTER_TONES, LETTER_WORDS } from "./letter-table.tsx";
import { useReplay } from "./letter-writes.ts";
import { Instant } from "./moment.tsx";
import { ReplayDialog } from "./replay-dialog.tsx";
import { countText } from "./stations.ts";

interface LetterDialogProps {
  readonly id: string;
  readonly onClose: () => void;
}

/** One dead letter with what was in the message. */
export function LetterDialog({ id, onClose }: LetterDialogProps) {
  const query = useQuery({
    queryKey: ["/v1/dead-letters/{id}", id],
    queryFn: async ({ signal }) =>
      answerIn(await client.api.GET("/v1/dead-letters/{id}", { params: { path: { id } }, signal })),
  });
  return (
    <Dialog title="Dead letter" onClose={onClose}>
      <Answered what="the dead letter" query={query}>
        {(letter) => (
          <>
            <LetterFacts letter={letter} />
            <pre class="pipeline-body" tabIndex={0} aria-label="Body of the message">
              {bodyText(letter.body)}
            </pre>
            {letter.damage === null ? null : (
              <p class="pipeline-late">It cannot be replayed: {letter.damage}.</p>
            )}
            {letter.truncated ? (
              <p class="pipeline-quiet">This is its beginning: the whole body is on R2.</p>
            ) : null}
            <LetterActions letter={letter} onClose={onClose} />
          </>
        )}
      </Answered>
    </Dialog>
  );
}

function LetterFacts({ letter }: { readonly letter: DeadLetter }) {
  const { state, reason_code, reason, queue, source, candles, settled_at, discard_reason } = letter;
  return (
    <dl class="pipeline-facts">
      <dt>State</dt>
      <dd>
        <Tag tone={LETTER_TONES[state]}>{LETTER_WORDS[state]}</Tag>{" "}
        {settled_at === null ? null : <Instant at={settled_at} />}
        {discard_reason === null ? null : `: ${discard_reason}`}
      </dd>
      <dt>Reason</dt>
      <dd>
        {reason} <code>{reason_code}</code>
      </dd>
      <dt>Message</dt>
      <dd>
        {[
          source ?? "source not known",
          candles === null ? "candles not known" : countText(candles, "candle"),
          `from ${queue}`,
          formatBytes(letter.body_bytes),
        ].join(", ")}
      </dd>
      <dt>Seen</dt>
      <dd>
        {letter.seen_count === 1 ? "once" : `${formatNumber(letter.seen_count)} times`}, first{" "}
        <Instant at={letter.first_seen} />, last <Instant at={letter.last_seen} />
      </dd>
      <dt>Id</dt>
      <dd>
        <code class="pipeline-hash">{letter.id}</code>
      </dd>
    </dl>
  );
}

/** Replays or discards the one letter. */
function LetterActions({
  letter,
  onClose,
}: {
  readonly letter: DeadLetter;
  readonly onClose: () => void;
}) {
  const replay = useReplay();
  const [isDiscarding, setDiscarding] = useState(false);
  const [outcome, setOutcome] = useState<DeadLetterReplay | null>(null);
  const send = async (): Promise<void> => {
    try {
      const done = await replay.mutateAsync({ ids: [letter.id] });
      if (done.failed.length > 0) {
        setOutcome(done);
        return;
      }
      tellDone(done.message);
      onClose();
    } catch (error) {
      tellFailed(error);
    }
  };
  return (
    <div class="form-actions">
      {letter.state === "open" ? (
        <Button onClick={() => setDiscarding(true)}>Discard…</Button>
      ) : null}
      <Button
        kind="primary"
        isBusy={replay.isPending}
        disabled={letter.damage !== null}
        onClick={() => void send()}
      >
        {letter.state === "open" ? "Replay" : "Replay again"}
      </Button>
      {isDiscarding ? (
        <DiscardDialog ids={[letter.id]} onDone={onClose} onClose={() => setDiscarding(false)} />
      ) : null}
      {outcome === null ? null : (
        <ReplayDialog
          outcome={outcome}
          isBusy={replay.isPending}
          onMore={() => void send()}
          onClose={() => setOutcome(null)}
        />
      )}
    </div>
  );
}
