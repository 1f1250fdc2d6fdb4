/** Going on with what was interrupted, and telling what came without painting more often than can be seen. */

import { ApiError, ConnectionError, PluggablyError } from "@pluggably/client";

/** How often a connection that breaks without bringing anything is opened anew. */
export const RECONNECTS = 12;
const LONGEST_PAUSE_MS = 8000;

/** Whether the connection is what failed, and not the request. */
export function isInterrupted(error: unknown): boolean {
  if (error instanceof ConnectionError) return true;
  return error instanceof PluggablyError && !(error instanceof ApiError);
}

/** Wait after so many failures in a row, or until the device is online again. */
export function untilOnline(failures: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      globalThis.removeEventListener?.("online", done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(500 * 2 ** failures, LONGEST_PAUSE_MS));
    globalThis.addEventListener?.("online", done);
  });
}

/** When the page is painted next. */
export function whenPainted(paint: () => void): void {
  // A page in the background is not painted, and must not fall behind for that.
  if (document.hidden) setTimeout(paint, 100);
  else requestAnimationFrame(paint);
}
