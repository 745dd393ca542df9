import { describe, expect, test } from "vitest";
import { readBlob } from "./read-blob.ts";

function bodyOf(
  pieces: readonly string[],
  end: (controller: ReadableStreamDefaultController) => void,
) {
  const left = [...pieces];
  return new ReadableStream({
    pull(controller) {
      const piece = left.shift();
      if (piece === undefined) {
        end(controller);
      } else {
        controller.enqueue(new TextEncoder().encode(piece));
      }
    },
  });
}

describe("the body of an answer that is saved", () => {
  test("is whole and of its type, and tells how much of it is there", async () => {
    const told: number[] = [];
    const body = bodyOf(["a,b\n", "1,2\n", "3,4\n"], (controller) => controller.close());
    const response = new Response(body, { headers: { "content-type": "text/csv" } });
    const blob = await readBlob(response, (bytes) => told.push(bytes));
    expect([await blob.text(), blob.type, told]).toEqual([
      "a,b\n1,2\n3,4\n",
      "text/csv",
      [4, 8, 12],
    ]);
  });

  test("is nothing where the connection breaks off", async () => {
    const body = bodyOf(["a,b\n"], (controller) => controller.error(new TypeError("gone")));
    await expect(readBlob(new Response(body), () => {})).rejects.toThrow("gone");
  });

  test("may be empty", async () => {
    expect((await readBlob(new Response(null), () => {})).size).toBe(0);
  });
});
