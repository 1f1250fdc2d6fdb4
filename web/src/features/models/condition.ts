/** What state a model is in, in one word and one sentence. */

import type { Job, ModelInfo } from "@pluggably/client";

/** Who runs the models of the gateway's own machine. */
export const LOCAL = "local";

export type State =
  | "available"
  | "loading"
  | "loaded"
  | "busy"
  | "downloading"
  | "failed"
  | "locked"
  | "evicted"
  | "disabled";

export const STATES: Record<State, string> = {
  available: "Available",
  loading: "Loading",
  loaded: "Loaded",
  busy: "Busy",
  downloading: "Downloading",
  failed: "Failed",
  locked: "Locked",
  evicted: "Evicted",
  disabled: "Switched off",
};

export interface Condition {
  state: State;
  /** Why it is so, or what it means; empty where the word says all. */
  detail: string;
  /** Of a download, 0 to 100; null while nobody knows. */
  percent: number | null;
}

/** The state of a model; `job` is the download that brings it. */
export function conditionOf(model: ModelInfo, job?: Job): Condition {
  const is = (state: State, detail = "", percent: number | null = null): Condition => ({ state, detail, percent });
  if (model.availability.access === "locked") return is("locked", `Needs a key of ${model.provider}.`);
  switch (model.status) {
    case "downloading":
      return is("downloading", "", job?.progress_pct ?? null);
    case "failed":
      return is("failed", model.status_reason ?? "Nobody knows why.");
    case "evicted":
      return is("evicted", model.status_reason ?? "Its files made room for others.");
    case "disabled":
      return is("disabled", model.status_reason ?? "An administrator has switched it off.");
    default:
  }
  if (model.runtime_status === "loading") return is("loading", "It is being brought into memory.");
  if (model.runtime_status === "loaded") return is("loaded", "In memory, ready at once.");
  if (model.runtime_status === "busy") return is("busy", "In memory, and answering.");
  if (model.availability.credits_status === "exhausted") return is("available", "The account has no credit left.");
  if (model.availability.access === "unknown") return is("available", "Nobody has tried it with this key yet.");
  return is("available");
}

export function isLocal(model: ModelInfo): boolean {
  return model.provider === LOCAL;
}

/** Whether it has an entry of its own that can be removed; what only a provider lists can be switched off alone. */
export function isRemovable(model: ModelInfo): boolean {
  return model.created_at !== null;
}
