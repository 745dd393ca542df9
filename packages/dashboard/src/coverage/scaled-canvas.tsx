import { useLayoutEffect, useRef } from "preact/hooks";
import { shownTheme } from "../shell/settings.ts";
import { readColours } from "../ui/colours.ts";
import { INKS, type Inks } from "./calendar-canvas.ts";

interface ScaledCanvasProps {
  readonly width: number;
  readonly height: number;
  /** Kept the same while the picture is. */
  readonly draw: (context: CanvasRenderingContext2D, inks: Inks) => void;
}

/** A canvas as sharp as the screen, drawn anew when the theme changes. What it shows is told elsewhere. */
export function ScaledCanvas({ width, height, draw }: ScaledCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = shownTheme.value;
  useLayoutEffect(() => {
    const { current } = canvas;
    const context = current?.getContext("2d");
    if (current === null || context === null || context === undefined) {
      return;
    }
    const scale = devicePixelRatio;
    current.width = Math.round(width * scale);
    current.height = Math.round(height * scale);
    context.scale(scale, scale);
    draw(context, readColours(current.parentElement ?? document.body, INKS));
  }, [width, height, draw, theme]);
  return (
    <canvas
      ref={canvas}
      aria-hidden="true"
      style={{ width: `${width}px`, height: `${height}px` }}
    />
  );
}
