/** What is to be seen of a session: its messages as they are kept, and the answer that is under way. */

import type { Message } from "@pluggably/client";
import type { Run } from "./run";

export interface Thread {
  /** How many of the messages are shown: those after them are being replaced. */
  count: number;
  /** The run, where the session does not hold its answer yet, or its failure is to be told. */
  run: Run | null;
  /** Whether the run's prompt is to be shown with it. */
  showsPrompt: boolean;
}

export function threadOf(messages: readonly Message[], run: Run | null): Thread {
  const count = messages.length;
  if (run === null) return { count, run: null, showsPrompt: false };
  if (messages.some((message) => message.request_id === run.requestId)) {
    return { count, run: run.phase === "failed" ? run : null, showsPrompt: false };
  }
  if (run.again === null) return { count, run, showsPrompt: true };
  const { messageId, edited } = run.again;
  const answer = messages.findIndex((message) => message.id === messageId);
  if (answer < 0) return { count, run, showsPrompt: edited };
  if (run.phase === "failed") return { count, run, showsPrompt: false };
  const prompt = promptBefore(messages, answer);
  return { count: edited && prompt >= 0 ? prompt : answer, run, showsPrompt: edited };
}

/** Where the prompt of the answer at `answer` stands; -1 where it is on an older page. */
function promptBefore(messages: readonly Message[], answer: number): number {
  for (let place = answer - 1; place >= 0; place--) if (messages[place]?.role === "user") return place;
  return -1;
}

/** The words of a message. */
export function textOf({ content }: Pick<Message, "content">): string {
  if (content === null) return "";
  if (typeof content === "string") return content;
  return content
    .map((part) => (typeof part.text === "string" ? part.text : ""))
    .filter(Boolean)
    .join("\n");
}

/** Addresses of images that the gateway does not keep: those of other hosts, which the page does not load. */
export function foreignImages(message: Pick<Message, "content">): string[] {
  if (!Array.isArray(message.content)) return [];
  return message.content.flatMap((part) => {
    const image = part.image_url as { url?: unknown } | undefined;
    return typeof image?.url === "string" && /^https?:/.test(image.url) ? [image.url] : [];
  });
}

/** Tokens each second of an answer; null where it can't be told. */
export function speedOf(tokens: number | null, milliseconds: number | null): number | null {
  if (tokens === null || milliseconds === null || milliseconds <= 0 || tokens === 0) return null;
  return (tokens * 1000) / milliseconds;
}
