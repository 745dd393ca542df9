import { QueryClient, QueryClientProvider } from "@tanstack/preact-query";
import { lazy, Suspense } from "preact/compat";
import { useEffect } from "preact/hooks";
import { Link, Route, Router, Switch, useLocation } from "wouter-preact";
import { KeyDialog } from "./shell/key-dialog.tsx";
import { Header } from "./shell/nav.tsx";
import { Notices } from "./shell/notices.tsx";
import { useTopOf } from "./shell/scroll.ts";
import { useClock } from "./shell/clock.ts";
import { Empty, Loading } from "./ui/states.tsx";

/** An answer this old is asked for again when a view that shows it is opened. Milliseconds. */
const STALE_MS = 15_000;

const queries = new QueryClient({
  // The client repeats what may succeed in a moment by itself. A system on the reader's own machine
  // answers without a network too: nothing waits for the browser to be online.
  defaultOptions: {
    queries: { retry: false, staleTime: STALE_MS, networkMode: "always" },
    mutations: { retry: false, networkMode: "always" },
  },
});

/** Vite's development server has the page below the path of its files; the system has it at its root. */
const BASE = import.meta.env.DEV ? "/dashboard" : "";

const ChartView = lazy(async () => ({
  default: (await import("./chart/chart-view.tsx")).ChartView,
}));
const CoverageView = lazy(async () => ({
  default: (await import("./coverage/coverage-view.tsx")).CoverageView,
}));
const PipelineView = lazy(async () => ({
  default: (await import("./pipeline/pipeline-view.tsx")).PipelineView,
}));
const JobsView = lazy(async () => ({ default: (await import("./jobs/jobs-view.tsx")).JobsView }));
const SeriesView = lazy(async () => ({
  default: (await import("./series/series-view.tsx")).SeriesView,
}));

export function App() {
  return (
    <QueryClientProvider client={queries}>
      <Router base={BASE}>
        <a class="skip-link" href="#view">
          Skip to the view
        </a>
        <Clock />
        <Header />
        <main id="view" class="view" tabIndex={-1}>
          <Suspense fallback={<Loading what="the view" />}>
            <Views />
          </Suspense>
        </main>
        <Notices />
        <KeyDialog />
      </Router>
    </QueryClientProvider>
  );
}

/** Keeps the time; in a component of its own, so that the page is not drawn each minute. */
function Clock() {
  useClock();
  return null;
}

const TITLES: Readonly<Record<string, string>> = {
  "/": "Chart",
  "/coverage": "Coverage",
  "/pipeline": "Pipeline",
  "/jobs": "Jobs",
  "/series": "Series",
};

function Views() {
  const [location] = useLocation();
  useTopOf(location);
  useEffect(() => {
    document.title = `${TITLES[location] ?? "Not found"} · Candlehouse`;
  }, [location]);
  return (
    <Switch>
      <Route path="/">
        <ChartView />
      </Route>
      <Route path="/coverage">
        <CoverageView />
      </Route>
      <Route path="/pipeline">
        <PipelineView />
      </Route>
      <Route path="/jobs">
        <JobsView />
      </Route>
      <Route path="/series">
        <SeriesView />
      </Route>
      <Route>
        <h1 class="only-read">Not found</h1>
        <Empty title="There is nothing at this address.">
          <p>
            <Link href="/">Go to the chart</Link>
          </p>
        </Empty>
      </Route>
    </Switch>
  );
}
