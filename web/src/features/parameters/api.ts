import type { QueryClient } from "@tanstack/react-query";
import { queryOptions } from "@tanstack/react-query";
import { client } from "../../common/connection";
import { type Field, fieldsOf } from "./fields";

export interface ModelParameters {
  model: string;
  modality: "text" | "image" | "3d";
  fields: Field[];
}

/** What can be asked of a model. Kept for long: the panel is drawn at once when a model is chosen again. */
export function modelParameters(model: string) {
  return queryOptions({
    queryKey: ["schema", model],
    queryFn: async ({ signal }): Promise<ModelParameters> => {
      const { modality, parameters } = await client().getModelSchema(model, { signal });
      return { model, modality, fields: fieldsOf(parameters) };
    },
    staleTime: 5 * 60_000,
    gcTime: 60 * 60_000,
  });
}

/** Ask for what a model takes before it is chosen. */
export function prefetchParameters(queries: QueryClient, model: string): void {
  void queries.prefetchQuery(modelParameters(model));
}
