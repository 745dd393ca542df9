import { createHash, type Hash } from "node:crypto";

/** SHA-256 of `content` (text as UTF-8) as 64 lower-case hexadecimal digits. */
export function sha256Hex(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** A SHA-256 that takes its content in pieces: `update` each of them, then `digest("hex")`. */
export function startSha256(): Hash {
  return createHash("sha256");
}
