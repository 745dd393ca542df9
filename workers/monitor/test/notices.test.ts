import { readAlerts } from "@candlehouse/shared/d1/alerts";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { checkAlerts } from "../src/check-alerts.ts";
import { forgetNotices } from "../src/forget-notices.ts";
import { noticeSettings } from "../src/notice-settings.ts";
import { clearAll, DAY, MINUTE, monitorAt, NOW } from "./holdings.ts";
import { loggedEvents } from "./logged-events.ts";

const logged = vi.spyOn(console, "log").mockImplementation(() => undefined);
const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);

interface Received {
  readonly url: string;
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
}

beforeEach(async () => {
  await clearAll();
  await answering({});
  await received();
});
afterEach(() => vi.clearAllMocks());

/** As a status: the host takes what it is sent, and never answers. */
const HANGS = 0;

const AT = NOW + 5 * MINUTE;
const CHECK = 5 * MINUTE;

/** Has each host answer its status. */
async function answering(statuses: Readonly<Record<string, number>>): Promise<void> {
  await env.INTERNET.fetch("https://internet/", { method: "PUT", body: JSON.stringify(statuses) });
}

/** What hosts were sent since this was asked last. */
async function received(): Promise<Received[]> {
  return (await env.INTERNET.fetch("https://internet/")).json();
}

const JSON_HOOK = { url: "https://pager.example/secret-path", shape: "json" };
const SLACK_HOOK = { url: "https://hooks.slack.com/services/T0/B0/secret", shape: "slack" };
const DISCORD_HOOK = { url: "https://discord.com/api/webhooks/1/secret", shape: "discord" };

function settings(webhooks: unknown, changes: object = {}) {
  return noticeSettings({
    ALERT_WEBHOOKS: typeof webhooks === "string" ? webhooks : JSON.stringify(webhooks),
    ALERT_EMAIL_FROM: "",
    ALERT_EMAIL_TO: "",
    PUBLIC_URL: "https://candles.example",
    RUNBOOK_URL: "https://git.example/candlehouse/blob/main",
    ...changes,
  });
}

async function check(now: number, notices = settings([JSON_HOOK])): Promise<void> {
  await checkAlerts(monitorAt(now, { notices }), now);
}

