import { styleText } from "node:util";

const COLOURS: Readonly<Record<string, "green" | "yellow" | "red" | "cyan" | "dim">> = {
  ok: "green",
  complete: "green",
  live: "green",
  filled: "green",
  running: "cyan",
  "catching up": "cyan",
  queued: "dim",
  disabled: "dim",
  known: "dim",
  paused: "yellow",
  incomplete: "yellow",
  open: "yellow",
  warning: "yellow",
  cancelled: "yellow",
  expired: "yellow",
  revoked: "dim",
  failing: "red",
  failed: "red",
  rejected: "red",
  critical: "red",
};

/** The word for a state, in its colour where standard output shows colours. */
export function colourState(state: string): string {
  const colour = COLOURS[state];
  return colour === undefined ? state : styleText(colour, state, { stream: process.stdout });
}
