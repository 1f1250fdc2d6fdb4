import type { Message } from "@pluggably/client";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowDown, Lock } from "lucide-react";
import { useCallback, useDeferredValue, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { client, useConnection } from "../../common/connection";
import { useHandover } from "../../common/handover";
import { keep, kept } from "../../common/kept";
import { Hint, ProblemNotice } from "../../common/Notice";
import { me } from "../account/api";
import { useFollow } from "../layouts/useLayout";
import { AUTO, modelList, usable } from "../models/api";
import { holds, onlyNewest, sessionChanged, sessionMessages } from "../sessions/api";
import type { Attachment } from "./attachments";
import { AgainPanel, ChatParameters } from "./ChatParameters";
import { Composer } from "./Composer";
import { Messages, Older } from "./Messages";
import { RunView } from "./RunView";
import type { Turn } from "./run";
import { textOf, threadOf } from "./thread";
import { useChatParameters } from "./useChatParameters";
import { runs, useRun } from "./useRun";

const MODEL = "pluggably.model";
const NEAR_END_PX = 80;
const NONE: never[] = [];

interface Props {
  sessionId: string | null;
  /** A new session has begun with the first message. */
  onBegun: (sessionId: string) => void;
}

/** A conversation: what was said, and where the next message is written. */
export function Chat({ sessionId, onBegun }: Props) {
  const queries = useQueryClient();
  const run = useRun(sessionId);
  const brought = useHandover("chat");
  const draftKey = `pluggably.draft.${sessionId ?? "new"}`;
  const [chosen, setChosen] = useState(() => {
    if (brought !== null) keep(draftKey, joined(kept<string>(draftKey), brought.prompt));
    return brought?.model ?? kept<string>(MODEL);
  });
  const { data: profile } = useQuery(me(useConnection()));
  const model = chosen ?? profile?.preferred_models.text ?? AUTO;
  const parameters = useChatParameters(model);
  const [again, setAgain] = useState<Message | null>(null);
  const follow = useFollow();
  const [failed, setFailed] = useState<{ error: unknown; prompt: string; images: Attachment[] } | null>(null);
  const [begins, setBegins] = useState(false);
  const stored = useInfiniteQuery({ ...sessionMessages(sessionId ?? ""), enabled: sessionId !== null });
  const { data: models } = useQuery(modelList());
  const pages = stored.data?.pages ?? NONE;
  const newest = pages[0]?.messages ?? NONE;
  // Those before are many and in no hurry: they are painted piece by piece, between frames.
  const before = useDeferredValue(
    useMemo(
      () =>
        pages
          .slice(1)
          .reverse()
          .flatMap((page) => page.messages),
      [pages],
    ),
  );
  const messages = useMemo(() => {
    const known = new Set(newest.map(({ id }) => id));
    return [...before.filter(({ id }) => !known.has(id)), ...newest];
  }, [before, newest]);
  const thread = useMemo(() => threadOf(messages, run), [messages, run]);
  const shown = useMemo(
    () => (thread.count === messages.length ? messages : messages.slice(0, thread.count)),
    [messages, thread.count],
  );
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

  const scroller = useRef<HTMLDivElement>(null);
  const { atEnd, toEnd } = useEnd(scroller, sessionId, thread, messages[0]?.id);

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
  const choose = (chosen: string, prompt: string, attached: readonly Attachment[]) => {
    const found = models?.find(({ id }) => id === chosen);
    if (found !== undefined && follow(found, prompt, attached)) return;
    setChosen(chosen);
    keep(MODEL, chosen);
  };
  const send = async (prompt: string, attached: Attachment[]) => {
    setFailed(null);
    parameters.noteRead();
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
    toEnd();
    if (sessionId !== null) onlyNewest(queries, sessionId);
    begin({
      sessionId: id,
      prompt,
      images: attached.map(({ url }) => url),
      model,
      parameters: parameters.sent,
      again: null,
    });
    if (sessionId === null) onBegun(id);
  };
  const ask = useCallback(
    (messageId: string, another: string, chosen: Turn["parameters"], edited?: string) => {
      if (sessionId === null) return;
      const replaced = { messageId, edited: edited !== undefined };
      begin({ sessionId, prompt: edited ?? "", images: [], model: another, parameters: chosen, again: replaced });
    },
    [sessionId, begin],
  );
  const onAgain = useCallback((messageId: string, another: string) => ask(messageId, another, null), [ask]);
  const onEdit = useCallback((answerId: string, prompt: string) => ask(answerId, "", null, prompt), [ask]);
  const { fetchNextPage } = stored;
  const older = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  const retry = () => {
    if (run === null) return;
    const { sessionId: id, prompt, images, model: asked, parameters: chosen, again: replaced } = run;
    begin({ sessionId: id, prompt, images, model: asked, parameters: chosen, again: replaced });
  };

  const isEmpty = shown.length === 0 && thread.run === null && failed === null;

  return (
    <div className="flex min-h-0 flex-1">
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        <div
          data-scroller
          ref={scroller}
          className="relative min-h-0 flex-1 overflow-y-auto [scrollbar-gutter:stable_both-edges]"
        >
          <div
            role="log"
            aria-label="Conversation"
            aria-live="off"
            className="mx-auto flex min-h-full w-full max-w-3xl flex-col gap-6 px-4 py-6"
          >
            {stored.hasNextPage && (
              <Older
                asking={stored.isFetchingNextPage}
                failed={stored.isFetchNextPageError}
                loaded={messages.length}
                onAsk={older}
              />
            )}
            {stored.error !== null && stored.data === undefined && (
              <ProblemNotice error={stored.error}>
                <button type="button" className="button-plain h-8 px-3" onClick={() => void stored.refetch()}>
                  Try again
                </button>
              </ProblemNotice>
            )}
            {isEmpty && (sessionId === null || stored.isSuccess) && <Welcome />}
            <Messages
              messages={shown}
              others={others}
              onAgain={busy || closed ? undefined : onAgain}
              onOther={setAgain}
              onEdit={busy || closed ? undefined : onEdit}
            />
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
          {parameters.note !== null && (
            <div role="status" className="pb-2">
              <Hint>{parameters.note}</Hint>
            </div>
          )}
          {closed ? (
            <p className="flex items-center justify-center gap-2 rounded-2xl border border-line bg-pane p-4 text-sm text-soft">
              <Lock aria-hidden className="size-4" /> This chat is closed. It can be read and exported.
            </p>
          ) : (
            <Composer
              key={sessionId ?? "new"}
              draftKey={draftKey}
              brought={brought?.images ?? NONE}
              said={said}
              model={model}
              onModel={choose}
              parameters={{
                open: parameters.open,
                changed: Object.keys(parameters.sent).length > 0,
                onToggle: () => {
                  setAgain(null);
                  parameters.toggle();
                },
              }}
              busy={busy}
              enterSends={profile?.preferences.enter_sends !== false}
              onSend={(prompt, images) => {
                if (!parameters.show()) return false;
                void send(prompt, images);
                return true;
              }}
              onStop={() => sessionId !== null && void runs.stop(sessionId)}
            />
          )}
        </div>
      </div>
      {again !== null && !busy && (
        <AgainPanel
          key={again.id}
          message={again}
          onClose={() => setAgain(null)}
          onAgain={(another, chosen) => {
            setAgain(null);
            ask(again.id, another, chosen);
          }}
        />
      )}
      {again === null && parameters.open && !closed && (
        <ChatParameters model={model} models={models} parameters={parameters} />
      )}
    </div>
  );
}

/** A draft with what was brought to it: nothing that was written is lost. */
function joined(draft: string | null, brought: string): string | null {
  if (brought === "" || draft === brought) return draft;
  return draft === null ? brought : `${draft}\n\n${brought}`;
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

/** Keeps the end in sight while it grows, unless somebody has scrolled away from it. */
function useEnd(
  scroller: React.RefObject<HTMLDivElement | null>,
  sessionId: string | null,
  thread: unknown,
  firstId: string | undefined,
) {
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
  // Browsers hold what is seen in its place when something comes above it, but not at the very top.
  const height = useRef(0);
  const first = useRef(firstId);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    if (first.current !== firstId && element.scrollTop < 1 && !follows.current) {
      element.scrollTop = element.scrollHeight - height.current;
    }
    first.current = firstId;
    height.current = element.scrollHeight;
  });
  return { atEnd, toEnd };
}
