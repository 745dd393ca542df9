import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

/** How wide the inside of an element is, CSS pixels, kept up to date; null before it is laid out. */
export function useWidth(place: RefObject<HTMLElement>): number | null {
  const [width, setWidth] = useState<number | null>(null);
  useLayoutEffect(() => {
    const { current } = place;
    if (current === null) {
      return;
    }
    setWidth(current.clientWidth);
    const observer = new ResizeObserver(() => setWidth(current.clientWidth));
    observer.observe(current);
    return () => observer.disconnect();
  }, [place]);
  return width;
}
