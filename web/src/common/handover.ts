/** What is taken along from one page to another, as from the chat to the Studio. */

import { useEffect, useState } from "react";

export type Place = "chat" | "studio";

/** An image as it was attached. */
export interface HandedImage {
  id: string;
  name: string;
  /** A data URL, an address, or `artifact:ID`. */
  url: string;
  /** How it is shown, where not by that. */
  shown?: string;
}

export interface Handover {
  to: Place;
  model: string;
  modality: "text" | "image" | "3d";
  prompt: string;
  images: readonly HandedImage[];
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
