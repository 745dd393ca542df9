import { readdirSync, readFileSync } from "node:fs";
import { strFromU8, unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasRecordings, RECORDINGS, skipReason, type Line } from "./recorded-candles.ts";
import { startSystem, type System } from "./system.ts";

interface Report {
  readonly state: string;
  readonly series: string;
  readonly known: boolean;
  readonly rows_read: number;
  readonly stored: number;
  readonly duplicate: number;
  readonly revised: number;
  readonly rejected: number;
  readonly queued: number;
  readonly rejections: readonly { line: number; reason: string }[];
}

/** A file as an exchange published it. */
interface RecordedFile {
  readonly folder: string;
  readonly name: string;
}

const FOLDERS = [
  "kraken-ohlcvt",
  ...[
    "BTCUSDT-1m",
    "BTCUSDT-1h",
    "ETHUSDT-1m",
    "ETHUSDT-1d",
    "ms-to-us-1h",
    "futures-um-header",
  ].map((folder) => `binance-vision/${folder}`),
];

/** Of a folder with more files than that, a day each, every fifth is read, the outage of 2023-03-24 among them. */
const FILES_MAX = 20;

/** The command line imports all of them, and counts their rows: cli-recordings. */
const FILES: readonly RecordedFile[] = hasRecordings
  ? FOLDERS.flatMap((folder) => {
      const names = readdirSync(`${RECORDINGS}/${folder}`).toSorted();
      const some = names.filter((_, place) => names.length <= FILES_MAX || place % 5 === 2);
      return some.map((name) => ({ folder, name }));
    })
  : [];

describe.skipIf(!hasRecordings)(`recorded files of Kraken and Binance${skipReason}`, () => {
  let system: System;
  const reports: Report[] = [];

  beforeAll(async () => {
    // After all of them: nothing of the files is hot.
    system = await startSystem({ startMs: Date.UTC(2026, 10, 22), speed: 1 });
    for (const file of FILES) {
      reports.push(await importFile(system, file));
    }
  });

  afterAll(() => system.close());

  test("are stored row by row, each row accounted for", () => {
    for (const [index, report] of reports.entries()) {
      const { rows_read, stored, duplicate, revised, rejected, rejections } = report;
      expect({ name: FILES[index]?.name, rejections, revised, rejected }).toEqual({
        name: FILES[index]?.name,
        rejections: [],
        revised: 0,
        rejected: 0,
      });
      expect(rows_read).toBe(linesOf(FILES[index]).length);
      expect(stored + duplicate).toBe(rows_read);
    }
  });

  test("are served value by value as they were published, once they are compacted", async () => {
    await system.until("all fragments are merged", async () => {
      const [row] = await system.rows<{ fragments: number }>(
        "SELECT COUNT(*) AS fragments FROM archive_files WHERE state = 'fragment'",
      );
      return row?.fragments === 0 || undefined;
    });
    for (const [series, lines] of publishedSeries(reports)) {
      const rows = await served(system, series);
      expect([series, rows.length, rows[0]]).toEqual([series, lines.length, lines[0]]);
      expect([series, rows]).toEqual([series, lines]);
    }
  });

  test("store nothing when they are imported again, known or not", async () => {
    for (let index = 0; index < FILES.length; index += 5) {
      const file = FILES[index] ?? { folder: "", name: "" };
      const duplicate = reports[index]?.rows_read;
      const known = await importFile(system, file);
      expect(known).toMatchObject({ known: true, stored: 0, duplicate });
      const again = await importFile(system, file, "&again=true");
      expect(again).toMatchObject({ known: false, stored: 0, revised: 0, duplicate });
    }
  });
});

async function importFile(
  { harness }: System,
  { folder, name }: RecordedFile,
  more = "",
): Promise<Report> {
  const answer = await harness.fetch(`/v1/imports?name=${name}${more}`, {
    method: "POST",
    body: readFileSync(`${RECORDINGS}/${folder}/${name}`),
  });
  const report: unknown = await answer.json();
  expect([name, answer.status, report]).toEqual([name, 200, expect.anything()]);
  return report as Report;
}

/** What each series' files say, ascending, without what stands twice. */
function publishedSeries(reports: readonly Report[]): Map<string, Line[]> {
  const series = new Map<string, Map<string, Line>>();
  for (const [index, { series: name }] of reports.entries()) {
    const lines = series.get(name) ?? new Map<string, Line>();
    for (const line of linesOf(FILES[index])) {
      lines.set(line[0] ?? "", line);
    }
    series.set(name, lines);
  }
  return new Map(
    [...series].map(([name, lines]) => [
      name,
      [...lines.values()].toSorted((a, b) => Number(a[0]) - Number(b[0])),
    ]),
  );
}

/** The rows of a file as CSV of ours has them. */
function linesOf(file: RecordedFile | undefined): Line[] {
  if (file === undefined) {
    return [];
  }
  const bytes = readFileSync(`${RECORDINGS}/${file.folder}/${file.name}`);
  const [csv = bytes] = file.name.endsWith(".zip") ? Object.values(unzipSync(bytes)) : [bytes];
  const isKraken = file.folder.startsWith("kraken");
  return strFromU8(csv)
    .trim()
    .split("\n")
    .filter((line) => /^\d/.test(line))
    .map((line) => {
      const cells = line.split(",");
      const [time = "", open, high, low, close, volume] = cells;
      const quote = isKraken ? "" : cells[7];
      const trades = isKraken ? cells[6] : cells[8];
      const values = [open, high, low, close, volume, quote].map((value = "") => plain(value));
      return [time.slice(0, 10), ...values, trades ?? ""];
    });
}

/** The shortest digits of a decimal. */
function plain(text: string): string {
  if (/e/i.test(text)) {
    return String(Number(text));
  }
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

async function served(system: System, series: string): Promise<Line[]> {
  const answer = await system.get(`/v1/candles?series=${series}&start=2009-01-03&format=csv`);
  expect(answer.status).toBe(200);
  const rows = (await answer.text()).trim().split(/\r?\n/).slice(1);
  return rows.map((row) => row.split(",").slice(3));
}
