import { useQuery } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import { Dialog } from "../ui/dialog.tsx";
import { adviceOf } from "./alert-advice.ts";
import { Answered } from "./answered.tsx";
import { chapterOf, type Block, type Inline } from "./runbook.ts";

interface RunbookDialogProps {
  /** The kind of alert: the chapter that is opened. */
  readonly kind: string;
  readonly onClose: () => void;
}

/** What an alert means, what to look at and what to do. The text comes when it is opened. */
export function RunbookDialog({ kind, onClose }: RunbookDialogProps) {
  const [chapter, setChapter] = useState(kind);
  const query = useQuery({
    queryKey: ["docs/alerts.md"],
    queryFn: async () => (await import("../../../../docs/alerts.md?raw")).default,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Dialog title={`What to do: ${adviceOf(chapter).title}`} onClose={onClose}>
      <Answered what="the runbook" query={query}>
        {(markdown) => (
          <div class="pipeline-runbook">
            {chapterOf(markdown, chapter)?.map((block, index) => (
              <BlockText key={index} block={block} onChapter={setChapter} />
            )) ?? <p>The runbook has no chapter of this name.</p>}
          </div>
        )}
      </Answered>
    </Dialog>
  );
}

interface BlockProps {
  readonly block: Block;
  readonly onChapter: (name: string) => void;
}

function BlockText({ block, onChapter }: BlockProps) {
  return block.kind === "commands" ? (
    <pre class="pipeline-body" tabIndex={0} aria-label="Commands">
      {block.text}
    </pre>
  ) : (
    <p>
      {block.parts.map((part, index) => (
        <InlineText key={index} part={part} onChapter={onChapter} />
      ))}
    </p>
  );
}

interface InlineProps {
  readonly part: Inline;
  readonly onChapter: (name: string) => void;
}

function InlineText({ part: { kind, text }, onChapter }: InlineProps) {
  switch (kind) {
    case "code":
      return <code>{text}</code>;
    case "strong":
      return <strong>{text}</strong>;
    case "chapter":
      return (
        <button type="button" class="pipeline-chapter" onClick={() => onChapter(text)}>
          {text}
        </button>
      );
    case "plain":
      return <>{text}</>;
  }
}
