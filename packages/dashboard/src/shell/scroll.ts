import { useLayoutEffect } from "preact/hooks";

/** The path that the browser went back or forward to last: there it finds the place by itself. */
let restored: string | null = null;

addEventListener("popstate", () => {
  restored = location.pathname;
});

/** A view that is opened by a link is seen from its top, wherever the one before was scrolled to. */
export function useTopOf(path: string): void {
  useLayoutEffect(() => {
    if (restored !== location.pathname) {
      scrollTo(0, 0);
    }
    restored = null;
  }, [path]);
}
