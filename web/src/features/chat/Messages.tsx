import type { Message } from "@pluggably/client";
import { memo, useCallback, useEffect, useRef } from "react";
import { Answer, type AnswerProps, Prompt } from "./MessageView";
import { foreignImages, textOf } from "./thread";

interface Props extends Pick<AnswerProps, "others" | "onAgain" | "onOther"> {
  messages: readonly Message[];
  /** The prompt of this answer in other words. */
  onEdit?: ((answerId: string, prompt: string) => void) | undefined;
}

/** What was said; painted anew only when it changes, not while an answer is coming. */
export const Messages = memo(function Messages({ messages, onEdit, ...answers }: Props) {
  let asked: Message | undefined;
  return messages.map((message, place) => {
    if (message.role === "user") {
      asked = message;
      return <Said key={message.id} message={message} answerId={answerAfter(messages, place)} onEdit={onEdit} />;
    }
    if (message.role !== "assistant") return null;
    const tookMs = asked === undefined ? null : Date.parse(message.created_at) - Date.parse(asked.created_at);
    return <Answer key={message.id} message={message} tookMs={tookMs} {...answers} />;
  });
});

interface SaidProps extends Pick<Props, "onEdit"> {
  message: Message;
  answerId: string | undefined;
}

const Said = memo(function Said({ message, answerId, onEdit }: SaidProps) {
  const edit = useCallback(
    (prompt: string) => answerId !== undefined && onEdit?.(answerId, prompt),
    [answerId, onEdit],
  );
  return (
    <Prompt
      text={textOf(message)}
      images={(message.images ?? []).filter((url) => !foreignImages(message).includes(url))}
      links={foreignImages(message)}
      at={message.created_at}
      onEdit={onEdit === undefined || answerId === undefined ? undefined : edit}
    />
  );
});

/** The answer to the prompt at `place`: what is asked again when the prompt is edited. */
function answerAfter(messages: readonly Message[], place: number): string | undefined {
  for (let next = place + 1; next < messages.length; next++) {
    const message = messages[next];
    if (message?.role === "assistant") return message.id;
    if (message?.role === "user") return undefined;
  }
  return undefined;
}

/** How far above what is seen older messages are asked for. */
const AHEAD = "1500px 0px 0px 0px";

interface OlderProps {
  asking: boolean;
  failed: boolean;
  /** How many messages there are already. */
  loaded: number;
  onAsk: () => void;
}

/** Asks for older messages when somebody scrolls towards them, or presses it. */
export function Older({ asking, failed, loaded, onAsk }: OlderProps) {
  const button = useRef<HTMLButtonElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: looked at anew when more has come
  useEffect(() => {
    const element = button.current;
    if (element === null || asking || failed) return;
    const root = element.closest("[data-scroller]");
    const seen = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && onAsk(), {
      root,
      rootMargin: AHEAD,
    });
    seen.observe(element);
    return () => seen.disconnect();
  }, [asking, failed, loaded, onAsk]);
  return (
    <button ref={button} type="button" className="button-plain self-center" disabled={asking} onClick={onAsk}>
      {asking ? "Loading…" : failed ? "Earlier messages did not come. Try again" : "Show earlier messages"}
    </button>
  );
}
