/** What a provider takes, read from the JSON Schema that the gateway gives of it. */

import type { Schemas } from "@pluggably/client";

/** One field of a form. */
export interface KeyField {
  name: string;
  title: string;
  kind: "secret" | "address" | "document" | "text";
  required: boolean;
  pattern: string | undefined;
  maxLength: number | undefined;
}

/** One kind of credential. */
export interface KeyForm {
  type: Schemas["CredentialType"];
  title: string;
  fields: KeyField[];
}

type Json = Record<string, unknown>;

const record = (value: unknown): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** The kinds of credentials in a provider's `credential_types`; none where the provider takes none. */
export function formsOf(schema: unknown): KeyForm[] {
  const { anyOf } = record(schema);
  if (!Array.isArray(anyOf)) return [];
  return anyOf.flatMap((kind: unknown) => {
    const { title, properties, required } = record(kind);
    const type = text(record(record(properties).credential_type).const);
    if (type === undefined) return [];
    const needed = Array.isArray(required) ? required : [];
    const fields = Object.entries(record(properties))
      .filter(([name]) => name !== "credential_type")
      .map(([name, property]) => fieldOf(name, record(property), needed.includes(name)));
    return [{ type: type as KeyForm["type"], title: text(title) ?? type, fields }];
  });
}

function fieldOf(name: string, schema: Json, required: boolean): KeyField {
  const kind = Array.isArray(schema.anyOf)
    ? "document"
    : schema.format === "uri"
      ? "address"
      : schema.writeOnly === true
        ? "secret"
        : "text";
  return {
    name,
    title: text(schema.title) ?? name,
    kind,
    required,
    pattern: text(schema.pattern),
    maxLength: typeof schema.maxLength === "number" ? schema.maxLength : undefined,
  };
}
