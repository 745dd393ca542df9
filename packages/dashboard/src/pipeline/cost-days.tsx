import type { Costs } from "@candlehouse/client";
import { useComputed } from "@preact/signals";
import { useState } from "preact/hooks";
import { now } from "../shell/clock.ts";
import { formatDay, formatNumber } from "../ui/format.ts";
import { Select } from "../ui/select.tsx";
import { Empty } from "../ui/states.tsx";
import { BarChart } from "./bar-chart.tsx";
import { dayOf, daysOf } from "./months.ts";

/** What can be looked at day by day. */
const COUNTS = [
  { value: "rows_written", label: "D1 rows written" },
  { value: "object_requests", label: "Durable Object requests" },
  { value: "queue_operations", label: "Queue operations" },
  { value: "object_rows_written", label: "Durable Object rows written" },
  { value: "rows_read", label: "D1 rows read" },
  { value: "requests", label: "Workers requests" },
  { value: "steps", label: "Workflow steps" },
  { value: "class_a", label: "R2 writes and lists" },
  { value: "class_b", label: "R2 reads" },
  { value: "candles", label: "Candles" },
] as const;

/** What was used on each day of the month, UTC. */
export function CostDays({ costs }: { readonly costs: Costs }) {
  const [count, setCount] = useState<(typeof COUNTS)[number]["value"]>("rows_written");
  const known = new Map(costs.days.map((one) => [one.day, one]));
  const today = useComputed(() => dayOf(now.value)).value;
  const name = COUNTS.find(({ value }) => value === count)?.label ?? count;
  if (costs.days.length === 0) {
    return <Empty title="No work was counted in this month." />;
  }
  return (
    <>
      <div class="toolbar">
        <Select label="What is shown by day" options={COUNTS} value={count} onChange={setCount} />
      </div>
      <BarChart
        label="Day"
        series={[{ id: "used", name }]}
        bars={daysOf(costs.month, today).map((day) => ({
          id: day,
          label: formatDay(Date.parse(`${day}T00:00:00Z`) / 1_000, "UTC"),
          tick: tickOf(day),
          isMain: true,
          values: [known.get(day)?.[count] ?? 0],
        }))}
        format={formatNumber}
        all="The month so far"
      />
    </>
  );
}

/** The number of each fifth day, and of the first. */
function tickOf(day: string): string | null {
  const number = Number(day.slice(8));
  return number === 1 || number % 5 === 0 ? String(number) : null;
}
