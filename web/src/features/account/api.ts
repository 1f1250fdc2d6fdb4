import { ApiError } from "@pluggably/client";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { type Connection, client, useConnection } from "../../common/connection";

/** Who the page is shown to. Fails with 401 where nobody has logged in. */
export function me(connection: Connection) {
  return queryOptions({
    queryKey: ["me", connection.address],
    queryFn: ({ signal }) => client().me({ signal }),
    staleTime: 5 * 60_000,
    retry: false,
  });
}

/** Whether a call failed because nobody is logged in, or no longer. */
export function needsLogin(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

/** A name as people type it: an address of mail, or a user name. */
export function named(name: string): { email: string } | { username: string } {
  return name.includes("@") ? { email: name.trim() } : { username: name.trim() };
}

/** Whether the page is shown to an administrator. */
export function useIsAdmin(): boolean {
  return useQuery(me(useConnection())).data?.role === "admin";
}

/** What the gateway can do, and whether it is in local mode, where nobody logs in. */
export function features(connection: Connection) {
  return queryOptions({
    queryKey: ["features", connection.address],
    queryFn: ({ signal }) => client().features({ signal }),
    staleTime: 5 * 60_000,
  });
}

/** The built-in user, who acts for operator keys and in local mode: without a password, and never locked out. */
export const OPERATOR = "operator";

/** How somebody is called. */
export function nameOf(user: { display_name: string | null; username: string | null; email: string | null }): string {
  return user.display_name ?? user.username ?? user.email ?? "without a name";
}
