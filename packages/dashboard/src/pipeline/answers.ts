import type { ArchiveChanges, Costs, DeadLetters, SourceHost, Stats } from "@candlehouse/client";

/** What the system answers about its pipeline, piece by piece. Times are unix seconds. */

export type StoreHour = Stats["hours"][number];
export type QueueFigures = Stats["queues"][number];
export type ArchiveFigures = Stats["archive"];
export type Host = SourceHost;
export type Letter = DeadLetters["dead_letters"][number];
export type Change = ArchiveChanges["changes"][number];
export type BillLine = Costs["items"][number];
export type WorkCounts = Costs["works"][number];
