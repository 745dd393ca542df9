/** A line of a `.CHECKSUM` file, as sha256sum writes it. */
const LINE = /^([\da-f]{64})[ \t]+\*?(\S.*?)\s*$/im;

/** What a `.CHECKSUM` file says of the file beside it. */
export interface Checksum {
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  /** Of the file it is of. */
  readonly name: string;
}

/** The first checksum in `text`; undefined where there is none. */
export function parseChecksumFile(text: string): Checksum | undefined {
  const [, sha256, name] = LINE.exec(text) ?? [];
  return sha256 === undefined || name === undefined
    ? undefined
    : { sha256: sha256.toLowerCase(), name };
}
