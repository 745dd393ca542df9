import { Flag, SquareDashed } from "lucide-preact";
import type { ComponentChildren } from "preact";
import type { ChartPlace } from "../chart-place.ts";

/** Switches on and off what is drawn onto the candles. */
export function OverlaySwitches({ place }: { readonly place: ChartPlace }) {
  const { showsGaps, showsMarks } = place.state;
  return (
    <>
      <Switch
        isOn={showsGaps}
        title="Shade the times of which candles are missing"
        onClick={() => place.change({ showsGaps: !showsGaps })}
      >
        <SquareDashed aria-hidden="true" />
        <span>Gaps</span>
      </Switch>
      <Switch
        isOn={showsMarks}
        title="Mark outliers, and candles that their source changed later"
        onClick={() => place.change({ showsMarks: !showsMarks })}
      >
        <Flag aria-hidden="true" />
        <span>Marks</span>
      </Switch>
    </>
  );
}

interface SwitchProps {
  readonly isOn: boolean;
  readonly title: string;
  readonly onClick: () => void;
  readonly children: ComponentChildren;
}

function Switch({ isOn, title, onClick, children }: SwitchProps) {
  return (
    <button
      type="button"
      class="button button-quiet"
      aria-pressed={isOn}
      title={title}
      onClick={onClick}
    >
      {children}
    </button>
  );
}
