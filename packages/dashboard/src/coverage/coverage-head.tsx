import { formatSeries, parseSeries } from "@candlehouse/shared/core/series";
import { ArrowLeft } from "lucide-preact";
import { Link } from "wouter-preact";
import { Segments } from "../ui/segments.tsx";
import { Select } from "../ui/select.tsx";
import { SeriesPicker } from "../ui/series-picker.tsx";
import { sourcesOf, timeframesOf, type SeriesCompleteness } from "./completeness-matrix.ts";
import {
  nameOfScope,
  scopeOf,
  showsDays,
  TIER_NAMES,
  type CoveragePlace,
} from "./coverage-place.ts";
import { coverageLink } from "./links.ts";

interface CoverageHeadProps {
  readonly place: CoveragePlace;
  /** All series that hold a candle. */
  readonly list: readonly SeriesCompleteness[];
  readonly onChange: (some: Partial<CoveragePlace>) => void;
}

const ANY = "any";

/** What the view is about, and the way to something else. */
export function CoverageHead(props: CoverageHeadProps) {
  const { place, list, onChange } = props;
  const isDays = showsDays(place);
  return (
    <div class="coverage-head">
      {isDays ? (
        <Link
          class="button"
          href={coverageLink({ ...place, series: null, timeframe: null, day: null })}
        >
          <ArrowLeft aria-hidden="true" />
          Overview
        </Link>
      ) : null}
      <h1>{isDays ? nameOfScope(scopeOf(place)) : "Coverage"}</h1>
      {place.series === null ? null : <SeriesTimeframes {...props} series={place.series} />}
      {place.series === null ? <Group {...props} /> : null}
      <SeriesPicker
        // What it shows at first it looks up in its names.
        key={list.length > 0 ? "names" : "none"}
        label="Days of a series"
        isLabelShown={false}
        names={list.map(({ series }) => series)}
        value={place.series}
        onChange={(series) => onChange({ series, day: null })}
      />
    </div>
  );
}

/** The timeframes in which the market is held; none where it is one alone. */
function SeriesTimeframes({
  series: name,
  list,
  onChange,
}: CoverageHeadProps & { readonly series: string }) {
  const series = parseSeries(name);
  if (series === undefined) {
    return null;
  }
  const market = name.slice(0, name.lastIndexOf(":") + 1);
  const timeframes = timeframesOf(list.filter((one) => one.series.startsWith(market)));
  return timeframes.length < 2 ? null : (
    <Segments
      label="Timeframe"
      options={timeframes.map((timeframe) => ({ value: timeframe, label: timeframe }))}
      value={series.timeframe}
      onChange={(timeframe) => onChange({ series: formatSeries({ ...series, timeframe }) })}
    />
  );
}

/** Which of all series are meant: by tier and source, and of days by timeframe. */
function Group({ place, list, onChange }: CoverageHeadProps) {
  const isDays = showsDays(place);
  const tiers = [
    ...(isDays ? [] : [{ value: ANY, label: "All tiers" } as const]),
    ...TIER_NAMES.map((tier) => ({ value: tier, label: isDays ? `Tier ${tier}` : tier })),
  ];
  const sources = [
    { value: ANY, label: "All sources" } as const,
    ...sourcesOf(list).map((source) => ({ value: source, label: source })),
  ];
  return (
    <>
      <Segments
        label="Tier"
        options={tiers}
        value={place.tier ?? ANY}
        onChange={(tier) => onChange({ tier: tier === ANY ? null : tier })}
      />
      {place.timeframe === null || !isDays ? null : (
        <Select
          label="Timeframe"
          options={timeframesOf(list).map((timeframe) => ({ value: timeframe, label: timeframe }))}
          value={place.timeframe}
          onChange={(timeframe) => onChange({ timeframe })}
        />
      )}
      <Select
        label="Source"
        options={sources}
        value={place.source ?? ANY}
        onChange={(source) => onChange({ source: source === ANY ? null : source })}
      />
    </>
  );
}
