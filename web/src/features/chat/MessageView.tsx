import type { Message, Selection } from "@pluggably/client";
import {
  Check,
  ChevronLeft,
  ChevronRight,
  Copy,
  Info,
  Link2,
  Pencil,
  RefreshCw,
  SlidersHorizontal,
} from "lucide-react";
import { DropdownMenu, Popover } from "radix-ui";
import { type ComponentType, lazy, memo, type ReactNode, Suspense, useState } from "react";
import { absolute } from "../../common/connection";
import { count, dollars, shortTime, wholeTime } from "../../common/format";
import { Hint } from "../../common/Notice";
import { capitalised, written } from "../parameters/fields";
import { Made } from "../studio/Made";
import { speedOf, textOf } from "./thread";
import { runs } from "./useRun";

// With the gateway gone it can't be fetched: then words stay as they were written.
const Markdown = lazy<ComponentType<{ text: string }>>(() =>
  import("./Markdown").catch(() => ({ default: Written })),
);

function Written({ text }: { text: string }) {
  return <p className="whitespace-pre-wrap">{text}</p>;
}

/** An answer's words; plain until the part that reads Markdown has come. */
export function Prose({ text }: { text: string }) {
  return (
    <div className="prose-chat">
      <Suspense fallback={<Written text={text} />}>
        <Markdown text={text} />
      </Suspense>
    </div>
  );
}

export function Reasoning({ text, open }: { text: string; open?: boolean }) {
  return (
    <details className="rounded-xl border border-line text-sm" open={open}>
      <summary className="px-3 py-2 text-soft">Reasoning</summary>
      <p className="border-t border-line px-3 py-2 whitespace-pre-wrap text-soft">{text}</p>
    </details>
  );
}

const REASONS: Record<string, string> = {
  credits_exhausted: "the credits of the first choice are used up",
  model_loading: "the first choice is still being loaded",
  model_unavailable: "the first choice is not available",
  provider_error: "the provider of the first choice failed",
  rate_limited: "the first choice is at its limit",
};

/** That another model answers than the one that was asked, and why. */
export function FallbackHint({ selection }: { selection: Selection }) {
  return (
    <Hint>
      {selection.selected_model} answers instead of {selection.requested}:{" "}
      {REASONS[selection.fallback_reason ?? ""] ?? "the first choice could not"}.
    </Hint>
  );
}

export function Time({ at }: { at: string }) {
  return (
    <time dateTime={at} title={wholeTime(at)} className="text-xs text-soft tabular-nums">
      {shortTime(at)}
    </time>
  );
}

/** What the user said: a bubble at the right. */
export const Prompt = memo(function Prompt({
  text,
  images,
  links = [],
  at,
  onEdit,
}: {
  text: string;
  images: readonly string[];
  links?: readonly string[];
  at: string;
  onEdit?: ((prompt: string) => void) | undefined;
}) {
  const [editing, setEditing] = useState(false);
  return (
    <article aria-label="You" className="message group flex flex-col items-end gap-1.5">
      {images.length > 0 && (
        <div className="flex flex-wrap justify-end gap-2">
          {images.map((url) => (
            <img
              key={url}
              src={absolute(url)}
              alt="Attached"
              className="max-h-56 max-w-full rounded-2xl border border-line"
            />
          ))}
        </div>
      )}
      {links.map((url) => (
        <a
          key={url}
          href={url}
          target="_blank"
          rel="noopener noreferrer"
          className="flex max-w-full items-center gap-2 rounded-xl border border-line bg-raised px-3 py-2 text-sm text-link"
        >
          <Link2 aria-hidden className="size-4 shrink-0" />
          <span className="truncate">{url}</span>
        </a>
      ))}
      {editing && onEdit !== undefined ? (
        <Editor
          text={text}
          onCancel={() => setEditing(false)}
          onSend={(prompt) => {
            setEditing(false);
            onEdit(prompt);
          }}
        />
      ) : (
        <p className="max-w-[85%] rounded-2xl rounded-br-md bg-tint px-4 py-2.5 text-[0.9375rem] leading-relaxed break-words whitespace-pre-wrap">
          {text}
        </p>
      )}
      {!editing && (
        <div className="flex items-center gap-0.5">
          <Actions>
            <CopyButton text={text} what="message" />
            {onEdit !== undefined && (
              <button type="button" className="icon-button size-8" aria-label="Edit" onClick={() => setEditing(true)}>
                <Pencil aria-hidden className="size-4" />
              </button>
            )}
          </Actions>
          <Time at={at} />
        </div>
      )}
    </article>
  );
});

