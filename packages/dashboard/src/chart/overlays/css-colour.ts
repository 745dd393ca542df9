import { shownTheme } from "../../shell/settings.ts";
import { readColours } from "../../ui/colours.ts";

/** A colour of style/base.css, by the name of its custom property. */
export type ColourName = `--${string}`;

/** What the names mean in a theme; a canvas knows no custom properties. */
const known = new Map<string, string>();

/**
 * The colour `name` as a canvas takes it, in the theme that is shown. Who reads `shownTheme` draws
 * again when it changes.
 */
export function cssColour(name: ColourName): string {
  const key = `${shownTheme.value} ${name}`;
  const colour = known.get(key) ?? readColours(document.body, { colour: `var(${name})` }).colour;
  known.set(key, colour);
  return colour;
}
