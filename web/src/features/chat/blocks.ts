/** Cuts Markdown where a paragraph, a list, a table or a fenced block ends, so that only the last piece changes while
 * an answer grows. */

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const CONTINUES = /^(\s|[-*+]\s|\d{1,9}[.)]\s|\|)/;

export function blocksOf(markdown: string): string[] {
  const blocks: string[] = [];
  let lines: string[] = [];
  let fence: string | null = null;
  let blank = false;
  let math = false;
  for (const line of markdown.split("\n")) {
    const mark = FENCE.exec(line)?.[1];
    if (fence === null && !math && blank && lines.length > 0 && line.trim() !== "" && !CONTINUES.test(line)) {
      blocks.push(lines.join("\n"));
      lines = [];
    }
    if (fence !== null) {
      if (mark?.startsWith(fence) && line.trim() === mark) fence = null;
    } else if (mark !== undefined) fence = mark;
    else if (/^\s*(\$\$|\\\[|\\\])\s*$/.test(line)) math = !math;
    blank = fence === null && !math && line.trim() === "";
    lines.push(line);
  }
  if (lines.some((line) => line.trim() !== "")) blocks.push(lines.join("\n"));
  return blocks;
}

const CODE = /(```[\s\S]*?(?:```|$)|~~~[\s\S]*?(?:~~~|$)|`[^`\n]*`)/;
const MATH = /\\\(|\\\[|\$\$|(?<![\\$\w])\$(?=[^\s$\d])[^$\n]*\S\$(?!\w)/;

/** Whether there are formulas in it. */
export function hasMath(markdown: string): boolean {
  return MATH.test(markdown.split(CODE).filter(isText).join(" "));
}

/** Formulas in all the ways that models write them, as `$$…$$`; sums of money stay what they are. */
export function withPlainMath(markdown: string): string {
  const pieces = markdown.split(CODE);
  return pieces
    .map((piece, place) => {
      if (!isText(piece, place)) return piece;
      return piece
        .replace(/\\\[|\\\]/g, "$$$$")
        .replace(/\\\(|\\\)/g, "$$$$")
        .replace(/(?<![\\$\w])\$(?=[^\s$\d])([^$\n]*\S)\$(?![\w$])/g, "$$$$$1$$$$");
    })
    .join("");
}

/** `split` with a group puts what it split at in every second place. */
function isText(_: string, place: number): boolean {
  return place % 2 === 0;
}
