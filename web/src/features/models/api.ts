import type { ModelInfo } from "@pluggably/client";
import { queryOptions } from "@tanstack/react-query";
import { client } from "../../common/connection";

/** The model that stands for finding one. */
export const AUTO = "auto" as const;

/** Every model of the catalog. */
export function modelList() {
  return queryOptions({
    queryKey: ["models"],
    queryFn: async ({ signal }) => (await client().listModels({}, { signal })).models,
    staleTime: 15_000,
  });
}

/** Whether a model can be asked now. */
export function usable(model: ModelInfo): boolean {
  return (model.status === "available" || model.status === "evicted") && model.availability.access !== "locked";
}

/** The models in which every word of `search` occurs; those that can be asked come first. */
export function matching(models: readonly ModelInfo[], search: string, modality: string | null): ModelInfo[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = models.filter((model) => {
    if (modality !== null && model.modality !== modality) return false;
    const text = `${model.name} ${model.id} ${model.provider}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return found.sort((a, b) => Number(usable(b)) - Number(usable(a)) || a.name.localeCompare(b.name));
}
