import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowDown, Lock } from "lucide-react";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { client, useConnection } from "../../common/connection";
import { keep, kept } from "../../common/kept";
import { ProblemNotice } from "../../common/Notice";
import { me } from "../account/api";
import { AUTO, modelList, usable } from "../models/api";
import { holds, sessionChanged, sessionMessages } from "../sessions/api";
import type { Attachment } from "./attachments";
import { Composer } from "./Composer";
import { ShownMessage } from "./MessageView";
import { RunView } from "./RunView";
import type { Turn } from "./run";
import { promptBefore, textOf, threadOf } from "./thread";
import { runs, useRun } from "./useRun";

const MODEL = "pluggably.model";
const NEAR_END_PX = 80;

interface Props {
  sessionId: string | null;
  /** A new session has begun with the first message. */
  onBegun: (sessionId: string) => void;
}

/** A conversation: what was said, and where the next message is written. */
export function Chat({ sessionId, onBegun }: Props) {
  const queries = useQueryClient();
  const run = useRun(sessionId);
  const [chosen, setChosen] = useState(() => kept<string>(MODEL));
  const { data: profile } = useQuery(me(useConnection()));
  const model = chosen ?? profile?.preferred_models.text ?? AUTO;
  const [failed, setFailed] = useState<{ error: unknown; prompt: string; images: Attachment[] } | null>(null);
  const [begins, setBegins] = useState(false);
  const stored = useInfiniteQuery({ ...sessionMessages(sessionId ?? ""), enabled: sessionId !== null });
  const { data: models } = useQuery(modelList());
  const messages = useMemo(
    () => [...(stored.data?.pages ?? [])].reverse().flatMap((page) => page.messages),
    [stored.data],
  );
  const thread = useMemo(() => threadOf(messages, run), [messages, run]);
  const said = useMemo(
    () => messages.filter(({ role }) => role === "user").map((message) => textOf(message)),
    [messages],
  );
  const others = useMemo(
    () =>
      (models ?? [])
        .filter((found) => found.modality === "text" && usable(found))
        .map(({ id, name }) => ({ id, name })),
    [models],
  );
  const closed = stored.data?.pages[0]?.status === "closed";
  const busy = begins || (sessionId !== null && run !== null && runs.isActive(sessionId));

  const settle = useCallback(
    async (id: string, ended: ReturnType<typeof runs.start>) => {
      const result = await ended;
      await sessionChanged(queries, id);
      // What was made of an answer that was cut off is stored after its end.
      for (let asked = 0; asked < 8 && result.output === null && result.text !== ""; asked++) {
        if (holds(queries, id, result.requestId)) break;
        await new Promise((resolve) => setTimeout(resolve, 250));
        await sessionChanged(queries, id);
      }
      if (result.phase === "ended") runs.dismiss(id);
    },
    [queries],
  );
  useEffect(() => {
    const resumed = sessionId === null ? null : runs.resume(sessionId);
    if (sessionId !== null && resumed !== null) void settle(sessionId, resumed);
  }, [sessionId, settle]);

  const begin = useCallback(
    (turn: Omit<Turn, "requestId" | "startedAt">) => {
      runs.dismiss(turn.sessionId);
      void settle(turn.sessionId, runs.start(turn));
    },
    [settle],
  );
  const send = async (prompt: string, attached: Attachment[]) => {
    setFailed(null);
    let id = sessionId;
    if (id === null) {
      setBegins(true);
      try {
        id = (await client().sessions.create()).id;
      } catch (error) {
        setFailed({ error, prompt, images: attached });
        return;
      } finally {
        setBegins(false);
      }
    }
    begin({ sessionId: id, prompt, images: attached.map(({ url }) => url), model, again: null });
    if (sessionId === null) onBegun(id);
  };
  const again = useCallback(
    (messageId: string, another: string, edited?: string) => {
      if (sessionId === null) return;
      const prompt = edited ?? "";
      begin({ sessionId, prompt, images: [], model: another, again: { messageId, edited: edited !== undefined } });
    },
    [sessionId, begin],
  );
  const onAgain = useCallback((messageId: string, another: string) => again(messageId, another), [again]);
  const retry = () => {
    if (run === null) return;
    const { sessionId: id, prompt, images, model: asked, again: replaced } = run;
    begin({ sessionId: id, prompt, images, model: asked, again: replaced });
  };

  const scroller = useRef<HTMLDivElement>(null);
  const { atEnd, toEnd } = useEnd(scroller, sessionId, thread);
  const isEmpty = thread.messages.length === 0 && thread.run === null && failed === null;

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div ref={scroller} className="relative min-h-0 flex-1 overflow-y-auto [scrollbar-gutter:stable_both-edges]">
        <div
          role="log"
          aria-label="Conversation"
          aria-live="off"
          className="mx-auto flex min-h-full w-full max-w-3xl flex-col gap-6 px-4 py-6"
        >
          {stored.hasNextPage && (
            <button
              type="button"
              className="button-plain self-center"
              disabled={stored.isFetchingNextPage}
              onClick={() => void stored.fetchNextPage()}
            >
              {stored.isFetchingNextPage ? "Loading…" : "Show earlier messages"}
            </button>
          )}
          {stored.error !== null && stored.data === undefined && (
            <ProblemNotice error={stored.error}>
              <button type="button" className="button-plain h-8 px-3" onClick={() => void stored.refetch()}>
                Try again
              </button>
            </ProblemNotice>
          )}
          {isEmpty && (sessionId === null || stored.isSuccess) && <Welcome />}
          {thread.messages.map((message, place) => {
            const asked =
              message.role === "assistant" ? thread.messages[promptBefore(thread.messages, place)] : undefined;
            const answer = message.role === "user" ? answerAfter(thread.messages, place) : undefined;
            return (
              <ShownMessage
                key={message.id}
                message={message}
                tookMs={asked === undefined ? null : Date.parse(message.created_at) - Date.parse(asked.created_at)}
                others={others}
                onAgain={busy || closed ? undefined : onAgain}
                onEdit={busy || closed || answer === undefined ? undefined : (prompt) => again(answer, "", prompt)}
              />
            );
          })}
          {thread.run !== null && (
            <RunView
              run={thread.run}
              showsPrompt={thread.showsPrompt}
              onRetry={retry}
              onDismiss={() => sessionId !== null && runs.dismiss(sessionId)}
            />
          )}
          {failed !== null && (
            <>
              <p className="self-end rounded-2xl bg-tint px-4 py-2.5 whitespace-pre-wrap">{failed.prompt}</p>
              <ProblemNotice error={failed.error}>
                <button
                  type="button"
                  className="button-plain h-8 px-3"
                  onClick={() => void send(failed.prompt, failed.images)}
                >
                  Try again
                </button>
              </ProblemNotice>
            </>
          )}
          <p className="sr-only" role="status">
            {run?.phase === "ended" ? "The answer is complete." : ""}
          </p>
        </div>
      </div>
      <div className="relative mx-auto w-full max-w-3xl px-3 pb-[max(0.75rem,env(safe-area-inset-bottom))]">
        {!atEnd && (
          <button
            type="button"
            aria-label="To the newest message"
            onClick={toEnd}
            className="absolute -top-12 left-1/2 inline-flex size-9 -translate-x-1/2 items-center justify-center rounded-full border border-line bg-raised shadow-md hover:bg-hover"
          >
            <ArrowDown aria-hidden className="size-4" />
          </button>
        )}
        {closed ? (
          <p className="flex items-center justify-center gap-2 rounded-2xl border border-line bg-pane p-4 text-sm text-soft">
            <Lock aria-hidden className="size-4" /> This chat is closed. It can be read and exported.
          </p>
        ) : (
          <Composer
            key={sessionId ?? "new"}
            draftKey={`pluggably.draft.${sessionId ?? "new"}`}
            said={said}
            model={model}
            onModel={(next) => {
              setChosen(next);
              keep(MODEL, next);
            }}
            busy={busy}
            enterSends={profile?.preferences.enter_sends !== false}
            onSend={(prompt, images) => void send(prompt, images)}
            onStop={() => sessionId !== null && void runs.stop(sessionId)}
          />
        )}
      </div>
    </div>
  );
}

