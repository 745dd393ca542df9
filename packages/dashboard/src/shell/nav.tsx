import {
  Activity,
  CalendarDays,
  ChartCandlestick,
  ListChecks,
  Monitor,
  Moon,
  Settings2,
  Sun,
} from "lucide-preact";
import { Link, useLocation } from "wouter-preact";
import { IconButton } from "../ui/button.tsx";
import { theme, THEMES, zone, zoneName, type Theme } from "./settings.ts";

/** The views, in their order; the first one is what `/` shows. */
const VIEWS = [
  { path: "/", name: "Chart", Icon: ChartCandlestick },
  { path: "/coverage", name: "Coverage", Icon: CalendarDays },
  { path: "/pipeline", name: "Pipeline", Icon: Activity },
  { path: "/jobs", name: "Jobs", Icon: ListChecks },
  { path: "/series", name: "Series", Icon: Settings2 },
] as const;

const THEME_ICONS = { system: Monitor, light: Sun, dark: Moon } as const;

export function Header() {
  const [location] = useLocation();
  return (
    <header class="header">
      <Link href="/" class="brand">
        <img src="/dashboard/favicon.svg" alt="" width="24" height="24" />
        <span class="brand-name">Candlehouse</span>
      </Link>
      <nav class="nav" aria-label="Views">
        {VIEWS.map(({ path, name, Icon }) => (
          <Link
            key={path}
            href={path}
            class="nav-link"
            aria-current={location === path ? "page" : undefined}
          >
            <Icon aria-hidden="true" />
            <span>{name}</span>
          </Link>
        ))}
      </nav>
      <div class="header-settings">
        <ZoneButton />
        <ThemeButton />
      </div>
    </header>
  );
}

function ZoneButton() {
  const isUtc = zone.value === "UTC";
  return (
    <button
      type="button"
      class="button button-quiet"
      title={`Times are shown in ${zoneName()}`}
      onClick={() => {
        zone.value = isUtc ? "local" : "UTC";
      }}
    >
      <span class="only-read">Times in </span>
      {isUtc ? "UTC" : "Local time"}
    </button>
  );
}

function ThemeButton() {
  const Icon = THEME_ICONS[theme.value];
  const next: Theme = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "system";
  return (
    <IconButton
      label={`Colours: ${theme.value}. Press for ${next}`}
      onClick={() => {
        theme.value = next;
      }}
    >
      <Icon aria-hidden="true" />
    </IconButton>
  );
}
