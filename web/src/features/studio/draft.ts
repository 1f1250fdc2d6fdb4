/** What is being written in the studio; it outlasts a reload. */

import { useCallback, useState } from "react";
import type { Handover } from "../../common/handover";
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

/** The draft as it was left, with what was brought from the chat in it. */
export function useDraft(brought: Handover | null): [Draft, (change: Partial<Draft>) => void] {
  const [draft, setDraft] = useState<Draft>(() => {
    const left = { ...EMPTY, ...kept<Partial<Draft>>(KEY) };
    if (brought === null || brought.modality === "text") return left;
    const { modality, model } = brought;
    const prompt = brought.prompt === "" ? left.prompt : brought.prompt;
    const next = { ...left, prompt, modality, models: { ...left.models, [modality]: model } };
    keep(KEY, next);
    return next;
  });
  const change = useCallback((changed: Partial<Draft>) => {
    setDraft((before) => {
      const next = { ...before, ...changed };
      keep(KEY, next);
      return next;
    });
  }, []);
  return [draft, change];
}
