import type { SessionInfo } from "@pluggably/client";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { Archive, FileJson, FileText, MoreHorizontal, Pencil, Search, Trash2 } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useDeferredValue, useMemo, useState } from "react";
import { client } from "../../common/connection";
import { Dialog } from "../../common/Dialog";
import { ageGroup } from "../../common/format";
import { useLayer } from "../../common/layer";
import { ProblemNotice } from "../../common/Notice";
import { saveSession, sessionChanged, sessionList } from "./api";

/** The caller's chats, those used last first. */
export function SessionList({ onChosen }: { onChosen: () => void }) {
  const [search, setSearch] = useState("");
  const [status, setStatus] = useState<"active" | "closed">("active");
  const wanted = useDeferredValue(search.trim());
  const found = useInfiniteQuery(sessionList(wanted, status));
  const sessions = useMemo(() => found.data?.pages.flatMap((page) => page.sessions) ?? [], [found.data]);
  const groups = useMemo(
    () => Object.entries(Object.groupBy(sessions, (one) => ageGroup(one.last_used_at))),
    [sessions],
  );
  return (
    <section aria-labelledby="sessions-heading" className="flex min-h-0 flex-1 flex-col">
      <h2 id="sessions-heading" className="sr-only">
        Sessions
      </h2>
      <div className="space-y-2 px-3 pb-2">
        <div className="relative">
          <Search aria-hidden className="pointer-events-none absolute top-3 left-3 size-4 text-soft" />
          <input
            type="search"
            aria-label="Search sessions"
            placeholder="Search"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
            className="field pl-9"
          />
        </div>
        <div className="flex gap-1">
          {(["active", "closed"] as const).map((value) => (
            <button
              key={value}
              type="button"
              aria-pressed={status === value}
              onClick={() => setStatus(value)}
              className="h-7 rounded-full px-3 text-xs text-soft hover:bg-hover aria-pressed:bg-hover aria-pressed:font-medium aria-pressed:text-ink"
            >
              {value === "active" ? "Open" : "Closed"}
            </button>
          ))}
        </div>
      </div>
      <nav aria-label="Sessions" className="min-h-0 flex-1 overflow-y-auto px-2 pb-2">
        {found.error !== null && found.data === undefined && <ProblemNotice error={found.error} />}
        {found.isPending && <p className="px-3 py-2 text-sm text-soft">Loading…</p>}
        {found.isSuccess && sessions.length === 0 && (
          <p className="px-3 py-2 text-sm text-soft">
            {wanted !== "" ? "Nothing matches." : status === "active" ? "No chats yet." : "No closed chats."}
          </p>
        )}
        {groups.map(([name, members]) => (
          <div key={name} className="pb-2">
            <h3 className="px-3 py-1.5 text-xs font-medium text-soft">{name}</h3>
            <ul>
              {members?.map((session) => (
                <Entry key={session.id} session={session} onChosen={onChosen} />
              ))}
            </ul>
          </div>
        ))}
        {found.hasNextPage && (
          <button
            type="button"
            className="menu-item justify-center text-soft"
            onClick={() => void found.fetchNextPage()}
          >
            Show more
          </button>
        )}
      </nav>
    </section>
  );
}

function Entry({ session, onChosen }: { session: SessionInfo; onChosen: () => void }) {
  return (
    <li className="group relative flex items-center rounded-lg hover:bg-hover has-[[aria-current]]:bg-hover">
      <Link
        to="/chat/$sessionId"
        params={{ sessionId: session.id }}
        onClick={onChosen}
        className="min-w-0 flex-1 truncate rounded-lg px-3 py-2 text-sm aria-[current=page]:font-medium"
      >
        {session.title ?? "New chat"}
      </Link>
      <SessionMenu session={session} />
    </li>
  );
}

/** What can be done with a session. */
export function SessionMenu({ session }: { session: Pick<SessionInfo, "id" | "title" | "status"> }) {
  const [asks, setAsks] = useState<"rename" | "erase" | null>(null);
  const layer = useLayer();
  const [error, setError] = useState<unknown>(null);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { sessionId: shown } = useParams({ strict: false });
  const title = session.title ?? "New chat";
  const change = async (work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (problem) {
      setError(problem);
    }
    await sessionChanged(queries, session.id);
  };
  const erase = async () => {
    await client().sessions.purge(session.id);
    queries.removeQueries({ queryKey: ["session", session.id] });
    if (shown === session.id) await navigate({ to: "/" });
  };
  return (
    <>
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger className="icon-button mr-0.5 size-8" aria-label={`Options of “${title}”`}>
          <MoreHorizontal aria-hidden className="size-4" />
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal container={layer}>
          <DropdownMenu.Content className="menu" align="end" collisionPadding={8}>
            <DropdownMenu.Item className="menu-item" onSelect={() => setAsks("rename")}>
              <Pencil aria-hidden className="size-4" /> Rename
            </DropdownMenu.Item>
            <DropdownMenu.Item
              className="menu-item"
              onSelect={() => void change(() => saveSession(session.id, session.title, "markdown"))}
            >
              <FileText aria-hidden className="size-4" /> Export as Markdown
            </DropdownMenu.Item>
            <DropdownMenu.Item
              className="menu-item"
              onSelect={() => void change(() => saveSession(session.id, session.title, "json"))}
            >
              <FileJson aria-hidden className="size-4" /> Export as JSON
            </DropdownMenu.Item>
            {session.status === "active" && (
              <DropdownMenu.Item
                className="menu-item"
                onSelect={() => void change(() => client().sessions.close(session.id))}
              >
                <Archive aria-hidden className="size-4" /> Close
              </DropdownMenu.Item>
            )}
            <DropdownMenu.Item className="menu-item text-bad" onSelect={() => setAsks("erase")}>
              <Trash2 aria-hidden className="size-4" /> Erase
            </DropdownMenu.Item>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      {asks === "rename" && (
        <RenameDialog
          title={session.title ?? ""}
          onClose={() => setAsks(null)}
          onRename={(name) => void change(() => client().sessions.update(session.id, { title: name }))}
        />
      )}
      {asks === "erase" && (
        <Dialog title="Erase this chat?" onClose={() => setAsks(null)}>
          <p className="text-sm">“{title}” and all that was said in it will be gone for good.</p>
          <div className="mt-5 flex justify-end gap-2">
            <button type="button" className="button-plain" onClick={() => setAsks(null)}>
              Cancel
            </button>
            <button
              type="button"
              className="button-primary"
              onClick={() => {
                setAsks(null);
                void change(erase);
              }}
            >
              Erase
            </button>
          </div>
        </Dialog>
      )}
      {error !== null && (
        <Dialog title="That did not work" onClose={() => setError(null)}>
          <ProblemNotice error={error} />
          <div className="mt-5 flex justify-end">
            <button type="button" className="button-plain" onClick={() => setError(null)}>
              Close
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

function RenameDialog(props: { title: string; onClose: () => void; onRename: (title: string) => void }) {
  const [name, setName] = useState(props.title);
  return (
    <Dialog title="Rename" onClose={props.onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          props.onRename(name.trim());
          props.onClose();
        }}
      >
        <label className="block space-y-1.5 text-sm">
          <span>Title</span>
          <input
            className="field"
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.target.value)}
            onFocus={(event) => event.target.select()}
          />
        </label>
        <div className="mt-5 flex justify-end gap-2">
          <button type="button" className="button-plain" onClick={props.onClose}>
            Cancel
          </button>
          <button type="submit" className="button-primary" disabled={name.trim() === ""}>
            Rename
          </button>
        </div>
      </form>
    </Dialog>
  );
}
