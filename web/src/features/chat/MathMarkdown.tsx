import "katex/dist/katex.min.css";
import ReactMarkdown from "react-markdown";
import rehypeKatex from "rehype-katex";
import remarkGfm from "remark-gfm";
import remarkMath, { type Options } from "remark-math";
import { withPlainMath } from "./blocks";
import { COMPONENTS } from "./Markdown";

const OPTIONS: Options = { singleDollarTextMath: false };

/** Markdown with formulas: loaded when the first one is met. */
export default function MathMarkdown({ children }: { children: string }) {
  return (
    <ReactMarkdown
      remarkPlugins={[remarkGfm, [remarkMath, OPTIONS]]}
      rehypePlugins={[[rehypeKatex, { trust: false, strict: "ignore" }]]}
      components={COMPONENTS}
    >
      {withPlainMath(children)}
    </ReactMarkdown>
  );
}
