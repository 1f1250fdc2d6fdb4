import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useEffect } from "react";
import { Chat } from "../features/chat/Chat";
import { sessionMessages } from "../features/sessions/api";
import { SessionMenu } from "../features/sessions/SessionList";

export function ChatPage() {
  const { sessionId } = useParams({ strict: false });
  const navigate = useNavigate();
  return (
    <>
      {sessionId === undefined ? <h1 className="sr-only">New chat</h1> : <Heading sessionId={sessionId} />}
      <Chat
        key={sessionId ?? "new"}
        sessionId={sessionId ?? null}
        onBegun={(id) => void navigate({ to: "/chat/$sessionId", params: { sessionId: id } })}
      />
    </>
  );
}

function Heading({ sessionId }: { sessionId: string }) {
  const { data } = useInfiniteQuery(sessionMessages(sessionId));
  const session = data?.pages[0];
  const title = session?.title ?? "New chat";
  useEffect(() => {
    document.title = `${title} · Pluggably`;
    return () => {
      document.title = "Pluggably";
    };
  }, [title]);
  return (
    <div className="flex items-center gap-1 border-b border-line px-4 py-1.5">
      <h1 className="min-w-0 flex-1 truncate text-sm font-medium">{title}</h1>
      {session !== undefined && <SessionMenu session={session} />}
    </div>
  );
}
