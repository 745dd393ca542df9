import { formatCompact, formatNumber, formatRatio } from "../ui/format.ts";
import { Panel, Stat, Stats } from "../ui/panel.tsx";
import { cellOf, type SeriesCompleteness } from "./completeness-matrix.ts";

/** How complete `list` is, all together. */
export function Totals({ list }: { readonly list: readonly SeriesCompleteness[] }) {
  const { ratio, held, expected, explained, unexplained, series } = cellOf(list);
  return (
    <Panel title="In all">
      <Stats>
        <Stat
          name="Completeness"
          value={ratio === null ? "–" : formatRatio(ratio)}
          tone={ratio === null || ratio === 1 ? "good" : "plain"}
          note={`of what can be held, in ${formatNumber(series)} series`}
        />
        <Stat
          name="Candles held"
          value={formatCompact(held)}
          note={`of ${formatCompact(expected)} due`}
        />
        <Stat
          name="Missing"
          value={formatNumber(unexplained)}
          tone={unexplained === 0 ? "good" : "warning"}
          note={unexplained === 0 ? "nothing to look for" : "for no known reason"}
        />
        <Stat name="Explained" value={formatNumber(explained)} note="will not come" />
      </Stats>
    </Panel>
  );
}
