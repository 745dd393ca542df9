import { tableAsset } from "./asset-table.ts";
import { isTicker, type Aliases, type Asset } from "./asset.ts";
import { InvalidInputError } from "./errors.ts";
import type { Tier } from "./tier.ts";

/** What somebody wants to change of an asset; a member that is undefined stays as it is. */
export interface AssetChange {
  readonly name?: string | null | undefined;
  readonly category?: Asset["category"] | undefined;
  /** null: the tier of the built-in table again. */
  readonly tier?: Tier | null | undefined;
  readonly aliases?: readonly string[] | undefined;
  readonly successor?: string | null | undefined;
  readonly valid_from?: number | null | undefined;
  readonly valid_until?: number | null | undefined;
}

/** A stretch of time in unix seconds; a bound that is null is open. */
export interface Validity {
  /** Inclusive. */
  readonly valid_from: number | null;
  /** Exclusive. */
  readonly valid_until: number | null;
}

/** Throws InvalidInputError where the stretch ends before it begins, or is empty. */
export function assertValidity({ valid_from, valid_until }: Validity): void {
  if (valid_from !== null && valid_until !== null && valid_from >= valid_until) {
    throw new InvalidInputError("valid_until", valid_until, `after valid_from, ${valid_from}`);
  }
}

/**
 * The asset that `change` makes of `asset`. `others` are the assets that a name of it may not be
 * mistaken for. Throws InvalidInputError that names the member which cannot be meant.
 */
export function applyAssetChange(
  asset: Asset,
  change: AssetChange,
  others: readonly Asset[],
): Asset {
  const { tier } = change;
  const successor = change.successor === undefined ? asset.successor : change.successor;
  const changed: Asset = {
    ticker: asset.ticker,
    name: change.name === undefined ? asset.name : change.name,
    category: change.category ?? asset.category,
    tier: tier === null ? tableAsset(asset.ticker).tier : (tier ?? asset.tier),
    assigned: tier === undefined ? asset.assigned : tier === null ? "table" : "hand",
    aliases: change.aliases ?? asset.aliases,
    successor,
    valid_from: change.valid_from === undefined ? asset.valid_from : change.valid_from,
    valid_until: change.valid_until === undefined ? asset.valid_until : change.valid_until,
  };
  assertValidity(changed);
  assertAliases(asset.ticker, change.aliases ?? [], others);
  return changed;
}

function assertAliases(ticker: string, aliases: readonly string[], others: readonly Asset[]): void {
  for (const [index, alias] of aliases.entries()) {
    if (alias === ticker || aliases.indexOf(alias) !== index) {
      throw new InvalidInputError("aliases", alias, "other names than the ticker, each once");
    }
    const other = others.find(
      (one) => one.ticker !== ticker && (one.ticker === alias || one.aliases.includes(alias)),
    );
    if (other !== undefined) {
      throw new InvalidInputError("aliases", alias, `${other.ticker} has that name`);
    }
  }
}

/**
 * The ticker that `successor` means, which may be an alias. Throws InvalidInputError where it means
 * none, or `ticker` itself.
 */
export function resolveSuccessor(ticker: string, successor: string, aliases: Aliases): string {
  const resolved = aliases.get(successor) ?? successor;
  if (!isTicker(resolved) || resolved === ticker) {
    throw new InvalidInputError(
      "successor",
      successor,
      `the ticker of another asset than ${ticker}, such as POL`,
    );
  }
  return resolved;
}