/** Shown while the pointer or the focus is on the message, and always where there is no pointer. */
function Actions({ children }: { children: ReactNode }) {
  return (
    <div className="flex items-center transition-opacity group-focus-within:opacity-100 group-hover:opacity-100 pointer-fine:opacity-0">
      {children}
    </div>
  );
}

function Editor({ text, onSend, onCancel }: { text: string; onSend: (text: string) => void; onCancel: () => void }) {
  const [draft, setDraft] = useState(text);
  return (
    <form
      className="w-full space-y-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (draft.trim() !== "") onSend(draft);
      }}
    >
      <textarea
        aria-label="Edit message"
        // biome-ignore lint/a11y/noAutofocus: whoever pressed Edit wants to write here
        autoFocus
        rows={Math.min(12, draft.split("\n").length + 1)}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onCancel();
          if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
            event.preventDefault();
            event.currentTarget.form?.requestSubmit();
          }
        }}
        className="w-full rounded-2xl border border-accent bg-raised px-4 py-2.5 text-base"
      />
      <div className="flex justify-end gap-2">
        <button type="button" className="button-plain" onClick={onCancel}>
          Cancel
        </button>
        <button type="submit" className="button-primary" disabled={draft.trim() === ""}>
          Send
        </button>
      </div>
    </form>
  );
}

export interface AnswerProps {
  message: Message;
  /** Milliseconds from the prompt to the answer's end; null where it is not known. */
  tookMs: number | null;
  /** Models that may answer this again. */
  others: readonly { id: string; name: string }[];
  onAgain?: ((messageId: string, model: string) => void) | undefined;
  /** Ask again with parameters that are still to be chosen. */
  onOther?: ((message: Message) => void) | undefined;
}

/** An answer with what can be done with it; earlier ones in its place can be leafed through. */
export const Answer = memo(function Answer({ message, tookMs, others, onAgain, onOther }: AnswerProps) {
  const earlier = (message.alternatives ?? []).filter(({ role }) => role === "assistant");
  const versions = [...earlier, message];
  const [chosen, setChosen] = useState<number | null>(null);
  const place = Math.min(chosen ?? versions.length - 1, versions.length - 1);
  const shown = versions[place] ?? message;
  const text = textOf(shown);
  const fallback = shown.request_id === null ? undefined : runs.fallbackOf(shown.request_id);
  const isCurrent = place === versions.length - 1;
  return (
    <article aria-label="Answer" className="message group space-y-2">
      {fallback !== undefined && <FallbackHint selection={fallback} />}
      {shown.reasoning && <Reasoning text={shown.reasoning} />}
      {shown.artifacts && shown.artifacts.length > 0 && <Made artifacts={shown.artifacts} />}
      {text !== "" && <Prose text={text} />}
      {shown.finish_reason === "cancelled" && <Hint>Stopped before its end.</Hint>}
      {shown.finish_reason === "error" && <Hint>Broken off: the model failed before its end.</Hint>}
      {shown.finish_reason === "length" && <Hint>The answer reached its greatest length.</Hint>}
      <div className="flex flex-wrap items-center gap-0.5">
        <span className="mr-1 flex min-w-0 items-baseline gap-2">
          <Time at={shown.created_at} />
          <span className="truncate text-xs text-soft">{shown.model}</span>
        </span>
        {versions.length > 1 && (
          <div className="flex items-center text-xs text-soft">
            <button
              type="button"
              className="icon-button size-8"
              aria-label="Earlier answer"
              disabled={place === 0}
              onClick={() => setChosen(place - 1)}
            >
              <ChevronLeft aria-hidden className="size-4" />
            </button>
            <span className="tabular-nums">
              {place + 1} / {versions.length}
            </span>
            <button
              type="button"
              className="icon-button size-8"
              aria-label="Later answer"
              disabled={isCurrent}
              onClick={() => setChosen(place + 1)}
            >
              <ChevronRight aria-hidden className="size-4" />
            </button>
          </div>
        )}
        <Actions>
          <CopyButton text={text} what="answer" />
          {onAgain !== undefined && isCurrent && (
            <AgainMenu
              others={others}
              onAgain={(model) => onAgain(message.id, model)}
              onOther={() => onOther?.(message)}
            />
          )}
          <Details message={shown} tookMs={isCurrent ? tookMs : null} />
        </Actions>
      </div>
    </article>
  );
});

