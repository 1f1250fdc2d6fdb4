/** Which layout the page has, and who decides it. */

import type { Place } from "../../common/handover";

/** The page that is right for text, the one that is right for images and 3D, and one column for small screens. */
export const LAYOUTS = ["chat", "studio", "compact"] as const;
export type Layout = (typeof LAYOUTS)[number];

/**
 * `auto`: as the chosen model and the device want it. `manual`: as somebody chose it; where another would suit better,
 * that is offered. `locked`: as somebody chose it, whatever happens.
 */
export const MODES = ["auto", "manual", "locked"] as const;
export type Mode = (typeof MODES)[number];

export interface LayoutChoice {
  mode: Mode;
  /** What holds unless the mode is `auto`. */
  layout: Layout;
}

export type Modality = "text" | "image" | "3d";

export const BEGINNING: LayoutChoice = { mode: "auto", layout: "chat" };

/** A choice as it was kept; what can't be understood is the beginning's. */
export function choiceIn(found: unknown): LayoutChoice {
  const { mode, layout } = (typeof found === "object" && found !== null ? found : {}) as Partial<LayoutChoice>;
  return {
    mode: MODES.find((known) => known === mode) ?? BEGINNING.mode,
    layout: LAYOUTS.find((known) => known === layout) ?? BEGINNING.layout,
  };
}

/** The layout that is shown. */
export function layoutOf({ mode, layout }: LayoutChoice, place: Place, narrow: boolean): Layout {
  if (mode !== "auto") return layout;
  return narrow ? "compact" : place;
}

/** Where what this model makes is at home. */
export function placeOf(modality: Modality): Place {
  return modality === "text" ? "chat" : "studio";
}

/** What happens when a model is chosen at `place`: the page goes where the model is at home, offers it, or neither. */
export function followed({ mode }: LayoutChoice, place: Place, modality: Modality): "moves" | "offers" | "stays" {
  if (placeOf(modality) === place || mode === "locked") return "stays";
  return mode === "auto" ? "moves" : "offers";
}
