/** What of a repository can be had: one quantisation with all its parts, or a whole pipeline. */

import type { ModelInfo } from "@pluggably/client";
import type { HubFile, Storage, Wanted } from "./api";

/** Taken, the first one that there is and fits, where nobody chooses; the gateway has the same order. */
const PREFERRED = ["Q4_K_M", "Q4_K_S", "Q4_0", "Q5_K_M", "IQ4_XS", "Q6_K", "Q8_0"];
const PART = /-\d{5}-of-\d{5}$/;

export interface Offer {
  /** The file's name without folders, ending and part number; of a pipeline, the repository's. */
  name: string;
  quantisation: string | null;
  /** Names for the gateway; null: it chooses what belongs to the pipeline. */
  files: string[] | null;
  /** Null: not told. */
  size: number | null;
  /** Whether there is room for it; null: not told. */
  fits: boolean | null;
}

export function stemOf(name: string): string {
  return name
    .slice(name.lastIndexOf("/") + 1)
    .replace(/\.gguf$/i, "")
    .replace(PART, "");
}

/** What can be had of a repository with these files, small ones first. */
export function offersOf(repo: string, files: readonly HubFile[]): Offer[] {
  if (files.some(({ name }) => name === "model_index.json")) {
    const parts = files.filter(({ name }) => name.includes("/") && /\.(safetensors|json|txt|model)$/.test(name));
    if (!parts.some(({ name }) => name.endsWith(".safetensors"))) return [];
    return [{ name: repo, quantisation: null, files: null, size: sizeOf(parts), fits: fitsOf(parts) }];
  }
  const weights = files.filter(({ name }) => /\.gguf$/i.test(name));
  const projectors = weights.filter(({ name }) => /mmproj/i.test(name));
  const projector = projectors.find(({ quantisation }) => quantisation === "F16") ?? projectors[0];
  const groups = new Map<string, HubFile[]>();
  for (const file of weights) {
    if (projectors.includes(file)) continue;
    const whole = file.name.replace(/\.gguf$/i, "").replace(PART, "");
    groups.set(whole, [...(groups.get(whole) ?? []), file]);
  }
  const offers = [...groups.values()].map((parts) => {
    const all = projector === undefined ? parts : [...parts, projector];
    return {
      name: stemOf(parts[0]?.name ?? repo),
      quantisation: parts[0]?.quantisation ?? null,
      files: all.map(({ name }) => name),
      size: sizeOf(all),
      fits: fitsOf(all),
    };
  });
  return offers.sort((a, b) => (a.size ?? 0) - (b.size ?? 0) || a.name.localeCompare(b.name));
}

/** The one to take where nobody knows better. */
export function recommended(offers: readonly Offer[]): Offer | undefined {
  const fitting = offers.filter(({ fits }) => fits !== false);
  for (const quantisation of PREFERRED) {
    const offer = fitting.find((each) => each.quantisation === quantisation);
    if (offer !== undefined) return offer;
  }
  return fitting[0];
}

/** The download that brings an offer. */
export function wantedOf(repo: string, { files }: Offer): Wanted {
  return { source: { type: "huggingface", id: repo }, ...(files === null ? {} : { options: { files } }) };
}

/** The model that this offer has become, if it is here or on its way. */
export function installed(models: readonly ModelInfo[], repo: string, { name }: Offer): ModelInfo | undefined {
  return models.find(
    ({ source, id, name: called, local_path }) =>
      source.type === "huggingface" && source.uri === repo && [id, called, stemOf(local_path ?? "")].includes(name),
  );
}

/** Bytes that a download may take without anything making room for it. */
export function roomIn({ room_bytes, free_bytes, limit_bytes, used_bytes, promised_bytes }: Storage): number {
  if (room_bytes != null) return room_bytes;
  const allowed = limit_bytes === null ? free_bytes : Math.min(free_bytes, limit_bytes - used_bytes);
  return Math.max(0, allowed - promised_bytes);
}

function sizeOf(files: readonly HubFile[]): number | null {
  return files.reduce<number | null>(
    (sum, { size_bytes }) => (sum === null || size_bytes === null ? null : sum + size_bytes),
    0,
  );
}

function fitsOf(files: readonly HubFile[]): boolean | null {
  if (files.some(({ fits }) => fits === false)) return false;
  return files.some(({ fits }) => fits === null) ? null : true;
}
