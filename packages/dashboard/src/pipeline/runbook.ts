/** A part of a line of the runbook. */
export interface Inline {
  /** chapter: the name of another chapter, to go to. */
  readonly kind: "plain" | "code" | "strong" | "chapter";
  readonly text: string;
}

/** A part of a chapter of the runbook. */
export type Block =
  | { readonly kind: "paragraph"; readonly parts: readonly Inline[] }
  | { readonly kind: "commands"; readonly text: string };

const FENCE = "```";

/** What Markdown the runbook is written in: `code`, **strong**, [a link](to a chapter or a file). */
const INLINE = /`(?<code>[^`]+)`|\*\*(?<strong>[^*]+)\*\*|\[(?<link>[^\]]+)\]\((?<target>[^)]+)\)/g;

/**
 * The chapter of `markdown` under the heading `## name`, block by block; undefined where there is
 * none. Pure.
 */
export function chapterOf(markdown: string, name: string): readonly Block[] | undefined {
  const lines = markdown.split("\n");
  const start = lines.indexOf(`## ${name}`);
  if (start === -1) {
    return undefined;
  }
  const end = lines.findIndex((line, index) => index > start && line.startsWith("## "));
  return blocksOf(lines.slice(start + 1, end === -1 ? undefined : end));
}

function blocksOf(lines: readonly string[]): readonly Block[] {
  const blocks: Block[] = [];
  let text: string[] = [];
  let isCommands = false;
  const close = (): void => {
    if (isCommands) {
      blocks.push({ kind: "commands", text: text.join("\n") });
    } else if (text.length > 0) {
      blocks.push({ kind: "paragraph", parts: partsOf(text.join(" ")) });
    }
    text = [];
  };
  for (const line of lines) {
    if (line.startsWith(FENCE)) {
      close();
      isCommands = !isCommands;
    } else if (line === "" && !isCommands) {
      close();
    } else {
      text.push(line);
    }
  }
  close();
  return blocks;
}

function partsOf(text: string): readonly Inline[] {
  const parts: Inline[] = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    parts.push({ kind: "plain", text: text.slice(at, match.index) }, inlineOf(match.groups ?? {}));
    at = match.index + match[0].length;
  }
  parts.push({ kind: "plain", text: text.slice(at) });
  return parts.filter((part) => part.text !== "");
}

function inlineOf(groups: Readonly<Record<string, string | undefined>>): Inline {
  const { code, strong, link = "", target = "" } = groups;
  if (code !== undefined) {
    return { kind: "code", text: code };
  }
  if (strong !== undefined) {
    return { kind: "strong", text: strong };
  }
  // Other files are not on this page: their name is told.
  return target.startsWith("#")
    ? { kind: "chapter", text: target.slice(1) }
    : { kind: "code", text: link };
}
