import type { Schemas } from "@pluggably/client";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { client } from "../../common/connection";

export type User = Schemas["UserRead"];
export type Invite = Schemas["InviteRead"];
export type Deed = Schemas["AuditEntry"];

const PAGE = 50;
const MOST_NAMES = 1000;
const following = (page: { next_cursor?: string | null }) =>
  page.next_cursor === null || page.next_cursor === undefined ? undefined : { cursor: page.next_cursor };

/** The users in whose names or address `q` occurs, the newest first. */
export function userPages(q: string) {
  return infiniteQueryOptions({
    queryKey: ["users", "pages", q],
    queryFn: ({ pageParam, signal }) =>
      client()
        .listUsers({ limit: PAGE, ...(q === "" ? {} : { q }), ...pageParam }, { signal })
        .then((page) => page),
    initialPageParam: {} as { cursor?: string },
    getNextPageParam: (page) => following(page),
  });
}

/** The newest users, to show names in place of ids. */
export function userList() {
  return queryOptions({
    queryKey: ["users", "names"],
    queryFn: async ({ signal }) => {
      const users: User[] = [];
      for await (const user of client().listUsers({ limit: 200 }, { signal })) {
        users.push(user);
        if (users.length === MOST_NAMES) break;
      }
      return users;
    },
    staleTime: 60_000,
  });
}

export function invitePages() {
  return infiniteQueryOptions({
    queryKey: ["invites"],
    queryFn: ({ pageParam, signal }) =>
      client()
        .listInvites({ limit: PAGE, ...pageParam }, { signal })
        .then((page) => page),
    initialPageParam: {} as { cursor?: string },
    getNextPageParam: (page) => following(page),
  });
}

export function limitsOf(userId: string) {
  return queryOptions({
    queryKey: ["limits", userId],
    queryFn: ({ signal }) => client().getLimits(userId, { signal }),
    staleTime: 0,
    gcTime: 0,
  });
}

/** What was done, the newest first; empty filters let everything through. */
export function auditPages(action: string, actor: string) {
  return infiniteQueryOptions({
    queryKey: ["audit", action, actor],
    queryFn: ({ pageParam, signal }) => {
      const filters = { ...(action === "" ? {} : { action }), ...(actor === "" ? {} : { actor_id: actor }) };
      return client()
        .audit({ limit: PAGE, ...filters, ...pageParam }, { signal })
        .then((page) => page);
    },
    initialPageParam: {} as { cursor?: string },
    getNextPageParam: (page) => following(page),
  });
}