async function putLetter(id: string): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO dead_letters (id, queue, reason_code, reason, body_key, body_bytes, first_seen,
      last_seen) VALUES (?, 'candles', 'poison_message', 'its high is below its low', 'k', 1, ?, ?)`,
  )
    .bind(id, AT - DAY, AT)
    .run();
}

const settleLetters = () => env.DB.exec("UPDATE dead_letters SET state = 'replayed'");

/** `[change, alert]` of all notices of the JSON messages that came. */
function told(messages: readonly Received[]): string[] {
  return messages.flatMap(({ body }) =>
    (body["notices"] as { change: string; alert: { id: string } }[]).map(
      ({ change, alert }) => `${change} ${alert.id}`,
    ),
  );
}

const MESSAGE = "1 dead letter open, the oldest since 2026-11-22 04:05 UTC: poison_message 1";

describe("what happens to alerts", () => {
  test("is told to a webhook as JSON, once when it begins and once when it is over", async () => {
    await check(AT - CHECK);
    await putLetter("a");
    await check(AT);
    const [first, ...others] = await received();
    expect(others).toEqual([]);
    expect(first).toEqual({
      url: JSON_HOOK.url,
      type: "application/json",
      body: {
        version: 1,
        sent_at: AT,
        dashboard: "https://candles.example/pipeline",
        notices: [
          {
            sequence: expect.any(Number),
            at: AT,
            change: "raised",
            alert: {
              id: "dead_letters_open",
              kind: "dead_letters_open",
              severity: "warning",
              subject: null,
              state: "firing",
              raised_at: AT,
              message: MESSAGE,
              runbook: "https://git.example/candlehouse/blob/main/docs/alerts.md#dead_letters_open",
            },
          },
        ],
      },
    });
    await check(AT + CHECK);
    await settleLetters();
    await check(AT + 2 * CHECK);
    expect(await received()).toEqual([]);
    await check(AT + 3 * CHECK);
    const [last] = await received();
    expect(last?.body["notices"]).toMatchObject([
      { change: "resolved", at: AT + 3 * CHECK, alert: { state: "resolved", raised_at: AT } },
    ]);
    expect(loggedEvents(logged, "notices.sent")).toMatchObject([
      { channel: "webhook 1 (pager.example)", notices: 1 },
      { channel: "webhook 1 (pager.example)", notices: 1 },
    ]);
  });

  test("is told to Slack and Discord in their shapes, mentions and markup of no effect", async () => {
    const notices = settings([SLACK_HOOK, DISCORD_HOOK]);
    await check(AT - CHECK, notices);
    await env.DB.exec(
      "INSERT INTO series (source, symbol, timeframe, native_symbol, tier) VALUES ('binance', 'BTC-USDT', '1m', 'BTCUSDT', 1)",
    );
    await env.DB.prepare(
      `INSERT INTO source_state (source, state, since, reason_code, reason)
      VALUES ('binance', 'failing', ?, 'source_unavailable', '<!channel> @everyone & HTTP 520')`,
    )
      .bind(AT - 10 * MINUTE)
      .run();
    await check(AT, notices);
    const sent = await received();
    expect(sent.map(({ url }) => url).toSorted()).toEqual([DISCORD_HOOK.url, SLACK_HOOK.url]);
    const bodyOf = (hook: { readonly url: string }) =>
      sent.find(({ url }) => url === hook.url)?.body;
    const runbook = "https://git.example/candlehouse/blob/main/docs/alerts.md#source_failing";
    expect(bodyOf(SLACK_HOOK)).toEqual({
      text: "Candlehouse: source_failing binance began (warning)",
      blocks: [
        {
          type: "header",
          text: {
            type: "plain_text",
            text: "Candlehouse: source_failing binance began (warning)",
          },
        },
        {
          type: "section",
          text: {
            type: "mrkdwn",
            text: `*source_failing binance began (warning)*\nbinance fails since 2026-11-23 03:55 UTC, and 1 series of it with it: source_unavailable: &lt;!channel&gt; @everyone &amp; HTTP 520\n<${runbook}|What to do>`,
            verbatim: true,
          },
        },
        {
          type: "context",
          elements: [{ type: "mrkdwn", text: "<https://candles.example/pipeline|Dashboard>" }],
        },
      ],
      unfurl_links: false,
    });
    expect(bodyOf(DISCORD_HOOK)).toEqual({
      content:
        "Candlehouse: source_failing binance began (warning)\n<https://candles.example/pipeline>",
      embeds: [
        {
          title: "source_failing binance began (warning)",
          description: String.raw`binance fails since 2026-11-23 03:55 UTC, and 1 series of it with it: source\_unavailable: \<!channel\> \@everyone & HTTP 520`,
          url: runbook,
          color: 0xf9a825,
          timestamp: "2026-11-23T04:05:00.000Z",
        },
      ],
      allowed_mentions: { parse: [] },
    });
  });

  test("is mailed as plain text", async () => {
    const mails: unknown[] = [];
    const binding = {
      send: (mail: unknown) => {
        mails.push(mail);
        return env.TEST_EMAIL.send(mail as EmailMessageBuilder);
      },
    };
    const notices = settings("", {
      EMAIL: binding,
      ALERT_EMAIL_FROM: "candlehouse@example.com",
      ALERT_EMAIL_TO: "me@example.com",
    });
    await check(AT - CHECK, notices);
    await putLetter("a");
    await check(AT, notices);
    expect(loggedEvents(errors, "notices.failed")).toEqual([]);
    expect(mails).toEqual([
      {
        from: "candlehouse@example.com",
        to: "me@example.com",
        subject: "Candlehouse: dead_letters_open began (warning)",
        text: `dead_letters_open began (warning)\n${MESSAGE}\nhttps://git.example/candlehouse/blob/main/docs/alerts.md#dead_letters_open\n\nhttps://candles.example/pipeline\n`,
      },
    ]);
    expect(loggedEvents(logged, "notices.sent")).toMatchObject([{ channel: "e-mail" }]);
  });

  test("that is less bad than a channel wants is not told there, and what has become critical is", async () => {
    const notices = settings([{ ...JSON_HOOK, minimum: "critical" }]);
    await check(AT - CHECK, notices);
    await env.DB.exec(
      "INSERT INTO series (source, symbol, timeframe, native_symbol, tier) VALUES ('binance', 'BTC-USDT', '1m', 'BTCUSDT', 1)",
    );
    await env.DB.exec(
      `INSERT INTO source_state (source, state, since) VALUES ('binance', 'failing', ${AT - 30 * MINUTE})`,
    );
    await check(AT, notices);
    expect(await received()).toEqual([]);
    await check(AT + 35 * MINUTE, notices);
    await env.DB.exec("UPDATE source_state SET state = 'ok'");
    await check(AT + 40 * MINUTE, notices);
    await check(AT + 45 * MINUTE, notices);
    expect(told(await received())).toEqual([
      "escalated source_failing:binance",
      "resolved source_failing:binance",
    ]);
  });
});

