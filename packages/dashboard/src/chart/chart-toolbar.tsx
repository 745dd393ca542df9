import type { Timeframe } from "@candlehouse/shared/core/timeframe";
import type { ComponentChildren } from "preact";
import { Segments } from "../ui/segments.tsx";
import { Select } from "../ui/select.tsx";
import { SeriesPicker } from "../ui/series-picker.tsx";
import { siblingsOf, timeframesOf, type Market } from "./market-list.ts";
import { TimeframeChoice } from "./timeframe-choice.tsx";

interface ChartToolbarProps {
  readonly markets: readonly Market[];
  /** Of the market that is shown: `binance:BTC-USDT`. */
  readonly name: string;
  /** That of the chart; undefined while the list is loaded, or where it is not in it. */
  readonly market: Market | undefined;
  readonly timeframe: Timeframe;
  readonly onMarket: (market: Market) => void;
  readonly onTimeframe: (timeframe: Timeframe) => void;
  /** How it is shown. */
  readonly children: ComponentChildren;
}

/** What the chart shows, market, source and timeframe, and how. */
export function ChartToolbar(props: ChartToolbarProps) {
  const { name, markets, market, timeframe, onMarket, onTimeframe, children } = props;
  const siblings = market === undefined ? [] : siblingsOf(markets, market);
  const choose = (wanted: string) => {
    const chosen = markets.find((one) => one.name === wanted);
    if (chosen !== undefined) {
      onMarket(chosen);
    }
  };
  return (
    <div class="chart-toolbar">
      <div class="chart-market">
        <SeriesPicker
          label="Market"
          isLabelShown={false}
          names={market === undefined ? [name] : markets.map((one) => one.name)}
          value={market?.name ?? name}
          onChange={choose}
        />
      </div>
      {siblings.length < 2 || market === undefined ? null : (
        <SourceChoice siblings={siblings} market={market} onChange={choose} />
      )}
      <TimeframeChoice
        offered={market === undefined ? [timeframe] : timeframesOf(market)}
        stored={market?.stored ?? [timeframe]}
        value={timeframe}
        onChange={onTimeframe}
      />
      <div class="chart-tools">{children}</div>
    </div>
  );
}

interface SourceChoiceProps {
  readonly siblings: readonly Market[];
  readonly market: Market;
  readonly onChange: (name: string) => void;
}

/** The sources that have the market: as buttons where there is room, else as a list. */
function SourceChoice({ siblings, market, onChange }: SourceChoiceProps) {
  const options = siblings.map(({ name, source, symbol }) => ({
    value: name,
    label: symbol === market.symbol ? source : `${source} ${quoteOf(symbol)}`,
  }));
  const choice = { label: "Source", options, value: market.name, onChange };
  return (
    <div class="chart-choice">
      <div class="chart-widest">
        <Segments {...choice} />
      </div>
      <div class="chart-less">
        <Select {...choice} />
      </div>
    </div>
  );
}

function quoteOf(symbol: string): string {
  return symbol.slice(symbol.lastIndexOf("-") + 1);
}
