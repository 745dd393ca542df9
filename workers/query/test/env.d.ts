import type { D1Migration } from "cloudflare:test";

declare global {
  namespace Cloudflare {
    /** What the test configuration binds beside the Worker's own bindings. */
    interface Env {
      TEST_MIGRATIONS: D1Migration[];
      /** The private key of the issuer whose public key is at https://issuer.test/certs. */
      TEST_ISSUER_JWK: JsonWebKey;
      /** docs/access.md */
      TEST_ACCESS_DOCUMENT: string;
      /** Answers a POST of an OpenAPI document with what is wrong with it. */
      OPENAPI_VALIDATOR: Fetcher;
      /** Three that series are spread over. */
      FIRST_DB: D1Database;
      SECOND_DB: D1Database;
      THIRD_DB: D1Database;
    }
  }
}
