/** A model's parameters in words, out of its JSON Schema. */

export interface Parameter {
  name: string;
  /** Type, range and default: "number, 0 to 2, 0.7 by default". */
  kind: string;
  description: string;
}

export function parametersOf(schema: Record<string, unknown>): Parameter[] {
  return Object.entries(record(schema.properties)).map(([name, told]) => {
    const given = record(told);
    const description = typeof given.description === "string" ? given.description : "";
    return { name, kind: kindOf(given), description };
  });
}

function kindOf(schema: Record<string, unknown>): string {
  const parts: string[] = [];
  if (Array.isArray(schema.enum)) parts.push(`one of ${schema.enum.map(String).join(", ")}`);
  else if (typeof schema.type === "string") parts.push(schema.type);
  else if (Array.isArray(schema.type)) parts.push(schema.type.join(" or "));
  const { minimum, maximum } = schema;
  if (minimum !== undefined && maximum !== undefined) parts.push(`${minimum} to ${maximum}`);
  else if (minimum !== undefined) parts.push(`at least ${minimum}`);
  else if (maximum !== undefined) parts.push(`at most ${maximum}`);
  if (schema.default !== undefined && schema.default !== null) parts.push(`${show(schema.default)} by default`);
  return parts.join(", ");
}

function show(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
