import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface PanelProps {
  readonly title: string;
  /** Beside the title: buttons, a choice. */
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
  /** Of CSS, beside `panel`. */
  readonly class?: string;
}

/** A part of a view with a heading of its own. */
export function Panel({ title, actions, children, class: extra }: PanelProps) {
  const heading = useId();
  return (
    <section class={extra === undefined ? "panel" : `panel ${extra}`} aria-labelledby={heading}>
      <header class="panel-header">
        <h2 id={heading}>{title}</h2>
        {actions === undefined ? null : <div class="panel-actions">{actions}</div>}
      </header>
      {children}
    </section>
  );
}

/** A number with its name: what a panel is about, at a glance. */
export function Stat({
  name,
  value,
  note,
  tone = "plain",
}: {
  readonly name: string;
  readonly value: ComponentChildren;
  readonly note?: ComponentChildren;
  readonly tone?: "plain" | "good" | "warning" | "bad";
}) {
  return (
    <div class={`stat stat-${tone}`}>
      <dt>{name}</dt>
      <dd>
        <span class="stat-value">{value}</span>
        {note === undefined ? null : <span class="stat-note">{note}</span>}
      </dd>
    </div>
  );
}

/** Stats in a row. */
export function Stats({ children }: { readonly children: ComponentChildren }) {
  return <dl class="stats">{children}</dl>;
}
