/** What is taken along from one page to another, as from the chat to the Studio. */

import { useEffect, useState } from "react";

export type Place = "chat" | "studio";

export interface Handover {
  to: Place;
  model: string;
  prompt: string;
  /** Data URLs, and addresses of images. */
  images: readonly string[];
}

let handed: Handover | null = null;

export function handOver(what: Handover): void {
  handed = what;
}

/** What was brought to this page, as it was when the page was opened; null: nothing. */
export function useHandover(place: Place): Handover | null {
  const [brought] = useState(() => (handed?.to === place ? handed : null));
  useEffect(() => {
    if (handed === brought) handed = null;
  }, [brought]);
  return brought;
}
