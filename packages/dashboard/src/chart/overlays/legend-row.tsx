import type { ComponentChildren } from "preact";

interface LegendRowProps {
  readonly name: string;
  readonly action: {
    readonly label: string;
    readonly icon: ComponentChildren;
    readonly onClick: () => void;
  };
  readonly children: ComponentChildren;
}

/** What is drawn and its values, in one line over the chart. */
export function LegendRow({ name, action, children }: LegendRowProps) {
  return (
    <div class="overlay-legend-row">
      <span class="overlay-legend-name">{name}</span>
      {children}
      <button
        type="button"
        class="overlay-legend-button"
        aria-label={action.label}
        title={action.label}
        onClick={action.onClick}
      >
        {action.icon}
      </button>
    </div>
  );
}
