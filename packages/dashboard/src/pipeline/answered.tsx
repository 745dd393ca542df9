import type { UseQueryResult } from "@tanstack/preact-query";
import { CloudOff } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { Button } from "../ui/button.tsx";
import { adviceOn, Loading } from "../ui/states.tsx";

interface AnsweredProps<Answer> {
  /** What is shown, for whoever waits for it. */
  readonly what: string;
  readonly query: UseQueryResult<Answer>;
  readonly children: (answer: Answer) => ComponentChildren;
}

/**
 * What was answered; before there is an answer, that it is awaited or why there is none. Where a
 * later answer failed, the one before stays, with a note that it is old: a note that takes no place,
 * so that nothing moves.
 */
export function Answered<Answer>({ what, query, children }: AnsweredProps<Answer>) {
  const { data, error } = query;
  if (data === undefined) {
    return error === null ? (
      <Loading what={what} class="pipeline-loading" />
    ) : (
      <div class="pipeline-failed">
        <CloudOff aria-hidden="true" />
        <p>
          Could not load {what}: {adviceOn(error)}
        </p>
        <Button isBusy={query.isFetching} onClick={() => void query.refetch()}>
          Try again
        </Button>
      </div>
    );
  }
  return (
    <>
      {error === null ? null : (
        <p class="pipeline-old" title={adviceOn(error)}>
          Old: no answer now
        </p>
      )}
      {children(data)}
    </>
  );
}
