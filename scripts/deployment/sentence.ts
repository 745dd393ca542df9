/** What a failure says for itself. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
