import { describe, expect, test } from "vitest";
import { runAgainst, runCli, type Reply } from "./run-cli.ts";

const ID = "2b5442799fccc3af2e7e790017697373913b7afcac933d72fb5876de994f659a";
const OTHER = "2b54".padEnd(64, "0");
const LETTER = {
  id: ID,
  queue: "candles",
  source: "binance",
  candles: 1,
  reason_code: "poison_message",
  reason: 'message["v"] is 2: expected 1',
  body_key: `dead-letters/${ID}.json`,
  body_bytes: 7,
  first_seen: 1_767_225_600,
  last_seen: 1_767_229_200,
  seen_count: 2,
  state: "open",
  discard_reason: null,
  settled_at: null,
};
const WHOLE = { ...LETTER, body: { v: 2 }, truncated: false, damage: null };

const LIST = "GET /v1/dead-letters";
const SHOW = `GET /v1/dead-letters/${ID}`;
const REPLAY = "POST /v1/dead-letters/replay";
const DISCARD = "POST /v1/dead-letters/discard";

function page(...letters: object[]): Reply {
  return [200, { dead_letters: letters, next_cursor: null, meta: { count: letters.length } }];
}

function replayed(ids: readonly string[], remaining = 0, failed: readonly object[] = []): Reply {
  return [200, { replayed: ids.length, ids, failed, remaining, message: "" }];
}

describe("dead-letters", () => {
  test("lists those that are open, of a queue and for a reason where they are named", async () => {
    const ended = await runAgainst({ [LIST]: [page(LETTER)] }, [
      "dead-letters",
      "--queue",
      "candles",
      "--code",
      "poison_message",
    ]);
    expect(ended.asked[0]?.query).toEqual({
      state: "open",
      queue: "candles",
      reason_code: "poison_message",
      limit: "101",
    });
    expect(ended).toMatchObject({ code: 0, err: "" });
    expect(ended.out).toContain("2b5442799fcc  2026-01-01 00:00      2  binance        1  open");
    expect(ended.out).toMatch(/1 open dead letter\n$/);
  });

  test("show tells all of one, with the message as it was sent", async () => {
    const ended = await runAgainst({ [LIST]: [page(LETTER)], [SHOW]: [[200, WHOLE]] }, [
      "dead-letters",
      "show",
      "2B5442",
    ]);
    expect(ended).toMatchObject({ code: 0, err: "" });
    expect(ended.out.split("\n")).toEqual([
      `${ID}, open`,
      'poison_message: message["v"] is 2: expected 1',
      "from candles, 2 times: first 2026-01-01 00:00, last 2026-01-01 01:00",
      "",
      "{",
      '  "v": 2',
      "}",
      "",
    ]);
  });

  test("show ends with exit code 3 where the body on R2 is not what it was", async () => {
    const damage = `dead-letters/${ID}.json is not on R2`;
    const letter = { ...WHOLE, state: "discarded", discard_reason: "a test", body: null, damage };
    const ended = await runAgainst({ [SHOW]: [[200, { ...letter, settled_at: 1_767_232_800 }]] }, [
      "dead-letters",
      "show",
      ID,
    ]);
    expect(ended.code).toBe(3);
    expect(ended.out).toContain("discarded 2026-01-01 02:00: a test\n");
    expect(ended.out).toContain(`${damage}\n`);
    expect(ended.asked).toHaveLength(1);
  });
});

