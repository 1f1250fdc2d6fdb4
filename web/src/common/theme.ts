/** Light, dark, or as the system has it. */

import { useSyncExternalStore } from "react";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const STORED = "pluggably.theme";
const listeners = new Set<() => void>();
let current: Theme = THEMES.find((theme) => theme === localStorage.getItem(STORED)) ?? "system";

/** Show the page in this theme, and remember it on this device. */
export function chooseTheme(theme: Theme): void {
  current = theme;
  localStorage.setItem(STORED, theme);
  applyTheme();
  for (const listener of listeners) listener();
}

/** Take over a theme that was chosen on another device, unless one was chosen on this one. */
export function adoptTheme(theme: unknown): void {
  const known = THEMES.find((each) => each === theme);
  if (known !== undefined && localStorage.getItem(STORED) === null) chooseTheme(known);
}

export function applyTheme(): void {
  if (current === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = current;
}

export function useTheme(): Theme {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
