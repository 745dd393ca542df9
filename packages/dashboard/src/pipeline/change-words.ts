import type { Change } from "./answers.ts";

/** What each kind of change did: hot candles moved, fragments were merged, a fragment came, the manifest was rebuilt. */
const KINDS: Readonly<Record<Change["kind"], string>> = {
  archive: "Moved from D1",
  compact: "Merged",
  register: "File came",
  rebuild: "Rebuilt",
};

export const changeWord = (kind: Change["kind"]): string => KINDS[kind];

/** The files that came and went: `+1 −2`. */
export function filesText({ added, removed }: Pick<Change, "added" | "removed">): string {
  return [...(added === 0 ? [] : [`+${added}`]), ...(removed === 0 ? [] : [`−${removed}`])].join(
    " ",
  );
}