describe("dead-letters replay", () => {
  test("sends those that are named, by how their ids begin", async () => {
    const ended = await runAgainst(
      { [LIST]: [page(LETTER, { ...LETTER, id: OTHER })], [REPLAY]: [replayed([ID, OTHER])] },
      ["dead-letters", "replay", "2b5442", OTHER, "2b5442799f"],
      { environment: { CANDLEHOUSE_KEY: "secret" } },
    );
    expect(ended.asked[1]).toMatchObject({
      route: REPLAY,
      key: "Bearer secret",
      body: { ids: [ID, OTHER] },
    });
    expect(ended).toMatchObject({
      code: 0,
      out: "2 dead letters sent again: candlehouse dead-letters lists those that come back\n",
    });
  });

  test("asks again until all are sent, but sends none twice that came back", async () => {
    const ended = await runAgainst(
      {
        [LIST]: [page(LETTER, LETTER, LETTER)],
        // The first two came back at once: they are open again, behind the third.
        [REPLAY]: [replayed([ID, OTHER], 1), replayed([ID], 2), replayed([ID], 2)],
      },
      ["dead-letters", "replay", "--all", "--yes", "--source", "binance", "--json"],
    );
    expect(ended.code).toBe(0);
    expect(ended.asked.map(({ route, body }) => [route, body])).toEqual([
      [LIST, undefined],
      [REPLAY, { all: true, source: "binance" }],
      [REPLAY, { all: true, source: "binance" }],
    ]);
    expect(JSON.parse(ended.out)).toMatchObject({ replayed: 3, failed: [] });
  });

  test("names what could not be sent, and ends with exit code 3", async () => {
    const failed = [{ id: ID, code: "body_missing", reason: "it is not on R2" }];
    const ended = await runAgainst({ [REPLAY]: [replayed([], 0, failed)] }, [
      "dead-letters",
      "replay",
      ID,
    ]);
    expect(ended).toMatchObject({
      code: 3,
      out: "0 dead letters sent again; 1 could not be\n",
      err: "2b5442799fcc: it is not on R2\n",
    });
  });

  test("of all is not begun on a guess", async () => {
    const ended = await runAgainst({ [LIST]: [page(LETTER)] }, ["dead-letters", "replay", "--all"]);
    expect(ended).toMatchObject({ code: 2, out: "" });
    expect(ended.err).toContain("this would replay 1 dead letter");
  });

  test("of all says so where none is open", async () => {
    const ended = await runAgainst({ [LIST]: [page()], [REPLAY]: [replayed([])] }, [
      "dead-letters",
      "replay",
      "--all",
    ]);
    expect(ended).toMatchObject({ code: 0, out: "0 dead letters sent again\n" });
  });
});

describe("dead-letters discard", () => {
  test("gives up those that are named, for the reason", async () => {
    const ended = await runAgainst(
      { [DISCARD]: [[200, { discarded: 1, ids: [ID], message: "" }]] },
      ["dead-letters", "discard", ID, OTHER, "--reason", "a test"],
    );
    expect(ended.asked).toMatchObject([{ body: { ids: [ID, OTHER], reason: "a test" } }]);
    expect(ended).toMatchObject({
      code: 3,
      out: "1 dead letter discarded; 1 of those named are not open\n",
    });
  });
});

describe("a dead letter", () => {
  test.each([
    ["2b54", "2 begin with 2b54"],
    ["ffff", "no dead letter begins with ffff"],
  ])("that %s does not name alone is not guessed", async (beginning, sentence) => {
    const ended = await runAgainst({ [LIST]: [page(LETTER, { ...LETTER, id: OTHER })] }, [
      "dead-letters",
      "replay",
      beginning,
    ]);
    expect(ended).toMatchObject({ code: 1, out: "" });
    expect(ended.err).toContain(sentence);
  });

  test.each([
    [["show", "xyz"], "'xyz'"],
    [["show"], "missing required argument"],
    [["replay"], "name the dead letters"],
    [["replay", ID, "--all"], "name the dead letters"],
    [["replay", ID, "--source", "binance"], "name the dead letters"],
    [["discard", ID], "--reason"],
    [["discard", "--reason", "none"], "missing required argument"],
  ])("is not meant by %j", async (commandLine, sentence) => {
    const { code, err } = await runCli(["dead-letters", ...commandLine]);
    expect(code).toBe(2);
    expect(err).toContain(sentence);
  });
});