describe("a channel that does not take a message", () => {
  const AFTER = [
    ["an error", 500, "it answered HTTP 500"],
    ["a redirect, which is not followed", 302, "it answered HTTP 302"],
  ] as const;
  test.each(AFTER)(
    "but answers %s gets it later, in order, and nothing secret is told",
    async (...given) => {
      const [, status, reason] = given;
      await check(AT - CHECK);
      await answering({ "pager.example": status });
      await putLetter("a");
      await check(AT);
      expect(loggedEvents(errors, "notices.failed")).toMatchObject([
        { channel: "webhook 1 (pager.example)", attempts: 1, givenUp: 0, reason },
      ]);
      await settleLetters();
      await check(AT + CHECK);
      await check(AT + 2 * CHECK);
      const attempts = (await received()).map(({ url }) => url);
      expect(new Set(attempts)).toEqual(new Set([JSON_HOOK.url]));
      await answering({});
      await check(AT + 10 * CHECK);
      expect(told(await received())).toEqual([
        "raised dead_letters_open",
        "resolved dead_letters_open",
        "raised notice_failed:webhook 1 (pager.example)",
      ]);
      const { results } = await env.DB.prepare("SELECT * FROM notice_channels").all();
      const lines = [...logged.mock.calls, ...errors.mock.calls].flat().join("\n");
      expect(`${lines}${JSON.stringify(results)}`).not.toContain("secret");
      await check(AT + 11 * CHECK);
      expect(await received()).toEqual([]);
    },
  );

  test("since it cannot be reached is told of without its address", async () => {
    await check(AT - CHECK);
    await putLetter("a");
    const broken = vi.spyOn(globalThis, "fetch");
    broken.mockRejectedValueOnce(new TypeError(`no such host: ${JSON_HOOK.url}`));
    await check(AT);
    broken.mockRestore();
    expect(loggedEvents(errors, "notices.failed")).toMatchObject([
      { attempts: 1, reason: "it cannot be reached" },
    ]);
    await check(AT + CHECK);
    expect(told(await received())).toEqual(["raised dead_letters_open"]);
  });

  test("for it hangs is given up on, and others are told no later for it", async () => {
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    const hurried = vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => timeout(ms / 50));
    const notices = settings([JSON_HOOK, { ...JSON_HOOK, url: "https://slow.example/" }], {
      EMAIL: { send: () => new Promise(() => undefined) },
      ALERT_EMAIL_FROM: "a@example.com",
      ALERT_EMAIL_TO: "b@example.com",
    });
    await answering({ "slow.example": HANGS });
    await check(AT - CHECK, notices);
    await putLetter("a");
    await check(AT, notices);
    hurried.mockRestore();
    const reason = "it did not answer within 10 seconds";
    const failed = loggedEvents(errors, "notices.failed");
    expect(
      failed.toSorted((a, b) => (String(a["channel"]) < String(b["channel"]) ? -1 : 1)),
    ).toMatchObject([
      { channel: "e-mail", attempts: 1, reason },
      { channel: "webhook 2 (slow.example)", attempts: 1, reason },
    ]);
    await received();
    await check(AT + MINUTE, notices);
    expect(await received()).toEqual([]);
  });

  test("and says when it would is left alone until then", async () => {
    await check(AT - CHECK);
    await answering({ "pager.example": 429 });
    await putLetter("a");
    await check(AT);
    await answering({});
    await check(AT + 5 * CHECK);
    expect(await received()).toHaveLength(1);
    await check(AT + 6 * CHECK);
    expect(told(await received())).toContain("raised dead_letters_open");
  });

  test("for a quarter of an hour is an alert, which other channels are told of", async () => {
    const notices = settings([JSON_HOOK, { ...JSON_HOOK, url: "https://other.example/" }]);
    await answering({ "pager.example": 500 });
    await check(AT - CHECK, notices);
    await putLetter("a");
    for (let now = AT; now <= AT + 4 * CHECK; now += CHECK) {
      await check(now, notices);
    }
    const others = (await received()).filter(({ url }) => url === "https://other.example/");
    expect(told(others)).toEqual([
      "raised dead_letters_open",
      "raised notice_failed:webhook 1 (pager.example)",
    ]);
    expect(await readAlerts(env.DB, "firing", 10)).toMatchObject([
      {
        id: "notice_failed:webhook 1 (pager.example)",
        severity: "warning",
        message:
          "notices do not reach webhook 1 (pager.example) since 2026-11-23 04:05 UTC, 2 attempts: it answered HTTP 500",
      },
      { id: "dead_letters_open" },
    ]);
  });

  test("for a day is given up to, which is critical, and over with its next delivery", async () => {
    await answering({ "pager.example": 500 });
    await check(AT - CHECK);
    await putLetter("a");
    await check(AT);
    await check(AT + DAY);
    await check(AT + DAY + 12 * CHECK);
    expect((await readAlerts(env.DB, "firing", 10))[0]).toMatchObject({
      kind: "notice_failed",
      severity: "critical",
      message: expect.stringContaining("2 attempts, 1 notice given up after a day"),
    });
    await received();
    await answering({});
    await check(AT + DAY + 24 * CHECK);
    await check(AT + DAY + 25 * CHECK);
    await check(AT + DAY + 26 * CHECK);
    const after = told(await received());
    expect(after).toContain("raised notice_failed:webhook 1 (pager.example)");
    expect(after.at(-1)).toBe("resolved notice_failed:webhook 1 (pager.example)");
    expect(after).not.toContain("raised dead_letters_open");
  });
});

