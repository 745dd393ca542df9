import type { WorkerId } from "./environment.ts";
import { BOOTSTRAP, type SecretName } from "./secrets.ts";

/** What an environment is made of. */
export interface Wanted {
  readonly queues: readonly string[];
  readonly databases: readonly string[];
  readonly buckets: readonly string[];
  /** Those whose values are known. */
  readonly secrets: readonly SecretName[];
}

/** What is there of it. */
export interface Existing {
  readonly queues: ReadonlySet<string>;
  readonly databases: ReadonlySet<string>;
  readonly buckets: ReadonlySet<string>;
  /** As `secretId` writes them. */
  readonly secrets: ReadonlySet<string>;
  /** Those that are deployed, or hold a secret. */
  readonly workers: ReadonlySet<WorkerId>;
}

/** A thing that is wanted, and whether it is still to be made. */
export type ProvisionStep =
  | {
      readonly kind: "queue" | "database" | "bucket";
      readonly name: string;
      readonly isThere: boolean;
    }
  | {
      readonly kind: "secret";
      readonly secret: SecretName;
      readonly isThere: boolean;
      /** Whether a value that is there is to be replaced. */
      readonly isReplaced: boolean;
      /** Whether it is absent and stays so, since its time is over. */
      readonly isOver: boolean;
    };

export function secretId({ worker, name }: SecretName): string {
  return `${worker} ${name}`;
}

/**
 * What is to be made, in an order in which each finds what it needs: queues before the Workers that
 * secrets make. `replaced` are names of secrets whose new value takes the place of the one that is
 * there; no other secret is written twice, since nobody can read whether it is still the same. The
 * bootstrap secret is not set again for a Worker that was there without it.
 */
export function planProvision(
  wanted: Wanted,
  existing: Existing,
  replaced: ReadonlySet<string>,
): ProvisionStep[] {
  return [
    ...planNamed("queue", wanted.queues, existing.queues),
    ...planNamed("database", wanted.databases, existing.databases),
    ...planNamed("bucket", wanted.buckets, existing.buckets),
    ...wanted.secrets.map((secret): ProvisionStep => {
      const isThere = existing.secrets.has(secretId(secret));
      const isAskedFor = replaced.has(secret.name);
      const isFirst = secret.name !== BOOTSTRAP.name || !existing.workers.has(secret.worker);
      return {
        kind: "secret",
        secret,
        isThere,
        isReplaced: isThere && isAskedFor,
        isOver: !isThere && !isFirst && !isAskedFor,
      };
    }),
  ];
}

function planNamed(
  kind: "queue" | "database" | "bucket",
  names: readonly string[],
  there: ReadonlySet<string>,
): ProvisionStep[] {
  return names.map((name) => ({ kind, name, isThere: there.has(name) }));
}

/** Whether the step has something to do. */
export function isToDo(step: ProvisionStep): boolean {
  return step.kind === "secret" ? step.isReplaced || !(step.isThere || step.isOver) : !step.isThere;
}
