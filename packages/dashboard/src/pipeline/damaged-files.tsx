import { useQuery } from "@tanstack/preact-query";
import { client } from "../api/connection.ts";
import { Answered } from "./answered.tsx";
import { countText } from "./stations.ts";

/** Files of a page, and pages that are looked through for damaged ones. */
const PAGE_FILES = 1_000;
const PAGES_MAX = 20;

/** Files that hold candles, and files that wait to be merged: others are of no use any more. */
const STATES = ["current", "fragment"] as const;

interface DamagedFile {
  readonly key: string;
  readonly damage: string;
}

/** The files in which something was found wrong; `count` of them are known. */
export function DamagedFiles({ count }: { readonly count: number }) {
  const query = useQuery({
    queryKey: ["/v1/archive", "damaged", count],
    queryFn: async ({ signal }) => {
      const found = await Promise.all(STATES.map((state) => findDamaged(state, signal)));
      return found.flat();
    },
  });
  return (
    <div class="pipeline-damaged">
      <h3>{countText(count, "damaged file")}</h3>
      <Answered what="the damaged files" query={query}>
        {(files) => (
          <>
            <ul>
              {files.map(({ key, damage }) => (
                <li key={key}>
                  <code class="pipeline-hash">{key}</code>
                  <p>{damage}</p>
                </li>
              ))}
            </ul>
            {files.length >= count ? null : (
              <p>Verify the archive to see {files.length === 0 ? "them" : "the others"}.</p>
            )}
          </>
        )}
      </Answered>
    </div>
  );
}

/** Looks through the manifest, which can be asked for files but not for damaged ones. */
async function findDamaged(
  state: (typeof STATES)[number],
  signal: AbortSignal,
): Promise<readonly DamagedFile[]> {
  const files: DamagedFile[] = [];
  let pages = 0;
  for await (const page of client.pages("/v1/archive", { state, limit: PAGE_FILES }, { signal })) {
    files.push(
      ...page.files.flatMap(({ key, damage }) => (damage === null ? [] : [{ key, damage }])),
    );
    pages += 1;
    if (pages === PAGES_MAX) {
      break;
    }
  }
  return files;
}
