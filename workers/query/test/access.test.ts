import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { routeScopeOf } from "../src/access/route-scopes.ts";
import { createApp } from "../src/app.ts";
import { BOOTSTRAP_KEY, deployedSettings, signToken, storeKey } from "./callers.ts";

/** What a caller shows, and the settings that differ for it. */
interface Calling {
  readonly headers: Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, string>>;
}

const app = createApp();

/** Every route, once; what surrounds all of them is none. */
const routes = [
  ...new Set(
    app.routes.filter(({ path }) => path !== "/*").map(({ method, path }) => `${method} ${path}`),
  ),
];

/** The rows of a table of the document below the heading `## name`, without its head. */
function rowsOf(name: string): string[][] {
  const [, chapter = ""] = env.TEST_ACCESS_DOCUMENT.split(`\n## ${name}\n`);
  const [text = ""] = chapter.split("\n## ");
  return text
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(2)
    .map((line) => line.split("|").slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim().replaceAll("`", "")));
}

const documented = new Map(rowsOf("Routes").map(([route = "", scope = ""]) => [route, scope]));

/** The columns of the table of callers, by scope and by the setting READS. */
function columnOf(scope: string, reads: string): number {
  return scope === "read" && reads === "keyed"
    ? 3
    : 1 + ["open", "read", "-", "write", "admin"].indexOf(scope);
}

const callers = new Map<string, Calling>();
let settings: Readonly<Record<string, string>> = {};

function bearer(text: string): Calling {
  return { headers: { authorization: `Bearer ${text}` } };
}

beforeAll(async () => {
  settings = await deployedSettings();
  const nowSeconds = Math.floor(Date.now() / 1_000);
  const read = await storeKey("read", { rate: 6000 });
  const other = await storeKey("admin");
  const revoked = await storeKey("admin", { revoked_at: nowSeconds - 1 });
  const expired = await storeKey("admin", { expires_at: nowSeconds - 1 });
  callers.set("nobody", { headers: {} });
  callers.set("wrong key", bearer(`${other.text.slice(0, -1)}y`));
  callers.set("revoked key", bearer(revoked.text));
  callers.set("expired key", bearer(expired.text));
  callers.set("read key", bearer(read.text));
  callers.set("write key", bearer((await storeKey("write", { rate: 6000 })).text));
  callers.set("admin key", bearer((await storeKey("admin", { rate: 6000 })).text));
  callers.set("bootstrap key", bearer(BOOTSTRAP_KEY));
  callers.set("token, JWT_SCOPE read", bearer(await signToken()));
  callers.set("token for another audience", bearer(await signToken({ aud: "another" })));
  callers.set("expired token", bearer(await signToken({ exp: nowSeconds - 60 })));
  callers.set("local", { headers: {}, settings: { OPEN_WRITES: "local" } });
});

beforeEach(() => {
  vi.spyOn(console, "log").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation(() => {});
});

afterEach(() => {
  vi.restoreAllMocks();
});

/**
 * The status of a call that is let in or not by its headers alone: what it asks for cannot be meant,
 * so that no work is done where it is let in.
 */
async function statusOf(route: string, caller: Calling, reads: string): Promise<number> {
  const [declared = "", path = ""] = route.split(" ");
  // A door's own word for what is not there: by a method that no route of it has.
  const method = declared === "ALL" ? "PATCH" : declared;
  const hasBody = method !== "GET" && method !== "DELETE";
  const headers = {
    ...caller.headers,
    ...(hasBody ? { "content-type": "application/json" } : {}),
  };
  const concrete = path.replaceAll(":source", "binance").replaceAll(/:\w+|\*/g, "nothing");
  const response = await app.request(
    `${concrete}?nothing=1`,
    { method, headers, ...(hasBody ? { body: "{" } : {}) },
    { ...env, ...settings, READS: reads, DEFAULT_RATE: "6000", ...caller.settings },
  );
  await response.body?.cancel();
  return response.status;
}

describe("the table of routes in docs/access.md", () => {
  test("names every route, and none that is not there", () => {
    expect([...documented.keys()].toSorted()).toEqual(routes.toSorted());
  });

  test("says of each what it asks for", () => {
    const declared = routes.map((route) => {
      const [method = "", path = ""] = route.split(" ");
      return [route, routeScopeOf({ method, path })];
    });
    expect(declared).toEqual(routes.map((route) => [route, documented.get(route)]));
  });

  test("has no route that everybody may call and that is none of the open ones", () => {
    expect(routeScopeOf({ method: "POST", path: "/v1/forgotten" })).toBe("admin");
  });
});

describe.each(["open", "keyed"])("where reads are %s", (reads) => {
  // The first cell begins with the caller's name; what follows a colon explains it.
  test.each(rowsOf("Who is let in").map(([caller = "", ...cells]) => [caller, cells] as const))(
    "every route lets in as the table says: %s",
    async (row, cells) => {
      const [name = ""] = row.split(":");
      const caller = callers.get(name);
      expect(caller, `the caller ${name} of the table`).toBeDefined();
      const wrong: string[] = [];
      for (const route of routes) {
        const expected = cells[columnOf(documented.get(route) ?? "admin", reads) - 1];
        const status = await statusOf(route, caller ?? { headers: {} }, reads);
        const isLetIn = status < 500 && ![401, 403, 429].includes(status);
        const got = isLetIn ? "yes" : String(status);
        if (got !== expected) {
          wrong.push(`${route}: ${got} (${status}), while the table says ${expected}`);
        }
      }
      expect(wrong).toEqual([]);
    },
  );
});

test("the table of callers has each kind of caller, once", () => {
  const named = rowsOf("Who is let in").map(([caller = ""]) => caller.replace(/:.*/, ""));
  expect(named.toSorted()).toEqual([...callers.keys()].toSorted());
});
