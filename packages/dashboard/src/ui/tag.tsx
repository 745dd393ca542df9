import type { ComponentChildren } from "preact";

export type Tone = "plain" | "good" | "warning" | "bad";

/** A word that says how something is. */
export function Tag({
  tone = "plain",
  children,
}: {
  readonly tone?: Tone;
  readonly children: ComponentChildren;
}) {
  return <span class={`tag tag-${tone}`}>{children}</span>;
}