function Welcome() {
  return (
    <div className="m-auto max-w-md py-10 text-center">
      <h2 className="text-2xl font-semibold">What shall we talk about?</h2>
      <p className="mt-2 text-soft">
        Write below. <span className="font-medium">Auto</span> finds a model, or choose one beside the message.
      </p>
    </div>
  );
}

/** The answer to the prompt at `place`: what is asked again when the prompt is edited. */
function answerAfter(messages: readonly { id: string; role: string }[], place: number): string | undefined {
  for (const message of messages.slice(place + 1)) {
    if (message.role === "assistant") return message.id;
    if (message.role === "user") return undefined;
  }
  return undefined;
}

/** Keeps the end in sight while it grows, unless somebody has scrolled away from it. */
function useEnd(scroller: React.RefObject<HTMLDivElement | null>, sessionId: string | null, thread: unknown) {
  const [atEnd, setAtEnd] = useState(true);
  const follows = useRef(true);
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const onScroll = () => {
      const near = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX;
      follows.current = near;
      setAtEnd(near);
    };
    // What has come but is laid out later (Markdown, images) moves the end too.
    const grown = new ResizeObserver(() => {
      if (follows.current) element.scrollTop = element.scrollHeight;
    });
    element.addEventListener("scroll", onScroll, { passive: true });
    if (element.firstElementChild !== null) grown.observe(element.firstElementChild);
    return () => {
      element.removeEventListener("scroll", onScroll);
      grown.disconnect();
    };
  }, [scroller]);
  const toEnd = useCallback(() => {
    follows.current = true;
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  }, [scroller]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another session begins at its end
  useLayoutEffect(toEnd, [sessionId, toEnd]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the end moves with what is shown
  useLayoutEffect(() => {
    if (follows.current && scroller.current !== null) scroller.current.scrollTop = scroller.current.scrollHeight;
  }, [thread]);
  return { atEnd, toEnd };
}
