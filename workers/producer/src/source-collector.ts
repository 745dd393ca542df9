import { databasesOf } from "@candlehouse/shared/d1/databases";
import { WorkerEntrypoint } from "cloudflare:workers";
import type { Shard } from "@candlehouse/shared/core/collect-plan";
import { CandlehouseError } from "@candlehouse/shared/core/errors";
import { newTally, type LedgerTally } from "@candlehouse/shared/core/ledger";
import { recordShard, type ShardRecord } from "@candlehouse/shared/d1/collection-record";
import { log, writePointsTo } from "@candlehouse/shared/log/log";
import { collectShard, type ShardReport } from "./collect-shard.ts";
import { collectorTools } from "./collector-tools.ts";
import { countBindings } from "./count-bindings.ts";
import { shardRecordOf } from "./shard-record.ts";
import { sourceOf } from "./sources/registry.ts";

/** A shard's fetching ends so long after its tick began, before the next tick plans. */
const COLLECT_MS_MAX = 55_000;

/**
 * Collects one shard in an invocation of its own, with its own share of CPU, wall time and
 * subrequests: so a source that fails or is slow costs no other source anything.
 */
export class SourceCollector extends WorkerEntrypoint<Env> {
  /**
   * Fetches what the shard holds, as far as its time reaches, and records what came of it. Returns
   * what is billed of it, for the tick's row of the ledger.
   */
  async collect(shard: Shard): Promise<LedgerTally> {
    writePointsTo(this.env);
    const source = sourceOf(shard.source);
    const tally = newTally();
    const env = countBindings(this.env, tally);
    const tools = collectorTools(env, this.ctx.exports, tally, source);
    const deadlineMs = tools.nowMs() + COLLECT_MS_MAX;
    await tools.sleep(Math.max(0, shard.askAt * 1_000 - tools.nowMs()));
    const startMs = Date.now();
    const report = await collectShard(source, shard, deadlineMs, tools).catch(
      async (error: unknown) => {
        await this.#recordFailure(shard, error);
        throw error;
      },
    );
    const record = shardRecordOf(shard.source, report, shard.askAt);
    await recordShard(env.DB, record);
    logShard(shard, report, record, Date.now() - startMs);
    tally.candles = report.candles;
    return tally;
  }

  /** Records that nothing more came of the shard; its series stay due. */
  async #recordFailure(shard: Shard, error: unknown): Promise<void> {
    await recordShard(databasesOf(this.env), {
      source: shard.source,
      nowSeconds: shard.askAt,
      silent: [],
      failed: [],
      caughtUp: [],
      recovered: [],
      state: "failing",
      code: error instanceof CandlehouseError ? error.code : null,
      reason: String(error),
    }).catch((second: unknown) => {
      throw new AggregateError([error, second], `${String(error)}; and then ${String(second)}`);
    });
  }
}

function logShard(
  shard: Shard,
  report: ShardReport,
  record: ShardRecord,
  durationMs: number,
): void {
  log("source.collected", {
    source: shard.source,
    requests: report.requests,
    series: report.answered.length,
    candles: report.candles,
    messages: report.messages,
    failed: report.failed.length,
    unreached: report.unreached.length,
    durationMs,
  });
  for (const [code, failed] of Map.groupBy(record.failed, (one) => one.code)) {
    const [first] = failed;
    if (first !== undefined) {
      log("source.failed", {
        source: shard.source,
        code,
        reason: first.reason,
        series: failed.length,
        first: `${shard.source}:${first.symbol}:${first.timeframe}`,
        retryAt: new Date(first.retryAt * 1_000).toISOString(),
      });
    }
  }
  if (report.closed !== null) {
    log("source.closed", {
      source: shard.source,
      code: report.closed.code,
      reason: report.closed.reason,
      unreached: report.unreached.length,
    });
  }
}
