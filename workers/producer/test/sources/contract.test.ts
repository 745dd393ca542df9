import { allSources } from "../../src/sources/registry.ts";
import { DIALECTS } from "./dialects.ts";
import { testSource } from "./test-source.ts";

for (const source of allSources()) {
  testSource(source, DIALECTS[source.id]);
}
