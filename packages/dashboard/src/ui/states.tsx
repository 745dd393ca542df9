import { CandlehouseProblem } from "@candlehouse/client";
import { CircleAlert, Inbox } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { Button } from "./button.tsx";

/** What is shown while something is fetched: what that is, for whoever waits. */
export function Loading({
  what,
  class: extra,
}: {
  readonly what: string;
  readonly class?: string;
}) {
  return (
    <div class={`state state-loading ${extra ?? ""}`} role="status">
      <span class="spinner" aria-hidden="true" />
      <span>Loading {what}…</span>
    </div>
  );
}

/** What is shown where there is nothing: what would be here, and what to do to have it. */
export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="state state-empty">
      <Inbox aria-hidden="true" />
      <p class="state-title">{title}</p>
      {children}
    </div>
  );
}

interface FailedProps {
  /** What could not be shown. */
  readonly what: string;
  readonly error: unknown;
  readonly onRetry?: () => void;
}

/** What is shown where something failed: what happened, and what to do. */
export function Failed({ what, error, onRetry }: FailedProps) {
  return (
    <div class="state state-failed" role="alert">
      <CircleAlert aria-hidden="true" />
      <p class="state-title">Could not load {what}</p>
      <p>{adviceOn(error)}</p>
      {onRetry === undefined ? null : <Button onClick={onRetry}>Try again</Button>}
    </div>
  );
}

/** What went wrong, and what can be done about it. */
export function adviceOn(error: unknown): string {
  if (error instanceof CandlehouseProblem) {
    return error.status >= 500
      ? `${error.message}. This is on the system's side: try again in a moment; its log says more.`
      : error.message;
  }
  if (error instanceof SyntaxError) {
    return "What answered is not the system, but something in front of it: reload the page, and sign in if it asks for that.";
  }
  if (error instanceof TypeError) {
    return "The system does not answer. See that it runs, and that you are connected to it.";
  }
  return error instanceof Error ? error.message : String(error);
}
