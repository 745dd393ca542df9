import { parseSeries } from "@candlehouse/shared/core/series";
import { GitCompareArrows } from "lucide-preact";
import { Button } from "../../ui/button.tsx";
import { Popover } from "../../ui/popover.tsx";
import { SeriesPicker } from "../../ui/series-picker.tsx";
import type { ChartPlace } from "../chart-place.ts";
import { haveOneScale, marketName } from "./compare-market.ts";

interface ComparePickerProps {
  readonly place: ChartPlace;
  /** The markets that there are, `source:SYMBOL`. */
  readonly names: readonly string[];
}

/** Chooses another market whose closes are drawn beside the candles. */
export function ComparePicker({ place, names }: ComparePickerProps) {
  const { compare } = place.state;
  const other = parseSeries(compare ?? "");
  return (
    <Popover
      label="Compare"
      isOn={other !== undefined}
      button={
        <>
          <GitCompareArrows aria-hidden="true" />
          <span>{other === undefined ? "Compare" : marketName(other)}</span>
        </>
      }
    >
      {(close) => (
        <CompareMenu
          place={place}
          names={names}
          onChoose={(market) => {
            place.change({ compare: market === null ? null : `${market}:${place.timeframe}` });
            close();
          }}
        />
      )}
    </Popover>
  );
}

interface CompareMenuProps extends ComparePickerProps {
  /** A market, `source:SYMBOL`; null for none. */
  readonly onChoose: (market: string | null) => void;
}

function CompareMenu({ place, names, onChoose }: CompareMenuProps) {
  const { series, compare } = place.state;
  const own = marketOf(series);
  const markets = names.filter((market) => market !== own);
  const near = markets.filter((market) => haveOneScale(series, `${market}:1m`));
  const chosen = compare === null ? null : marketOf(compare);
  return (
    <div class="overlay-menu">
      {near.length === 0 ? null : (
        <>
          <h2>The same market elsewhere</h2>
          <div class="overlay-choices">
            {near.map((market) => (
              <button
                key={market}
                type="button"
                class="button"
                aria-pressed={market === chosen}
                onClick={() => onChoose(market === chosen ? null : market)}
              >
                {market.replace(":", " ")}
              </button>
            ))}
          </div>
        </>
      )}
      <SeriesPicker
        label="Any market"
        names={markets}
        value={chosen}
        onChange={(market) => onChoose(market)}
      />
      <p class="overlay-hint">
        Markets at other prices are compared by how they changed, in percent. Nothing is converted
        from one quote to another.
      </p>
      {chosen === null ? null : (
        <div class="form-actions">
          <Button onClick={() => onChoose(null)}>Compare with nothing</Button>
        </div>
      )}
    </div>
  );
}

/** `binance:BTC-USDT` of `binance:BTC-USDT:1m`. */
function marketOf(series: string): string {
  return series.split(":").slice(0, 2).join(":");
}
