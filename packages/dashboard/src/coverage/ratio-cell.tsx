import { Link } from "wouter-preact";
import { formatNumber, formatRatio } from "../ui/format.ts";
import type { Cell } from "./completeness-matrix.ts";

/** Below it a glance is to stop here. */
const NEARLY_ALL = 0.99;

interface RatioCellProps {
  /** Undefined where there is no such series. */
  readonly cell: Cell | undefined;
  /** Of what it is. */
  readonly name: string;
  /** Where its days are. */
  readonly href: string;
}

/** How complete something is, as a number and a bar; leads to its days. */
export function RatioCell({ cell, name, href }: RatioCellProps) {
  if (cell === undefined) {
    return <span class="coverage-quiet">–</span>;
  }
  const { ratio, unexplained } = cell;
  const text = ratio === null ? "none due" : formatRatio(ratio);
  const missing = unexplained === 0 ? "" : `, ${formatNumber(unexplained)} missing`;
  return (
    <Link
      class={`ratio ratio-${toneOf(ratio)}`}
      href={href}
      aria-label={`${name}: ${text}${missing}`}
      title={`${name}: ${formatNumber(cell.held)} of ${formatNumber(cell.expected)}${missing}`}
    >
      <span>{text}</span>
      <span class="ratio-bar">
        <span class="ratio-fill" style={{ width: `${(ratio ?? 1) * 100}%` }} />
      </span>
    </Link>
  );
}

function toneOf(ratio: number | null): "full" | "nearly" | "low" {
  if (ratio === null || ratio === 1) {
    return "full";
  }
  return ratio >= NEARLY_ALL ? "nearly" : "low";
}
