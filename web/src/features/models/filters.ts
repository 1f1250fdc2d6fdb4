/** Which models are shown: kept in the page's address, so that a view can be shared and gone back to. */

import type { ModelInfo } from "@pluggably/client";
import { conditionOf, isLocal, STATES, type State } from "./condition";

export const MODALITIES = { text: "Text", image: "Image", "3d": "3D" } as const;
export const PLACES = { local: "On this gateway", remote: "At providers" } as const;

export interface Filters {
  q?: string;
  modality?: keyof typeof MODALITIES;
  where?: keyof typeof PLACES;
  provider?: string;
  status?: State;
  /** The model whose details are open. */
  model?: string;
}

/** The filters in an address; what is none is left out. */
export function filtersIn(search: Record<string, unknown>): Filters {
  const filters: Filters = {};
  const text = (name: string) => {
    const value = search[name];
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const one = <Name extends string>(name: string, known: Record<Name, string>) => {
    const value = text(name);
    return value !== undefined && Object.hasOwn(known, value) ? (value as Name) : undefined;
  };
  const given: { [Name in keyof Filters]: Filters[Name] | undefined } = {
    q: text("q"),
    modality: one("modality", MODALITIES),
    where: one("where", PLACES),
    provider: text("provider"),
    status: one("status", STATES),
    model: text("model"),
  };
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) Object.assign(filters, { [name]: value });
  }
  return filters;
}

/** Whether anything is left out. */
export function isFiltered({ q, modality, where, provider, status }: Filters): boolean {
  return [q, modality, where, provider, status].some((filter) => filter !== undefined);
}

/** The models that pass: those of this gateway, those of providers, those that can't be asked now, locked ones last.
 * A model that is loaded or fetched while somebody looks stays where it is. */
export function passing(models: readonly ModelInfo[], filters: Filters): ModelInfo[] {
  const words = (filters.q ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const found = models.filter((model) => {
    if (filters.modality !== undefined && model.modality !== filters.modality) return false;
    if (filters.where !== undefined && isLocal(model) !== (filters.where === "local")) return false;
    if (filters.provider !== undefined && model.provider !== filters.provider) return false;
    if (filters.status !== undefined && conditionOf(model).state !== filters.status) return false;
    const text = [model.name, model.id, model.provider, model.description, model.licence, model.version].join(" ");
    return words.every((word) => text.toLowerCase().includes(word));
  });
  return found.sort((a, b) => placeOf(a) - placeOf(b) || a.name.localeCompare(b.name));
}

function placeOf(model: ModelInfo): number {
  if (isLocal(model)) return 0;
  const { state } = conditionOf(model);
  if (state === "locked") return 3;
  return state === "available" ? 1 : 2;
}
