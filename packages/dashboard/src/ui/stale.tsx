import { CloudOff } from "lucide-preact";
import { adviceOn } from "./states.tsx";

interface StaleProps {
  /** What `useGet` returned. */
  readonly asked: { readonly isError: boolean; readonly error: unknown };
}

/** A quiet note that what is shown is old, because asking for it again failed. */
export function Stale({ asked }: StaleProps) {
  return asked.isError ? (
    <p class="stale" role="status">
      <CloudOff aria-hidden="true" />
      <span>This is how it was before: {adviceOn(asked.error)}</span>
    </p>
  ) : null;
}
