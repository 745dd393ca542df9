import { createWriteStream } from "node:fs";
import { rename } from "node:fs/promises";
import { finished } from "node:stream/promises";
import { PAGE_GAPS, type GapQuery } from "./list-gaps.ts";
import type { Session } from "./session.ts";

/**
 * Writes the gaps of all `queries` to `file` as the CSV that the system answers, one header at the
 * top, under another name until all is there; `-` is standard output. Returns how many there were.
 */
export async function saveGaps(
  { client, out }: Session,
  queries: readonly GapQuery[],
  file: string,
): Promise<number> {
  const part = `${file}.part`;
  const target = file === "-" ? process.stdout : createWriteStream(part);
  const progress = out.progress();
  let rows = 0;
  let isFirst = true;
  try {
    for (const query of queries) {
      let cursor: string | undefined;
      do {
        const response = await client.open({
          path: "/v1/gaps",
          query: { ...query, format: "csv", limit: PAGE_GAPS, cursor },
        });
        const [header = "", ...lines] = (await response.text()).split(/(?<=\n)/);
        target.write(`${isFirst ? header : ""}${lines.join("")}`);
        isFirst = false;
        rows += lines.length;
        cursor = response.headers.get("x-next-cursor") ?? undefined;
        progress.report({ done: rows, total: null, things: "gaps" });
      } while (cursor !== undefined);
    }
  } finally {
    progress.end();
    if (target !== process.stdout) {
      target.end();
    }
  }
  if (target !== process.stdout) {
    await finished(target);
    await rename(part, file);
  }
  return rows;
}
