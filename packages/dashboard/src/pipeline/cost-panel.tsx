import type { Costs } from "@candlehouse/client";
import { useComputed } from "@preact/signals";
import { ChevronLeft, ChevronRight } from "lucide-preact";
import { monthOf } from "@candlehouse/shared/core/cost";
import { useSearchParams } from "wouter-preact";
import { now } from "../shell/clock.ts";
import { IconButton } from "../ui/button.tsx";
import { formatDollars, formatRatio } from "../ui/format.ts";
import { Panel, Stat, Stats } from "../ui/panel.tsx";
import { Segments } from "../ui/segments.tsx";
import { Answered } from "./answered.tsx";
import { BillLines } from "./bill-lines.tsx";
import { CostDays } from "./cost-days.tsx";
import { CostWorks } from "./cost-works.tsx";
import { monthAfter, monthText } from "./months.ts";
import { useCosts } from "./reads.ts";

const PARTS = [
  { value: "bill", label: "Bill" },
  { value: "works", label: "By work" },
  { value: "days", label: "By day" },
] as const;

type PartOfCost = (typeof PARTS)[number]["value"];

/** What a month costs, so far and by its end, against what the plan includes. */
export function CostPanel() {
  const [search, setSearch] = useSearchParams();
  const month = search.get("month");
  const query = useCosts(month);
  const part = PARTS.find(({ value }) => value === search.get("cost"))?.value ?? "bill";
  const change = (name: string, value: string | null): void => {
    setSearch(
      (before) => {
        if (value === null) {
          before.delete(name);
        } else {
          before.set(name, value);
        }
        return before;
      },
      { replace: true },
    );
  };
  return (
    <Panel
      title="Cost"
      actions={<MonthSwitch month={month} onMonth={(next) => change("month", next)} />}
    >
      <Answered what="what it costs" query={query}>
        {(costs) => (
          <>
            <Total costs={costs} />
            <Segments
              label="Part of the cost"
              options={PARTS}
              value={part}
              onChange={(value) => change("cost", value)}
            />
            <CostPart costs={costs} part={part} />
            <NotCounted costs={costs} />
          </>
        )}
      </Answered>
    </Panel>
  );
}

interface MonthSwitchProps {
  /** Null: the running one. */
  readonly month: string | null;
  readonly onMonth: (month: string | null) => void;
}

function MonthSwitch({ month, onMonth }: MonthSwitchProps) {
  const running = useComputed(() => monthOf(now.value)).value;
  const shown = month ?? running;
  const go = (step: number): void => {
    const next = monthAfter(shown, step);
    onMonth(next === running ? null : next);
  };
  return (
    <>
      <IconButton label="Month before" onClick={() => go(-1)}>
        <ChevronLeft aria-hidden="true" />
      </IconButton>
      <span class="pipeline-month" role="status">
        {monthText(shown)}
      </span>
      <IconButton label="Next month" disabled={shown >= running} onClick={() => go(1)}>
        <ChevronRight aria-hidden="true" />
      </IconButton>
    </>
  );
}

function Total({ costs }: { readonly costs: Costs }) {
  const { plan, projected_usd: usd, elapsed_ratio: elapsed } = costs;
  const beyond = usd - plan.usd_a_month;
  const isOver = elapsed >= 1;
  return (
    <Stats>
      <Stat
        name={isOver ? "Cost of the month" : "By the month's end"}
        value={formatDollars(usd)}
        tone={beyond > 0 ? "warning" : "good"}
        note={isOver ? "the month is over" : `${formatRatio(elapsed)} of the month is over`}
      />
      <Stat
        name={plan.name}
        value={formatDollars(plan.usd_a_month)}
        note="a month, whatever is used"
      />
      <Stat
        name="Beyond what it includes"
        value={formatDollars(beyond)}
        note={beyond > 0 ? "see the lines that go beyond" : "nothing"}
      />
      {costs.budget && (
        <Stat
          name="Budget"
          value={formatDollars(costs.budget.usd)}
          tone={costs.budget.state === "full" ? "good" : "warning"}
          note={costs.budget.reason ?? "backfills are at full speed"}
        />
      )}
    </Stats>
  );
}

function CostPart({ costs, part }: { readonly costs: Costs; readonly part: PartOfCost }) {
  switch (part) {
    case "bill":
      return <BillLines costs={costs} />;
    case "works":
      return <CostWorks works={costs.works} />;
    case "days":
      return <CostDays costs={costs} />;
  }
}

function NotCounted({ costs }: { readonly costs: Costs }) {
  return (
    <details class="pipeline-not-counted">
      <summary>What is not counted</summary>
      <p>The system counts what its own work is billed for. Your bill also has:</p>
      <ul>
        {costs.not_counted.map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
    </details>
  );
}
