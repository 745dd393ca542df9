import type { ArchiveFile } from "@candlehouse/shared/core/archive";
import { shownSeconds } from "@candlehouse/shared/core/clock";
import { formatSeries } from "@candlehouse/shared/core/series";
import { recordDamage } from "@candlehouse/shared/d1/archive-manifest";
import { log } from "@candlehouse/shared/log/log";
import type { ArchiverContext } from "./context.ts";

/** Notes in the manifest what is wrong with a file, and tells the log. Repeatable. */
export async function reportDamage(
  context: Pick<ArchiverContext, "db" | "clock" | "realNowMs">,
  file: Pick<ArchiveFile, "series" | "partition" | "key">,
  damage: string,
): Promise<void> {
  await recordDamage(context.db, file, damage, shownSeconds(context));
  log("archive.damaged", {
    series: formatSeries(file.series),
    partition: file.partition,
    key: file.key,
    reason: damage,
  });
}
