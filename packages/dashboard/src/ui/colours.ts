/**
 * What CSS colours are on `element` now, such as `var(--hot)`: for a canvas, which knows neither
 * variables nor light-dark(). To be read anew when `shownTheme` changes.
 */
export function readColours<Name extends string>(
  element: HTMLElement,
  colours: Readonly<Record<Name, string>>,
): Record<Name, string>;
export function readColours(
  element: HTMLElement,
  colours: Readonly<Record<string, string>>,
): Record<string, string> {
  const probe = document.createElement("span");
  // Where the reader has forced colours on the page, all would be the same one.
  probe.style.setProperty("forced-color-adjust", "none");
  element.append(probe);
  const read = Object.fromEntries(
    Object.entries(colours).map(([name, colour]) => {
      probe.style.color = colour;
      return [name, getComputedStyle(probe).color];
    }),
  );
  probe.remove();
  return read;
}