const kept = () =>
  env.DB.prepare(
    `SELECT (SELECT count(*) FROM alert_notices) AS notices,
      (SELECT count(*) FROM notice_channels) AS channels`,
  ).first();

describe("notices", () => {
  test("of two checks at once are written once", async () => {
    await putLetter("a");
    await Promise.all([check(AT), check(AT)]);
    const { results } = await env.DB.prepare("SELECT change FROM alert_notices").all();
    expect(results).toEqual([{ change: "raised" }]);
  });

  test("are numbered on where all before them are forgotten", async () => {
    await check(AT - CHECK);
    await putLetter("a");
    await check(AT);
    await forgetNotices(monitorAt(AT + 8 * DAY, { notices: settings([JSON_HOOK]) }));
    await settleLetters();
    await check(AT + 8 * DAY);
    await check(AT + 8 * DAY + CHECK);
    expect(told(await received())).toEqual([
      "raised dead_letters_open",
      "resolved dead_letters_open",
    ]);
  });

  test("are forgotten after a week, and channels that are gone with them", async () => {
    await putLetter("a");
    await check(AT);
    await forgetNotices(monitorAt(AT + 7 * DAY, { notices: settings([JSON_HOOK]) }));
    expect(await kept()).toEqual({ notices: 1, channels: 1 });
    await forgetNotices(monitorAt(AT + 7 * DAY + 1, { notices: settings("{") }));
    expect(await kept()).toEqual({ notices: 0, channels: 1 });
    await forgetNotices(monitorAt(AT + 8 * DAY));
    expect(await kept()).toEqual({ notices: 0, channels: 0 });
  });
});

describe("settings of notices", () => {
  const WRONG = [
    ["[secret", "ALERT_WEBHOOKS is not JSON"],
    ['{"secret": 1}', "ALERT_WEBHOOKS : Invalid input: expected array, received object"],
    [
      [{ url: "http://secret.example/", shape: "json" }],
      "ALERT_WEBHOOKS 0.url: expected an address that begins with https://",
    ],
    [
      [JSON_HOOK, { ...SLACK_HOOK, shape: "secret" }],
      'ALERT_WEBHOOKS 1.shape: Invalid option: expected one of "slack"|"discord"|"json"',
    ],
    [[{ ...JSON_HOOK, secret: 1 }], "ALERT_WEBHOOKS 0: a member that is not known"],
  ] as const;
  test.each(WRONG)(
    "that are wrong are an alert that repeats nothing of them: %j",
    (text, problem) => {
      expect(settings(text)).toMatchObject({ channels: [], problem });
    },
  );

  test("of loopback may be plain http", () => {
    expect(settings([{ url: "http://127.0.0.1:9000/x", shape: "json" }]).problem).toBeNull();
  });

  test("of mail are a binding and two addresses, or none of them", () => {
    const addresses = { ALERT_EMAIL_FROM: "a@example.com", ALERT_EMAIL_TO: "b@example.com" };
    expect(settings("", addresses).problem).toBe(
      "ALERT_EMAIL_FROM or ALERT_EMAIL_TO is set, but there is no binding EMAIL",
    );
    expect(settings("", { EMAIL: env.TEST_EMAIL, ...addresses }).problem).toBeNull();
    expect(settings("", { EMAIL: env.TEST_EMAIL, ...addresses, ALERT_EMAIL_TO: "b" }).problem).toBe(
      "ALERT_EMAIL_TO is no mail address",
    );
  });

  test("that are wrong in one part are an alert, and keep no other part from being used", async () => {
    const notices = settings("[", {
      EMAIL: env.TEST_EMAIL,
      ALERT_EMAIL_FROM: "a@example.com",
      ALERT_EMAIL_TO: "b@example.com",
    });
    await expect(check(AT, notices)).rejects.toThrow("ALERT_WEBHOOKS is not JSON");
    expect(await readAlerts(env.DB, "firing", 10)).toMatchObject([
      { id: "notice_failed:settings", severity: "critical" },
    ]);
    expect(loggedEvents(logged, "notices.sent")).toMatchObject([{ channel: "e-mail" }]);
  });
});
