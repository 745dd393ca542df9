import { readWeights } from "./header-weights.ts";

/**
 * The one of `types` that an Accept header asks for most; of those that it likes equally well, one
 * that it names before one that it means by a wildcard, in its own order. The first of `types` where
 * it asks for none of them, or where there is no header.
 */
export function acceptedType<Type extends string>(
  accept: string | undefined,
  types: readonly [Type, ...Type[]],
): Type {
  const weights = readWeights(accept ?? "");
  const names = [...weights.keys()];
  const candidates = types.map((type) => {
    const ranges: readonly string[] = [type, `${type.split("/")[0]}/*`, "*/*"];
    const range = ranges.find((name) => weights.has(name)) ?? "";
    const [weight, breadth] = [weights.get(range) ?? 0, ranges.indexOf(range)];
    return { type, weight, breadth, place: names.indexOf(range) };
  });
  const [best] = candidates
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight || a.breadth - b.breadth || a.place - b.place);
  return best?.type ?? types[0];
}
