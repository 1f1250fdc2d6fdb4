/** What is looked for: kept in the page's address, so that a reload finds it again. */

export const SOURCES = {
  hub: "Hugging Face",
  url: "Address",
  pypi: "PyPI",
  local: "Server file",
} as const;
export type SourceKind = keyof typeof SOURCES;

export interface Search {
  from?: SourceKind;
  q?: string;
  modality?: "text" | "image" | "3d";
}

/** The search in an address; what is none is left out. */
export function searchIn({ from, q, modality }: Record<string, unknown>): Search {
  const search: Search = {};
  if (typeof from === "string" && Object.hasOwn(SOURCES, from)) search.from = from as SourceKind;
  if ((typeof q === "string" && q !== "") || typeof q === "number") search.q = String(q);
  if (modality === "text" || modality === "image" || modality === "3d") search.modality = modality;
  return search;
}
