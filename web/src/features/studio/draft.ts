/** What is being written in the studio; it outlasts a reload. */

import { useCallback, useState } from "react";
import { keep, kept } from "../../common/kept";
import { AUTO } from "../models/api";
import type { Modality } from "./works";

export interface Draft {
  prompt: string;
  modality: Modality;
  models: Record<Modality, string>;
  parameters: Record<Modality, Record<string, unknown>>;
}

const KEY = "pluggably.studio";
const EMPTY: Draft = {
  prompt: "",
  modality: "image",
  models: { image: AUTO, "3d": AUTO },
  parameters: { image: {}, "3d": {} },
};

export function useDraft(): [Draft, (change: Partial<Draft>) => void] {
  const [draft, setDraft] = useState<Draft>(() => ({ ...EMPTY, ...kept<Partial<Draft>>(KEY) }));
  const change = useCallback((changed: Partial<Draft>) => {
    setDraft((before) => {
      const next = { ...before, ...changed };
      keep(KEY, next);
      return next;
    });
  }, []);
  return [draft, change];
}
