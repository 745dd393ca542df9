import type { IPaneApi, Time } from "lightweight-charts";
import type { ComponentChildren } from "preact";
import { createPortal } from "preact/compat";
import { useLayoutEffect, useState } from "preact/hooks";

interface PaneLegendProps {
  /** What the chart and its legends place themselves in. */
  readonly element: HTMLElement;
  readonly pane: IPaneApi<Time>;
  readonly children: ComponentChildren;
}

/** A legend in the upper left corner of `pane`, wherever that is moved or drawn larger. */
export function PaneLegend({ element, pane, children }: PaneLegendProps) {
  const [top, setTop] = useState<number | null>(null);
  useLayoutEffect(() => {
    const measure = () => {
      const box = pane.getHTMLElement()?.getBoundingClientRect();
      setTop(box === undefined ? null : box.top - element.getBoundingClientRect().top);
    };
    // Where a pane begins, one before it ends: the size of each pane tells of all below it.
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    const box = pane.getHTMLElement();
    if (box !== null) {
      observer.observe(box);
    }
    measure();
    return () => observer.disconnect();
  }, [element, pane]);
  return createPortal(
    top === null ? null : (
      <div class="overlay-pane-legend" style={{ insetBlockStart: `${top}px` }}>
        {children}
      </div>
    ),
    element,
  );
}
