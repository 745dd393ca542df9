/** A directive of Cache-Control and its value, with quotes or without. */
const DIRECTIVE = /([^\s,;="]+)\s*(?:=\s*(?:"([^"]*)"|([^\s,"]*)))?/g;

/**
 * Whether the Cache-Control header of a request asks past what is kept of earlier answers, as who
 * reloads a page does: no-cache, no-store or max-age=0.
 * https://www.rfc-editor.org/rfc/rfc9111#section-5.2.1
 */
export function asksPastCaches(cacheControl: string | undefined): boolean {
  return [...(cacheControl ?? "").matchAll(DIRECTIVE)].some(([, name = "", quoted, bare]) => {
    const value = quoted ?? bare ?? "";
    switch (name.toLowerCase()) {
      case "no-cache":
      case "no-store":
        return true;
      case "max-age":
        return /^0+$/.test(value);
      default:
        return false;
    }
  });
}
