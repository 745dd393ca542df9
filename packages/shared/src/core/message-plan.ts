/**
 * Most messages in one `sendBatch`, and most bytes in it; the platform counts about 100 bytes of
 * its own for each message. https://developers.cloudflare.com/queues/platform/limits/
 */
export const SEND_MESSAGES_MAX = 100;
export const SEND_BYTES_MAX = 256_000;
export const MESSAGE_OVERHEAD_BYTES = 100;

/** `items` in runs of at most `size`, in their order. */
export function chunk<Item>(items: readonly Item[], size: number): Item[][] {
  const chunks: Item[][] = [];
  for (let start = 0; start < items.length; start += size) {
    chunks.push(items.slice(start, start + size));
  }
  return chunks;
}

/**
 * Which messages go into which `sendBatch`: runs in their order, each within both limits.
 * `sizesBytes` are the sizes of the messages' bodies; a message too large for any batch goes alone,
 * so that the platform is the one that refuses it. Returns the index ranges, end exclusive.
 */
export function planSends(
  sizesBytes: readonly number[],
): { readonly start: number; readonly end: number }[] {
  const sends: { start: number; end: number }[] = [];
  let start = 0;
  let bytes = 0;
  for (const [index, size] of sizesBytes.entries()) {
    const messageBytes = size + MESSAGE_OVERHEAD_BYTES;
    const full = index - start === SEND_MESSAGES_MAX || bytes + messageBytes > SEND_BYTES_MAX;
    if (full && index > start) {
      sends.push({ start, end: index });
      start = index;
      bytes = 0;
    }
    bytes += messageBytes;
  }
  if (start < sizesBytes.length) {
    sends.push({ start, end: sizesBytes.length });
  }
  return sends;
}
