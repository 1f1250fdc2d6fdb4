import type { ModelInfo } from "@pluggably/client";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { client } from "../../common/connection";
import { LOCAL } from "./condition";

/** The model that stands for finding one. */
export const AUTO = "auto" as const;

const LIVE_MS = 700;

/** Every model of the catalog. */
export function modelList() {
  return queryOptions({
    queryKey: ["models"],
    queryFn: async ({ signal }) => (await client().listModels({}, { signal })).models,
    staleTime: 15_000,
  });
}

/** What could be had with a key that there is not. */
function lockedModels() {
  return queryOptions({
    queryKey: ["models", "locked"],
    queryFn: async ({ signal }) => (await client().listModels({ access: "locked" }, { signal })).models,
    staleTime: 15_000,
  });
}

/** The models that change by themselves, asked again and again while somebody looks. */
function localModels() {
  return queryOptions({
    queryKey: ["models", LOCAL],
    queryFn: async ({ signal, client: queries }) => {
      const { models } = await client().listModels({ provider: LOCAL }, { signal });
      queries.setQueryData(modelList().queryKey, (known) => known && withLocal(known, models));
      return models;
    },
    refetchInterval: LIVE_MS,
    staleTime: 0,
  });
}

/** Every model, locked ones too, as it is at this moment. */
export function useLiveModels() {
  const all = useQuery(modelList());
  const locked = useQuery(lockedModels());
  const local = useQuery(localModels());
  const models = useMemo(() => {
    if (all.data === undefined) return undefined;
    const known = local.data === undefined ? all.data : withLocal(all.data, local.data);
    const ids = new Set(known.map(({ id }) => id));
    return [...known, ...(locked.data ?? []).filter(({ id }) => !ids.has(id))];
  }, [all.data, locked.data, local.data]);
  const again = () => Promise.all([all.refetch(), locked.refetch(), local.refetch()]);
  return { models, error: all.error ?? local.error, again };
}

function withLocal(known: readonly ModelInfo[], local: readonly ModelInfo[]): ModelInfo[] {
  return [...local, ...known.filter(({ provider }) => provider !== LOCAL)];
}

/** A local model in memory, with what its last failure said. */
export function modelStatus(id: string) {
  return queryOptions({
    queryKey: ["models", "status", id],
    queryFn: ({ signal }) => client().getModelStatus(id, { signal }),
    refetchInterval: 2000,
    staleTime: 0,
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
