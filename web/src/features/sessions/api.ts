/** The caller's sessions: what is asked of the gateway, and what is kept of its answers. */

import { infiniteQueryOptions, type QueryClient } from "@tanstack/react-query";
import { client } from "../../common/connection";
import { saveFile } from "../../common/files";

const PAGE = 50;

/** The sessions whose title holds `search`, those used last first. */
export function sessionList(search: string, status: "active" | "closed") {
  return infiniteQueryOptions({
    queryKey: ["sessions", status, search],
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PAGE, status, ...(search === "" ? {} : { q: search }), ...pageParam };
      return client()
        .sessions.list(query, { signal })
        .then((page) => page);
    },
    initialPageParam: {} as { cursor?: string },
    getNextPageParam: (page) => (page.next_cursor === null ? undefined : { cursor: page.next_cursor }),
  });
}

/** A session with its messages: the first page holds the newest. */
export function sessionMessages(id: string) {
  return infiniteQueryOptions({
    queryKey: ["session", id],
    queryFn: ({ pageParam, signal }) => client().sessions.get(id, { limit: PAGE, ...pageParam }, { signal }),
    initialPageParam: {} as { cursor?: string },
    getNextPageParam: (page) => (page.next_cursor === null ? undefined : { cursor: page.next_cursor }),
  });
}

/** Ask anew what a change in this session may have changed. */
export async function sessionChanged(queries: QueryClient, id: string): Promise<void> {
  await queries.cancelQueries({ queryKey: ["session", id] }); // what was asked before the change tells nothing of it
  await Promise.all([
    queries.invalidateQueries({ queryKey: ["session", id] }),
    queries.invalidateQueries({ queryKey: ["sessions"] }),
  ]);
}

/** Forget all but the newest messages of a long session: after a turn, all that are known are asked for anew. */
export function onlyNewest(queries: QueryClient, id: string): void {
  queries.setQueryData(sessionMessages(id).queryKey, (known) =>
    known === undefined ? known : { pages: known.pages.slice(0, 1), pageParams: known.pageParams.slice(0, 1) },
  );
}

/** Whether what is known of a session holds a message of this request. */
export function holds(queries: QueryClient, id: string, requestId: string): boolean {
  const pages = queries.getQueryData(sessionMessages(id).queryKey)?.pages ?? [];
  return pages.some(({ messages }) => messages.some((message) => message.request_id === requestId));
}

/** Offer a session as a file. */
export async function saveSession(id: string, title: string | null, format: "json" | "markdown"): Promise<void> {
  const text = await client().sessions.export(id, format);
  const name = (title ?? "chat").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "") || "chat";
  const type = format === "json" ? "application/json" : "text/markdown";
  saveFile(new Blob([text], { type }), `${name}.${format === "json" ? "json" : "md"}`);
}
