/** What reading files whole has found. */
export interface Verification {
  readonly partitions: number;
  readonly files: number;
  readonly bytes: number;
  readonly damaged: readonly { readonly key: string; readonly damage: string }[];
  readonly chains: readonly {
    readonly series: string;
    readonly partition: string;
    readonly problem: string;
  }[];
  /** Partitions still to come. */
  readonly left: number;
}

export const NOTHING_VERIFIED: Verification = {
  partitions: 0,
  files: 0,
  bytes: 0,
  damaged: [],
  chains: [],
  left: 0,
};

/** `before` and `step`, what was read after it. */
export function addVerification(before: Verification, step: Verification): Verification {
  return {
    partitions: before.partitions + step.partitions,
    files: before.files + step.files,
    bytes: before.bytes + step.bytes,
    damaged: [...before.damaged, ...step.damaged],
    chains: [...before.chains, ...step.chains],
    left: step.left,
  };
}

/** How much of the archive was read, from 0 to 1; null where nothing was. */
export function verifiedRatio({ partitions, left }: Verification): number | null {
  return partitions + left === 0 ? null : partitions / (partitions + left);
}
