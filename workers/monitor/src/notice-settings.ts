import { ALERT_SEVERITIES } from "@candlehouse/shared/core/alert";
import { WEBHOOK_SHAPES, type WebhookShape } from "@candlehouse/shared/core/notice-payload";
import type { NoticeChannel } from "@candlehouse/shared/core/notice-plan";
import type { NoticeLinks } from "@candlehouse/shared/core/notice-text";
import { z } from "zod";

/** A webhook that takes notices. Its address is a secret: `name` holds its host alone. */
export interface WebhookChannel extends NoticeChannel {
  readonly kind: "webhook";
  readonly url: string;
  readonly shape: WebhookShape;
}

/** A mailbox that takes notices. */
export interface MailChannel extends NoticeChannel {
  readonly kind: "mail";
  readonly binding: Pick<SendEmail, "send">;
  readonly from: string;
  readonly to: string;
}

/** Where notices go. */
export interface NoticeSettings {
  readonly channels: readonly (WebhookChannel | MailChannel)[];
  readonly links: NoticeLinks;
  /** What is wrong with the settings, without a value of them; null where nothing is. */
  readonly problem: string | null;
}

/** Each is a request of the same check. */
const WEBHOOKS_MAX = 10;

/** `localhost` and 127.0.0.1 are for trying it out. */
const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

const webhooks = z
  .array(
    z.strictObject({
      url: z.string().refine(isTakenUrl, "expected an address that begins with https://"),
      shape: z.enum(WEBHOOK_SHAPES),
      minimum: z.enum(ALERT_SEVERITIES).default("warning"),
    }),
  )
  .max(WEBHOOKS_MAX);

const mailbox = z.email();

const bindings = z.object({
  // A secret, so it stands in no configuration file and in no generated type; the same goes for the
  // binding, which needs an address that its owner has confirmed.
  ALERT_WEBHOOKS: z.string().default(""),
  EMAIL: z.custom<Pick<SendEmail, "send">>(isMailBinding).optional(),
  ALERT_EMAIL_FROM: z.string(),
  ALERT_EMAIL_TO: z.string(),
  PUBLIC_URL: z.string(),
  RUNBOOK_URL: z.string(),
});

/**
 * Where `env` says that notices go. What is wrong with one part of it keeps no other from being used:
 * it is told by `problem`.
 */
export function noticeSettings(env: object): NoticeSettings {
  const problems: string[] = [];
  /** What `read` returns; what it throws is a problem, and then there is nothing. */
  const tried = <Value>(read: () => Value, otherwise: Value): Value => {
    try {
      return read();
    } catch (error) {
      problems.push(error instanceof SettingProblem ? error.message : "they cannot be read");
      return otherwise;
    }
  };
  const given = bindings.parse(env);
  const channels = [
    ...tried(() => webhooksOf(given.ALERT_WEBHOOKS), []),
    ...tried(() => mailOf(given), []),
  ];
  const links: NoticeLinks = {
    dashboard: tried(() => addressOf("PUBLIC_URL", given.PUBLIC_URL, "pipeline"), null),
    runbooks: tried(() => addressOf("RUNBOOK_URL", given.RUNBOOK_URL, ""), null),
  };
  return { channels, links, problem: problems.length === 0 ? null : problems.join("; ") };
}

/** A setting that cannot be meant; its message holds nothing of the value, which may be a secret. */
class SettingProblem extends Error {
  override readonly name = "SettingProblem";
}

function webhooksOf(text: string): WebhookChannel[] {
  if (text === "") {
    return [];
  }
  const parsed = webhooks.safeParse(jsonOf(text));
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    const where = first === undefined ? "" : `${first.path.join(".")}: ${reasonOf(first)}`;
    throw new SettingProblem(`ALERT_WEBHOOKS ${where}`);
  }
  return parsed.data.map(({ url, shape, minimum }, place) => ({
    kind: "webhook",
    name: `webhook ${place + 1} (${new URL(url).host})`,
    url,
    shape,
    minimum,
  }));
}

/** What zod says without repeating names that it did not expect. */
function reasonOf(issue: z.core.$ZodIssue): string {
  return issue.code === "unrecognized_keys" ? "a member that is not known" : issue.message;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Its message repeats a part of the text.
    throw new SettingProblem("ALERT_WEBHOOKS is not JSON");
  }
}

function isTakenUrl(text: string): boolean {
  const url = URL.parse(text);
  return (
    url?.protocol === "https:" || (url?.protocol === "http:" && LOOPBACK_HOSTS.has(url.hostname))
  );
}

function mailOf(given: z.output<typeof bindings>): MailChannel[] {
  const { EMAIL: binding, ALERT_EMAIL_FROM: from, ALERT_EMAIL_TO: to } = given;
  if (binding === undefined && from === "" && to === "") {
    return [];
  }
  if (binding === undefined) {
    throw new SettingProblem(
      "ALERT_EMAIL_FROM or ALERT_EMAIL_TO is set, but there is no binding EMAIL",
    );
  }
  for (const [name, value] of Object.entries({ ALERT_EMAIL_FROM: from, ALERT_EMAIL_TO: to })) {
    if (!mailbox.safeParse(value).success) {
      throw new SettingProblem(`${name} is no mail address`);
    }
  }
  return [{ kind: "mail", name: "e-mail", minimum: "warning", binding, from, to }];
}

function isMailBinding(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && typeof Reflect.get(value, "send") === "function"
  );
}

/** The address below `text`, or null where it is empty. */
function addressOf(name: string, text: string, path: string): string | null {
  if (text === "") {
    return null;
  }
  const base = URL.parse(text.endsWith("/") ? text : `${text}/`);
  if (base?.protocol !== "https:" && base?.protocol !== "http:") {
    throw new SettingProblem(`${name} is no address`);
  }
  return `${base.href}${path}`;
}
