import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

/** What a field's control is to have, so that its label, hint and error are read with it. */
export interface ControlProps {
  readonly id: string;
  readonly "aria-describedby"?: string;
  readonly "aria-invalid"?: "true";
}

interface FieldProps {
  readonly label: string;
  readonly hint?: ComponentChildren;
  /** What is wrong with its value; undefined where nothing is. */
  readonly error?: string | undefined;
  /** Draws the control. */
  readonly children: (control: ControlProps) => ComponentChildren;
}

/** A control with its name, what to know of it, and what is wrong with its value. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const hasNote = error !== undefined || hint !== undefined;
  return (
    <div class="field">
      <label class="field-label" for={id}>
        {label}
      </label>
      {children({
        id,
        ...(hasNote ? { "aria-describedby": noteId } : {}),
        ...(error === undefined ? {} : { "aria-invalid": "true" as const }),
      })}
      <FieldNote id={noteId} hint={hint} error={error} />
    </div>
  );
}

interface GroupProps {
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly error?: string | undefined;
  readonly children: ComponentChildren;
}

/** Several controls that answer one question. */
export function FieldGroup({ label, hint, error, children }: GroupProps) {
  const noteId = useId();
  const hasNote = error !== undefined || hint !== undefined;
  return (
    <fieldset class="field" {...(hasNote ? { "aria-describedby": noteId } : {})}>
      <legend class="field-label">{label}</legend>
      {children}
      <FieldNote id={noteId} hint={hint} error={error} />
    </fieldset>
  );
}

interface NoteProps {
  readonly id: string;
  readonly hint: ComponentChildren;
  readonly error: string | undefined;
}

function FieldNote({ id, hint, error }: NoteProps) {
  if (error !== undefined) {
    return (
      <span id={id} class="field-error" role="alert">
        {error}
      </span>
    );
  }
  return hint === undefined ? null : (
    <span id={id} class="field-hint">
      {hint}
    </span>
  );
}
