import type { ArchiveFile } from "@candlehouse/shared/core/archive";
import { shownSeconds } from "@candlehouse/shared/core/clock";
import { recordDamage } from "@candlehouse/shared/d1/archive-manifest";
import { inspectFile } from "@candlehouse/shared/r2/inspect-file";
import type { ArchiverContext } from "./context.ts";
import { reportDamage } from "./report-damage.ts";

/** What is wrong with a file, read whole, if anything; the manifest is told either way. */
export async function inspectAndRecord(
  context: Pick<ArchiverContext, "db" | "bucket" | "clock" | "realNowMs">,
  file: ArchiveFile,
): Promise<string | undefined> {
  const damage = await inspectFile(context.bucket, file);
  if (damage === undefined) {
    await recordDamage(context.db, file, null, shownSeconds(context));
  } else {
    await reportDamage(context, file, damage);
  }
  return damage;
}
