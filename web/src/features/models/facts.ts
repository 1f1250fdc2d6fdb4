/** What is worth knowing of a model, as short words. */

import type { ModelInfo } from "@pluggably/client";
import { bytes, dollars } from "../../common/format";
import { isLocal } from "./condition";

/** A number of tokens: 4096 is "4K". */
export function tokens(count: number): string {
  if (count < 1000) return String(count);
  if (count >= 1_000_000) return `${Number((count / 1_000_000).toFixed(1))}M`;
  return `${Math.round(count / (count % 1000 === 0 ? 1000 : 1024))}K`;
}

/** Who runs it, how it is quantised, how large it is. */
export function originOf(model: ModelInfo): string {
  const parts = [isLocal(model) ? "On this gateway" : model.provider];
  if (model.version !== null) parts.push(model.version);
  if (model.size_bytes !== null) parts.push(bytes(model.size_bytes));
  return parts.join(" · ");
}

/** What it can do. */
export function abilitiesOf({ capabilities, modality }: ModelInfo): string[] {
  const can: string[] = [];
  if (capabilities.max_context_tokens != null) can.push(`${tokens(capabilities.max_context_tokens)} context`);
  if (capabilities.input_modalities?.includes("image"))
    can.push(modality === "text" ? "Sees images" : "Takes images");
  if (capabilities.tools) can.push("Tools");
  if (capabilities.json_schema) can.push("JSON");
  if (capabilities.embeddings) can.push("Embeddings");
  if (modality !== "text") can.push(...(capabilities.output_formats ?? []).map((format) => format.toUpperCase()));
  return can;
}

const PRICES: readonly [string, string][] = [
  ["per_image_usd", "an image"],
  ["per_megapixel_usd", "a megapixel"],
  ["per_mesh_usd", "a mesh"],
  ["per_request_usd", "a request"],
];

/** What it costs, or null where nobody knows. */
export function priceOf({ pricing }: ModelInfo): string | null {
  if (pricing === null) return null;
  const number = (name: string) => (typeof pricing[name] === "number" ? pricing[name] : null);
  const parts: string[] = [];
  const [asked, answered] = [number("input_per_million_usd"), number("output_per_million_usd")];
  if (asked === 0 && (answered ?? 0) === 0) parts.push("Free");
  else if (asked !== null) {
    parts.push(`${dollars(asked)} in${answered === null ? "" : `, ${dollars(answered)} out`} per million tokens`);
  }
  for (const [name, what] of PRICES) {
    const price = number(name);
    if (price !== null) parts.push(`${dollars(price)} ${what}`);
  }
  const images = Array.isArray(pricing.images) ? pricing.images.map((row) => Number(row?.usd)).filter(Boolean) : [];
  if (images.length > 0) parts.push(`from ${dollars(Math.min(...images))} an image`);
  return parts.length === 0 ? null : parts.join(", ");
}
