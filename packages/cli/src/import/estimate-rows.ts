import { open } from "node:fs/promises";
import type { PlannedFile } from "./plan-import.ts";

/** Bytes a candle takes, where the file cannot be looked into without unpacking it. */
const BYTES_A_ROW = { zip: 45, parquet: 18 } as const;
const SAMPLE_BYTES = 65_536;
const LINE_FEED = 10;

/** About how many rows a file has; 0 where it cannot be read, which its import will tell. */
export async function estimateRows(file: PlannedFile): Promise<number> {
  try {
    return await estimate(file);
  } catch {
    return 0;
  }
}

/** About how many rows a file has: by its first lines, or by what such files usually take. */
async function estimate({ path, bytes, format }: PlannedFile): Promise<number> {
  if (bytes === 0) {
    return 0;
  }
  if (format === "parquet" || /\.zip$/i.test(path)) {
    return Math.ceil(bytes / BYTES_A_ROW[format === "parquet" ? "parquet" : "zip"]);
  }
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SAMPLE_BYTES), 0, SAMPLE_BYTES, 0);
    let lines = 0;
    for (let at = 0; at < bytesRead; at += 1) {
      lines += buffer[at] === LINE_FEED ? 1 : 0;
    }
    return bytesRead === bytes ? Math.max(1, lines) : Math.round((lines * bytes) / bytesRead);
  } finally {
    await file.close();
  }
}
