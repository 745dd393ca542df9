import type { IChartApi } from "lightweight-charts";
import { X } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { timestampOf } from "../keep-view.ts";
import { closeChosen, opener } from "./chosen.ts";
import { IconButton } from "../../ui/button.tsx";

interface OverlayCardProps {
  readonly title: string;
  /** Class of the patch of colour beside the title. */
  readonly swatch: string;
  /** Whether it stays until it is closed; else it follows the crosshair. */
  readonly isChosen: boolean;
  /** Open time of what it tells of, unix seconds: it stands on the other side of the chart. */
  readonly time: number;
  readonly chart: IChartApi;
  readonly children: ComponentChildren;
}

/** Tells of what is drawn at a place of the chart. */
export function OverlayCard({ title, swatch, isChosen, time, chart, children }: OverlayCardProps) {
  const heading = useId();
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    if (isChosen && opener.value !== null) {
      card.current?.focus();
      card.current?.scrollIntoView({ block: "nearest" });
    }
  }, [isChosen, time]);
  useEffect(() => {
    const onKey = ({ key }: KeyboardEvent) => {
      if (key === "Escape") {
        closeChosen();
      }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  return (
    <section
      ref={card}
      class="overlay-card"
      tabIndex={-1}
      aria-labelledby={heading}
      data-chosen={isChosen}
      data-side={sideOf(time, chart)}
    >
      <header class="overlay-card-header">
        <h2 id={heading}>
          <span class={`overlay-swatch ${swatch}`} aria-hidden="true" />
          {title}
        </h2>
        {!isChosen ? null : (
          <IconButton label="Close" onClick={closeChosen}>
            <X aria-hidden="true" />
          </IconButton>
        )}
      </header>
      {children}
    </section>
  );
}

/** The side that `time` is not on. */
function sideOf(time: number, chart: IChartApi): "start" | "end" {
  const scale = chart.timeScale();
  const index = scale.timeToIndex(timestampOf(time), true);
  const range = scale.getVisibleLogicalRange();
  const isLeft = index !== null && range !== null && index < (range.from + range.to) / 2;
  return isLeft ? "end" : "start";
}
