import { createHash, randomBytes } from "node:crypto";
import type { WorkerId } from "./environment.ts";

/** A secret that a Worker reads. */
export interface SecretName {
  readonly worker: WorkerId;
  readonly name: string;
}

/** One whose value is known here. */
export interface SecretValue extends SecretName {
  readonly value: string;
}

/**
 * The hash of the first key, by which all others are made. It is set before the Worker is deployed for
 * the first time; an operator who has other keys takes it away, and nothing sets it again by itself.
 */
export const BOOTSTRAP: SecretName = { worker: "query", name: "BOOTSTRAP_KEY_SHA256" };

/** Those that are set where the environment of this process has them. */
export const GIVEN_SECRETS: readonly SecretName[] = [
  { worker: "producer", name: "CRYPTOCOMPARE_API_KEY" },
  { worker: "producer", name: "COINGECKO_API_KEY" },
  { worker: "producer", name: "MASSIVE_API_KEY" },
  { worker: "producer", name: "FINNHUB_API_KEY" },
  { worker: "monitor", name: "ALERT_WEBHOOKS" },
];

/** The variable that holds the first key, where the operator has made one. */
export const BOOTSTRAP_VARIABLE = "BOOTSTRAP_KEY";

/** The variable that holds a key of the installation, as the command line has it. */
export const KEY_VARIABLE = "CANDLEHOUSE_KEY";

/** Those of `GIVEN_SECRETS` that `environment` has a value for; an empty one counts as none. */
export function readGivenSecrets(environment: NodeJS.ProcessEnv): SecretValue[] {
  return GIVEN_SECRETS.flatMap((secret) => {
    const value = environment[secret.name];
    return value === undefined || value === "" ? [] : [{ ...secret, value }];
  });
}

/** A key that nobody can guess: 256 random bits. */
export function newKey(): string {
  return randomBytes(32).toString("hex");
}

/** What is stored of a key: its SHA-256, hex. */
export function hashOfKey(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
