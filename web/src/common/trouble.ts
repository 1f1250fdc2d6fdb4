/** Whether the gateway answers as it should, by what becomes of every call of the client. */

import { ApiError, type Call, ConnectionError, TimeoutError, UnexpectedReplyError } from "@pluggably/client";
import { useSyncExternalStore } from "react";

/** `away`: nobody answers; `mute`: no answer in time; `failing`: something else answers in its place; `slow`: it takes long. */
export type Trouble = "away" | "mute" | "failing" | "slow";

/** Milliseconds after which somebody who waits is told so. */
export const SLOW_MS = 8000;

const listeners = new Set<() => void>();
const refusals = new Set<() => void>();
let slow = 0;
let fault: Exclude<Trouble, "slow"> | null = null;

/** Follow a call to its end. */
export function follow(call: Call): void {
  let isSlow = false;
  const timer =
    call.kind !== "generate"
      ? setTimeout(() => {
          isSlow = true;
          count(1);
        }, SLOW_MS)
      : undefined;
  const end = () => {
    clearTimeout(timer);
    if (isSlow) count(-1);
  };
  call.ended.then(
    () => {
      end();
      become(null);
    },
    (error: unknown) => {
      end();
      const found = faultOf(error);
      if (found !== undefined) become(found);
      if (endsLogin(error, call)) for (const listener of refusals) listener();
    },
  );
}

/** What an error tells of the gateway: a fault, that it is there (null), or nothing. */
export function faultOf(error: unknown): Exclude<Trouble, "slow"> | null | undefined {
  if (error instanceof TimeoutError) return "mute";
  if (error instanceof ConnectionError) return "away";
  if (error instanceof UnexpectedReplyError) return "failing";
  if (!(error instanceof ApiError)) return undefined;
  // A proxy's own page carries no code; whatever carries one comes from the gateway.
  return error.code === "unknown" && (error.status ?? 0) >= 500 ? "failing" : null;
}

/** Whether a call was refused because nobody is logged in any more; who logs in or is being asked for knows already. */
function endsLogin(error: unknown, { method, path }: Call): boolean {
  const asks = path === "/v1/users/login" || (method === "get" && path === "/v1/users/me");
  return error instanceof ApiError && error.status === 401 && !asks;
}

/** Be told when a call was refused for want of a login. */
export function onRefusal(listener: () => void): () => void {
  refusals.add(listener);
  return () => refusals.delete(listener);
}

function count(change: 1 | -1): void {
  slow += change;
  tell();
}

function become(next: typeof fault): void {
  if (next === fault) return;
  fault = next;
  tell();
}

function tell(): void {
  for (const listener of listeners) listener();
}

export function trouble(): Trouble | null {
  return fault ?? (slow > 0 ? "slow" : null);
}

export function useTrouble(): Trouble | null {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, trouble);
}
