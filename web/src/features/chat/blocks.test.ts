import { expect, test } from "vitest";
import { blocksOf, hasMath, withPlainMath } from "./blocks";

test("paragraphs, lists and fences are blocks of their own", () => {
  const text = "One\n\n- a\n\n- b\n\nTwo\n\n```\ncode\n\nmore\n```\n\nThree";
  expect(blocksOf(text).map((block) => block.trim())).toEqual([
    "One\n\n- a\n\n- b",
    "Two",
    "```\ncode\n\nmore\n```",
    "Three",
  ]);
});

test("only the last block changes while an answer grows", () => {
  const whole = "First paragraph.\n\nSecond one.\n\n```js\nlet a;\n\nlet b;\n```\n\nEnd.";
  for (let length = 1; length < whole.length; length++) {
    const before = blocksOf(whole.slice(0, length));
    const after = blocksOf(whole.slice(0, length + 1));
    for (const [place, block] of before.slice(0, -1).entries()) expect(after[place]).toBe(block);
  }
});

test("nothing of the text is lost in blocks", () => {
  const text = "A\n\nB\n\n~~~\nx\n\n~~~\n\n| a |\n|---|\n\nC";
  expect(blocksOf(text).join("\n")).toBe(text);
});

test("formulas are told from sums of money and from code", () => {
  expect(hasMath("It costs $5 and $6.")).toBe(false);
  expect(hasMath("`$x$` is code")).toBe(false);
  expect(hasMath("so $x^2$ it is")).toBe(true);
  expect(hasMath("so \\(x\\) it is")).toBe(true);
  expect(withPlainMath("\\(x\\) for $5, `\\(y\\)`, $z$")).toBe("$$x$$ for $5, `\\(y\\)`, $$z$$");
});
