import { crc32, deflateRawSync } from "node:zlib";

import { decimalOf } from "@candlehouse/shared/core/decimal";
import type { Candle } from "@candlehouse/shared/core/candle";
import type { ImportReport } from "@candlehouse/shared/d1/import-jobs";
import { answerRequest } from "../src/answer-request.ts";
import type { ArchiverContext } from "../src/context.ts";

const encoder = new TextEncoder();

/** A row as Kraken writes it. */
export function krakenLine(candle: Candle): string {
  const { timestamp, open, high, low, close, volume_from, trades } = candle;
  const values = [open, high, low, close].map(decimalOf);
  const volume = volume_from === null ? "" : decimalOf(volume_from);
  return [timestamp, ...values, volume, trades ?? ""].join(",");
}

/** A file of `lines`. */
export function csvOf(lines: readonly string[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(encoder.encode(`${lines.join("\n")}\n`));
}

/** What Kraken's file of `candles` gives back: it has no quote volume. */
export function asKraken(candles: readonly Candle[]): Candle[] {
  return candles.map((candle) => ({ ...candle, volume_to: null }));
}

export interface ZipForm {
  /** Whether sizes stand behind the file, not before it. */
  readonly hasDescriptor?: boolean;
  readonly files?: number;
}

/** A ZIP archive with one file, in the two forms that programs write. */
export function zipOf(
  bytes: Uint8Array,
  { hasDescriptor = false, files = 1 }: ZipForm = {},
): Uint8Array<ArrayBuffer> {
  const compressed = deflateRawSync(bytes);
  const name = encoder.encode("file.csv");
  const [crc, packed, size] = [crc32(bytes), compressed.length, bytes.length];
  const sizes = (view: DataView, at: number, known: boolean): void => {
    view.setUint32(at, known ? crc : 0, true);
    view.setUint32(at + 4, known ? packed : 0, true);
    view.setUint32(at + 8, known ? size : 0, true);
  };
  const local = new DataView(new ArrayBuffer(30));
  local.setUint32(0, 0x04_03_4b_50, true);
  local.setUint16(6, hasDescriptor ? 8 : 0, true);
  local.setUint16(8, 8, true);
  sizes(local, 14, !hasDescriptor);
  local.setUint16(26, name.length, true);
  const descriptor = new DataView(new ArrayBuffer(hasDescriptor ? 16 : 0));
  if (hasDescriptor) {
    descriptor.setUint32(0, 0x08_07_4b_50, true);
    sizes(descriptor, 4, true);
  }
  const central = new DataView(new ArrayBuffer(46));
  central.setUint32(0, 0x02_01_4b_50, true);
  central.setUint16(10, 8, true);
  sizes(central, 16, true);
  central.setUint16(28, name.length, true);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06_05_4b_50, true);
  end.setUint16(8, files, true);
  end.setUint16(10, files, true);
  end.setUint32(12, 46 + name.length, true);
  end.setUint32(16, 30 + name.length + packed + descriptor.byteLength, true);
  const parts = [local, name, compressed, descriptor, central, name, end].map(
    (part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength),
  );
  const zip = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    zip.set(part, at);
    at += part.length;
  }
  return zip;
}

export interface ImportAnswer {
  readonly status: number;
  readonly report: ImportReport;
  readonly detail: string | undefined;
}

/** Posts a file to the archiver. */
export async function postImport(
  context: ArchiverContext,
  query: string,
  body: BodyInit,
): Promise<ImportAnswer> {
  const request = new Request(`https://archiver/v1/imports?${query}`, { method: "POST", body });
  const response = await answerRequest(request, context);
  const report = await response.json<ImportReport & { detail?: string }>();
  return { status: response.status, report, detail: report.detail };
}

/** Asks the archiver. */
export async function getImports(context: ArchiverContext, path: string): Promise<unknown> {
  const response = await answerRequest(new Request(`https://archiver${path}`), context);
  return response.json();
}
