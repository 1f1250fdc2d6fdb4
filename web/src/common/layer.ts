import { createContext, useContext } from "react";

/** The dialog around what is shown: menus go into it, for what lies outside of it can't be reached while it is open. */
export const Layer = createContext<HTMLElement | null>(null);

/** Where a menu or a popover is to be put: the `container` of its portal. */
export function useLayer(): HTMLElement | null {
  return useContext(Layer);
}
