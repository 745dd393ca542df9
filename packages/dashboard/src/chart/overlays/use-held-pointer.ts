import { useCallback, useEffect, useRef } from "preact/hooks";

/** A chart that a finger has let go goes on by itself for so long at most, milliseconds. */
const GOING_MS = 1_500;

/**
 * Runs what it is given as soon as no button or finger is held on `element`: while the chart is dragged,
 * the library goes by where it was when that began, so that points which come meanwhile would make it leap.
 * Of several only the last is run.
 */
export function useWhenReleased(element: HTMLElement): (run: () => void) => void {
  const isHeld = useRef(false);
  const waiting = useRef<(() => void) | null>(null);
  useEffect(() => {
    let going: ReturnType<typeof setTimeout> | undefined;
    const hold = () => {
      clearTimeout(going);
      isHeld.current = true;
    };
    const run = () => {
      isHeld.current = false;
      waiting.current?.();
      waiting.current = null;
    };
    const release = ({ pointerType }: PointerEvent) => {
      if (isHeld.current) {
        clearTimeout(going);
        going = setTimeout(run, pointerType === "touch" ? GOING_MS : 0);
      }
    };
    element.addEventListener("pointerdown", hold);
    window.addEventListener("pointerup", release);
    window.addEventListener("pointercancel", release);
    return () => {
      clearTimeout(going);
      element.removeEventListener("pointerdown", hold);
      window.removeEventListener("pointerup", release);
      window.removeEventListener("pointercancel", release);
    };
  }, [element]);
  return useCallback((run) => {
    if (isHeld.current) {
      waiting.current = run;
    } else {
      run();
    }
  }, []);
}
