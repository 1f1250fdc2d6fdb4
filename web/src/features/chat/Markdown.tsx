import { Check, Copy } from "lucide-react";
import { type ComponentProps, type ComponentType, lazy, memo, Suspense, useRef, useState } from "react";
import ReactMarkdown, { type Options } from "react-markdown";
import remarkGfm from "remark-gfm";
import { blocksOf, hasMath } from "./blocks";

const PLUGINS = [remarkGfm];
const WithMath = lazy(() => import("./MathMarkdown"));

/** Code with a button that copies it. */
function Code({ children }: ComponentProps<"pre">) {
  const pre = useRef<HTMLPreElement>(null);
  const [copied, setCopied] = useState(false);
  const language = languageOf(children);
  const copy = async () => {
    await navigator.clipboard.writeText(pre.current?.textContent ?? "");
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <div className="overflow-hidden rounded-xl border border-line bg-pane">
      <div className="flex items-center justify-between border-b border-line py-0.5 pr-1 pl-4 text-xs text-soft">
        <span>{language}</span>
        <button
          type="button"
          onClick={copy}
          className="inline-flex items-center gap-1.5 rounded-md px-2 py-1 hover:text-ink"
        >
          {copied ? <Check aria-hidden className="size-3.5" /> : <Copy aria-hidden className="size-3.5" />}
          {copied ? "Copied" : "Copy code"}
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached with the keyboard */}
      <pre ref={pre} tabIndex={0} className="overflow-x-auto p-4 font-mono text-[0.8125rem] leading-relaxed">
        {children}
      </pre>
    </div>
  );
}

function languageOf(children: ComponentProps<"pre">["children"]): string {
  if (typeof children !== "object" || children === null || !("props" in children)) return "code";
  const { className = "" } = children.props as { className?: string };
  return /language-(\S+)/.exec(className)?.[1] ?? "code";
}

export const COMPONENTS: Options["components"] = {
  pre: Code,
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  ),
  // A picture's address can carry what was said to another host: it is shown as a link.
  img: ({ src, alt }) => (
    <a href={typeof src === "string" ? src : undefined} target="_blank" rel="noopener noreferrer nofollow">
      {alt || "image"}
    </a>
  ),
  table: ({ children }) => (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached with the keyboard
    <section className="overflow-x-auto" tabIndex={0} aria-label="Table">
      <table>{children}</table>
    </section>
  ),
};

function Plain({ children }: { children: string }) {
  return (
    <ReactMarkdown remarkPlugins={PLUGINS} components={COMPONENTS}>
      {children}
    </ReactMarkdown>
  );
}

/** One piece; painted again only when it changes. HTML in it stays text. */
const Block = memo(function Block({ text }: { text: string }) {
  const View: ComponentType<{ children: string }> = hasMath(text) ? WithMath : Plain;
  return (
    <div className="md-block">
      <Suspense fallback={<Plain>{text}</Plain>}>
        <View>{text}</View>
      </Suspense>
    </div>
  );
});

export default function Markdown({ text }: { text: string }) {
  return blocksOf(text).map((block, place) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: pieces only grow at the end
    <Block key={place} text={block} />
  ));
}
