/**
 * The whole body of `response`, which the browser may keep on disk; `onBytes` is told how many bytes
 * have come. Throws what reading throws where the connection breaks off.
 */
export function readBlob(response: Response, onBytes: (bytes: number) => void): Promise<Blob> {
  let bytes = 0;
  const counted = response.body?.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(piece, controller) {
        bytes += piece.byteLength;
        onBytes(bytes);
        controller.enqueue(piece);
      },
    }),
  );
  const type = response.headers.get("content-type");
  const headers = type === null ? {} : { "content-type": type };
  return new Response(counted ?? null, { headers }).blob();
}
