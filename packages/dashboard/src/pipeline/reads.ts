import { useGet } from "../api/use-get.ts";
import { queryOf, type LetterFilter } from "./letter-filter.ts";

/** What the view asks for, and how often it asks again while it is seen. */

const OFTEN_SECONDS = 10;
const NOW_AND_THEN_SECONDS = 15;
const SELDOM_SECONDS = 60;

/** Alerts that are shown, those that fire and those that are over. */
const FIRING_MAX = 100;
const RESOLVED_MAX = 20;
const CHANGES_MAX = 50;

/** Dead letters in a page. */
export const PAGE_LETTERS = 10;

export const useStats = () => useGet("/stats", {}, { everySeconds: OFTEN_SECONDS });

/** Each answer asks the guard of every host: six calls of Durable Objects. */
const SOURCES_SECONDS = 30;

export const useSources = () => useGet("/v1/sources", {}, { everySeconds: SOURCES_SECONDS });

export const useFiring = () =>
  useGet(
    "/v1/alerts",
    { state: "firing", limit: FIRING_MAX },
    { everySeconds: NOW_AND_THEN_SECONDS },
  );

export const useResolved = () =>
  useGet(
    "/v1/alerts",
    { state: "resolved", limit: RESOLVED_MAX },
    { everySeconds: SELDOM_SECONDS },
  );

/** A page of dead letters: the first one, or the one that begins at `cursor`. */
export const useLetters = (filter: LetterFilter, cursor: string | undefined) =>
  useGet(
    "/v1/dead-letters",
    { ...queryOf(filter), limit: PAGE_LETTERS, cursor },
    { everySeconds: NOW_AND_THEN_SECONDS, keepsPrevious: true },
  );

export const useChanges = () =>
  useGet("/v1/archive/changes", { limit: CHANGES_MAX }, { everySeconds: NOW_AND_THEN_SECONDS });

/** What `month` cost, such as 2026-11; the running one where it is null. */
export const useCosts = (month: string | null) =>
  useGet("/v1/costs", month === null ? {} : { month }, {
    everySeconds: SELDOM_SECONDS,
    keepsPrevious: true,
  });
