import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { createApp } from "../src/app.ts";
import { problemIn, sha256Of } from "./answers.ts";

const KEY = "a-key-of-our-choice";
const PATH = "/v1/imports?name=XBTUSD_60.csv&first_line=1";

function ask(
  method: string,
  path: string,
  init: RequestInit = {},
  settings: object = { OPEN_WRITES: "local" },
): Promise<Response> | Response {
  return createApp().request(path, { ...init, method }, { ...env, ...settings });
}

/** A body of `pieces` pieces of a kilobyte, which nobody holds as a whole. */
function streamOf(pieces: number): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      if (sent === pieces) {
        controller.close();
        return;
      }
      controller.enqueue(new Uint8Array(1_024).fill(sent % 251));
      sent += 1;
    },
  });
}

describe("a file that is imported", () => {
  test("goes to the archiver as it is, with its parameters, and the answer comes back", async () => {
    const response = await ask("POST", PATH, { body: streamOf(3_000) });
    expect(response.status).toBe(202);
    expect(response.headers.get("cache-control")).toBe("no-store");
    const sum = Array.from({ length: 3_000 }, (_, piece) => (piece % 251) * 1_024);
    expect(await response.json()).toMatchObject({
      asked: `POST ${PATH}`,
      bytes: 3_000 * 1_024,
      sum: sum.reduce((a, b) => (a + b) % 65_536, 0),
      authorization: null,
    });
  });

  test("is refused with the archiver's own problem", async () => {
    const response = await ask("POST", PATH, { body: "kraken:NO-SUCH:1m" });
    expect(await problemIn(response)).toMatchObject({ status: 404, code: "not_found" });
  });

  test("needs the key that may write, and is read to its end before it is refused", async () => {
    const settings = { OPEN_WRITES: "", BOOTSTRAP_KEY_SHA256: await sha256Of(KEY) };
    const body = streamOf(2_000);
    const refused = await ask("POST", PATH, { body }, settings);
    expect(await problemIn(refused)).toMatchObject({ status: 401 });
    const headers = { authorization: `Bearer ${KEY}` };
    const taken = await ask("POST", PATH, { body: "1", headers }, settings);
    expect(taken.status).toBe(202);
    const closed = await ask("POST", PATH, { body: "1" }, { OPEN_WRITES: "" });
    expect(await problemIn(closed)).toMatchObject({ status: 403 });
  });
});

test.each(["/v1/imports?limit=2", "/v1/imports/import-1"])(
  "anybody may read %s, which the archiver answers",
  async (path) => {
    const response = await ask("GET", path, {}, { OPEN_WRITES: "" });
    expect(await response.json()).toMatchObject({ asked: `GET ${path}` });
  },
);