function CopyButton({ text, what }: { text: string; what: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  const label = copied ? "Copied" : `Copy ${what}`;
  return (
    <button type="button" className="icon-button size-8" aria-label={label} title={label} onClick={copy}>
      {copied ? <Check aria-hidden className="size-4" /> : <Copy aria-hidden className="size-4" />}
    </button>
  );
}

interface AgainProps {
  others: AnswerProps["others"];
  onAgain: (model: string) => void;
  onOther: () => void;
}

function AgainMenu({ others, onAgain, onOther }: AgainProps) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="icon-button size-8" aria-label="Answer again" title="Answer again">
        <RefreshCw aria-hidden className="size-4" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu max-h-80 overflow-y-auto" align="start" collisionPadding={12}>
          <DropdownMenu.Item className="menu-item" onSelect={() => onAgain("")}>
            <RefreshCw aria-hidden className="size-4" /> Try again
          </DropdownMenu.Item>
          <DropdownMenu.Item className="menu-item" onSelect={onOther}>
            <SlidersHorizontal aria-hidden className="size-4" /> With other parameters…
          </DropdownMenu.Item>
          {others.length > 0 && (
            <DropdownMenu.Label className="px-2.5 pt-2 pb-1 text-xs text-soft">With another model</DropdownMenu.Label>
          )}
          {others.map(({ id, name }) => (
            <DropdownMenu.Item key={id} className="menu-item" onSelect={() => onAgain(id)}>
              {name}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

/** Tokens, cost and speed, for whoever asks. */
function Details({ message, tookMs }: { message: Message; tookMs: number | null }) {
  const usage = message.usage ?? {};
  const asked = numberIn(usage.prompt_tokens);
  const made = numberIn(usage.completion_tokens);
  const cost = numberIn(usage.cost_usd);
  const speed = speedOf(made, tookMs);
  const facts: [string, string][] = [
    ["Model", message.model ?? "unknown"],
    ["Provider", message.provider === "local" ? "this gateway" : (message.provider ?? "unknown")],
  ];
  if (asked !== null) facts.push(["Tokens read", count(asked)]);
  if (made !== null) facts.push(["Tokens written", count(made)]);
  if (speed !== null) facts.push(["Speed", `${speed.toFixed(1)} tokens/s`]);
  if (tookMs !== null) facts.push(["Time", `${(tookMs / 1000).toFixed(1)} s`]);
  facts.push(["Cost", cost === null ? "not known" : dollars(cost)]);
  for (const [name, value] of Object.entries(message.parameters ?? {}))
    facts.push([capitalised(name), written(value)]);
  return (
    <Popover.Root>
      <Popover.Trigger
        className="icon-button size-8"
        aria-label="Tokens, cost and speed"
        title="Tokens, cost and speed"
      >
        <Info aria-hidden className="size-4" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="start"
          collisionPadding={12}
          aria-label="About this answer"
          className="menu w-72 max-w-[calc(100vw-1.5rem)] p-3.5"
        >
          <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5 text-sm">
            {facts.map(([name, value]) => (
              <div key={name} className="contents">
                <dt className="text-soft">{name}</dt>
                <dd className="text-right break-words tabular-nums">{value}</dd>
              </div>
            ))}
          </dl>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function numberIn(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
