import type { Costs } from "@candlehouse/client";
import { formatDollars } from "../ui/format.ts";
import { Tag } from "../ui/tag.tsx";
import type { BillLine } from "./answers.ts";
import { amountText, barOf, lineState, priceText, shareText, usedText } from "./bill-words.ts";

/** A bar for each thing that is billed: used, projected, and where what is included ends. */
export function BillLines({ costs }: { readonly costs: Costs }) {
  const isOver = costs.elapsed_ratio >= 1;
  return (
    <>
      <p class="pipeline-legend pipeline-quiet" aria-hidden="true">
        <span class="pipeline-swatch pipeline-swatch-used" /> used
        <span class="pipeline-swatch pipeline-swatch-projected" /> by the month's end
        <span class="pipeline-swatch pipeline-swatch-included" /> included
      </p>
      <ul class="pipeline-bill">
        {costs.items.map((line) => (
          <Line key={line.item} line={line} isOver={isOver} />
        ))}
      </ul>
    </>
  );
}

function Line({ line, isOver }: { readonly line: BillLine; readonly isOver: boolean }) {
  const { name, unit, used, projected, projected_ratio: ratio, projected_usd: usd } = line;
  const { tone, word } = lineState(line);
  const bar = barOf(line);
  return (
    <li class={`pipeline-bill-line pipeline-tone-${tone}`}>
      <div class="pipeline-bill-head">
        <h3>{name}</h3>
        {tone === "good" ? null : <Tag tone={tone}>{word}</Tag>}
        <span class="pipeline-bill-usd" title={`${priceText(line)} beyond what is included`}>
          {formatDollars(usd)}
        </span>
      </div>
      <div class="pipeline-bill-bar" aria-hidden="true">
        <span class="pipeline-bill-projected" style={{ inlineSize: percent(bar.projected) }} />
        <span class="pipeline-bill-used" style={{ inlineSize: percent(bar.used) }} />
        <span class="pipeline-bill-included" style={{ insetInlineStart: percent(bar.included) }} />
      </div>
      <p class="pipeline-bill-text">
        <span>{usedText(line)}</span>
        <span>
          {isOver || projected === used
            ? `${shareText(ratio)} of what is included`
            : `→ ${amountText(projected, unit)}, ${shareText(ratio)}`}
        </span>
      </p>
    </li>
  );
}

function percent(ratio: number): string {
  return `${ratio * 100}%`;
}
