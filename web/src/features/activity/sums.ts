/** What the activity page counts. */

import type { RequestStatus, Schemas } from "@pluggably/client";
import { bytes } from "../../common/format";

/** Seconds since a moment; negative for one to come. */
export function secondsSince(iso: string, now: number): number {
  return (now - Date.parse(iso)) / 1000;
}

/** How much of something is used. */
export function usageOf(used: number, all: number, what: string): { percent: number; text: string } {
  const percent = all <= 0 ? 0 : Math.min(100, (used / all) * 100);
  return { percent, text: `${bytes(used)} of ${bytes(all)} ${what}` };
}

/** What others are doing, without saying who: their requests are nobody else's business. Empty where they do nothing. */
export function othersOf(loaded: readonly Schemas["LoadedModelInfo"][], own: readonly RequestStatus[]): string {
  const parts = loaded.flatMap(({ model_id, active_requests, queue_depth }) => {
    const mine = own.filter(({ model }) => model === model_id);
    const waiting = mine.filter(({ status }) => status === "queued").length;
    const running = active_requests - (mine.length - waiting);
    const parts = [
      running > 0 ? `${running} running` : null,
      queue_depth > waiting ? `${queue_depth - waiting} waiting` : null,
    ];
    const said = parts.filter(Boolean).join(" and ");
    return said === "" ? [] : [`${said} at ${model_id}`];
  });
  return parts.length === 0 ? "" : `Requests of others: ${parts.join("; ")}.`;
}
