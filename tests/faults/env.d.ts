// oxlint-disable typescript/consistent-type-imports -- an import would make this file a module, and its names local
declare namespace Cloudflare {
  /** The first declaration counts: what several Workers export, of whom all are loaded here. */
  interface GlobalProps {
    mainModule: typeof import("../../workers/producer/src/index.ts") &
      typeof import("../../workers/archiver/src/index.ts");
  }

  /** What the test configuration binds beside the Workers' own bindings. */
  interface Env {
    TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
    /** JSON of a `SeedRange`: which schedules are run. */
    SEEDS: string;
    /** Takes the generated chapter of docs/failure-modes.md and writes it, outside of workerd. */
    DOCUMENT: Fetcher;
    /** Takes a line that says how far a long run is, and prints it. */
    PROGRESS: Fetcher;
  }
}

declare module "*.md?raw" {
  const text: string;
  export default text;
}
