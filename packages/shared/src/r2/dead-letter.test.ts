import { describe, expect, test } from "vitest";
import { encodeDeadLetter } from "./dead-letter.ts";

async function text(body: unknown): Promise<string> {
  return new TextDecoder().decode((await encodeDeadLetter(body)).bytes);
}

describe("encodeDeadLetter", () => {
  test("names a body by the SHA-256 of its JSON", async () => {
    const letter = await encodeDeadLetter({ v: 2 });
    expect(new TextDecoder().decode(letter.bytes)).toBe('{"v":2}');
    // printf '{"v":2}' | sha256sum
    expect(letter.id).toBe("2b5442799fccc3af2e7e790017697373913b7afcac933d72fb5876de994f659a");
    expect(letter.key).toBe(`dead-letters/${letter.id}.json`);
  });

  test("gives the same body the same name, and another body another", async () => {
    const one = await encodeDeadLetter({ a: 1 });
    expect((await encodeDeadLetter({ a: 1 })).key).toBe(one.key);
    expect((await encodeDeadLetter({ a: 2 })).key).not.toBe(one.key);
  });

  test("keeps text, nothing and numbers that JSON has no word for", async () => {
    expect(await text("no JSON {")).toBe('"no JSON {"');
    expect(await text(undefined)).toBe("null");
    expect(await text({ a: 12n })).toBe('{"a":"12"}');
  });

  test("keeps bytes as they are", async () => {
    const letter = await encodeDeadLetter(Uint8Array.of(0, 255).buffer);
    expect([...letter.bytes]).toEqual([0, 255]);
    expect(letter.contentType).toBe("application/octet-stream");
  });
});
