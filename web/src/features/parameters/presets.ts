/** Parameters under a name, to be taken up again. */

import { usePreference } from "../account/preferences";
import type { Values } from "./fields";

export interface Preset {
  name: string;
  modality: "text" | "image" | "3d";
  values: Values;
}

const KEY = "parameter_presets";
export const MOST_PRESETS = 50;

export function usePresets() {
  const { value, save } = usePreference<Preset[]>(KEY, []);
  const presets = Array.isArray(value) ? value : [];
  return {
    presets,
    put: (preset: Preset) => save(withPreset(presets, preset)),
    rename: (preset: Preset, name: string) =>
      save(
        withPreset(
          presets.filter((other) => !isSame(other, preset)),
          { ...preset, name },
        ),
      ),
    remove: (preset: Preset) => save(presets.filter((other) => !isSame(other, preset))),
  };
}

/** The presets with this one among them, in place of one with its name; by name. */
export function withPreset(presets: readonly Preset[], preset: Preset): Preset[] {
  const others = presets.filter((other) => !isSame(other, preset));
  return [...others, preset].sort((a, b) => a.name.localeCompare(b.name));
}

function isSame(a: Preset, b: Preset): boolean {
  return a.name === b.name && a.modality === b.modality;
}
