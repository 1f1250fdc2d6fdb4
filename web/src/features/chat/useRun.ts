import { useSyncExternalStore } from "react";
import { client, subscribe } from "../../common/connection";
import { type Run, Runs } from "./run";

/** The answers under way of this page. Another connection begins with none. */
export let runs = new Runs(client);
subscribe(() => {
  runs = new Runs(client);
});

export function useRun(sessionId: string | null): Run | null {
  return useSyncExternalStore(runs.subscribe, () => (sessionId === null ? null : runs.of(sessionId)));
}
