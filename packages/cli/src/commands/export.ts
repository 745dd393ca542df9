import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { countCandles } from "@candlehouse/shared/core/timeframe";
import { createWriteStream } from "node:fs";
import { rename } from "node:fs/promises";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Option, type Command } from "commander";
import { healthAnswer, seriesPage } from "../answers/series.ts";
import {
  CommandError,
  EXIT_CODES,
  sentenceOf,
  usageError,
  type ExitCode,
} from "../command-error.ts";
import { addRangeOptions, collectSeries, type RangeFlags } from "../options.ts";
import { rangeOf } from "../select-series.ts";
import { runCommand, type Session } from "../session.ts";
import { formatBytes, formatCount } from "../terminal/format.ts";

interface ExportFlags extends RangeFlags {
  readonly output?: string;
  readonly format?: "csv" | "ndjson";
}

const LINE_FEED = 10;
/** A header line and the candles. */
const HEADER_LINES = { csv: 1, ndjson: 0 } as const;

/** `candlehouse export` */
export function addExportCommand(program: Command): void {
  const command = program
    .command("export")
    .description("write candles as CSV or NDJSON")
    .argument("<series...>", "up to twenty, such as binance:BTC-USDT:1m", collectSeries)
    .option("-o, --output <file>", "where to; standard output")
    .addOption(
      new Option("--format <format>", "by the file's name, else csv").choices(["csv", "ndjson"]),
    );
  addRangeOptions(command).action((series: Series[], _options, self: Command) =>
    runCommand<ExportFlags>(self, (session, flags) => exportCandles(session, series, flags)),
  );
}

async function exportCandles(
  session: Session,
  series: readonly Series[],
  flags: ExportFlags,
): Promise<ExitCode> {
  const { client, out } = session;
  const { output } = flags;
  if (out.isJson && output === undefined) {
    throw usageError("--json tells about a file that was written: name it with --output");
  }
  const format = flags.format ?? (/\.(ndjson|jsonl)$/.test(output ?? "") ? "ndjson" : "csv");
  const range = await wholeRange(session, series, flags);
  const names = series.map(formatSeries);
  const response = await client.open({
    path: "/v1/candles",
    query: { ...range, format, series: names },
  });
  const due = series.reduce(
    (sum, { timeframe }) => sum + countCandles(range.start, range.end, timeframe),
    0,
  );
  const written = await write(session, response, { output, due, headers: HEADER_LINES[format] });
  out.json({ file: output, series: names, ...range, ...written });
  if (output !== undefined) {
    out.line(
      `wrote ${formatCount(written.candles, "candle")} of ${names.join(", ")} to ${output} (${formatBytes(written.bytes)})`,
    );
  }
  return EXIT_CODES.done;
}

/** Without a start the first candle that there is, without an end now: a stream needs both. */
async function wholeRange({ client }: Session, series: readonly Series[], flags: RangeFlags) {
  const { start, end } = await rangeOf(client, flags);
  const { time } = await client.ask(healthAnswer, { path: "/health" });
  return { start: start ?? (await firstTimestamp(client, series)), end: end ?? time };
}

async function firstTimestamp(client: Session["client"], list: readonly Series[]): Promise<number> {
  const firsts: number[] = [];
  for (const { source, symbol, timeframe } of list) {
    const query = { source, symbol, timeframe };
    const { series } = await client.ask(seriesPage, { path: "/v1/series", query });
    firsts.push(...series.flatMap(({ first_timestamp }) => first_timestamp ?? []));
  }
  // What was only handed in stands in no inventory: then the stream begins with time itself.
  return firsts.length < list.length ? 0 : Math.min(...firsts);
}

/**
 * Writes what `response` has to the file, under another name until it is whole, or to standard
 * output. Throws a CommandError where the connection breaks: half a range is no export.
 */
async function write(
  { out }: Session,
  response: Response,
  target: { readonly output: string | undefined; readonly due: number; readonly headers: number },
): Promise<{ readonly candles: number; readonly bytes: number }> {
  const { output, due, headers } = target;
  const progress = out.progress();
  let bytes = 0;
  let lines = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, at + 1)) {
        lines += 1;
      }
      progress.report({ done: Math.max(0, lines - headers), total: due, things: "candles" });
      done(null, chunk);
    },
  });
  const part = `${output}.part`;
  const sink = output === undefined ? process.stdout : createWriteStream(part);
  try {
    await pipeline(Readable.fromWeb(response.body ?? new ReadableStream()), counter, sink, {
      end: output !== undefined,
    });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EPIPE") {
      // Who read has had enough, as `head` has.
      return { candles: Math.max(0, lines - headers), bytes };
    }
    throw new CommandError(
      `the export broke off after ${formatCount(Math.max(0, lines - headers), "candle")} (${sentenceOf(error)}): run it again${output === undefined ? "" : `; ${part} holds what came`}`,
    );
  } finally {
    progress.end();
  }
  if (output !== undefined) {
    await rename(part, output);
  }
  return { candles: Math.max(0, lines - headers), bytes };
}
