/** What the page is looked at on. */

import { useSyncExternalStore } from "react";

const NARROW = matchMedia("(max-width: 767px)");

function subscribe(listener: () => void): () => void {
  NARROW.addEventListener("change", listener);
  return () => NARROW.removeEventListener("change", listener);
}

/** Whether the page is as narrow as on a phone: one column, and panes that come in from the side. */
export function useNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => NARROW.matches);
}
