/** A model's parameters: from the JSON Schema that the gateway gives, to fields that people fill in. */

type Json = Record<string, unknown>;

interface Base {
  name: string;
  label: string;
  help: string;
  unit: string;
  /** What the model takes where nothing is sent; undefined: it decides by itself. */
  default: unknown;
  nullable: boolean;
  examples: readonly unknown[];
  schema: Json;
}
export interface NumberField extends Base {
  kind: "number";
  whole: boolean;
}
export interface SliderField extends Base {
  kind: "slider";
  whole: boolean;
  minimum: number;
  maximum: number;
  step: number;
}
export interface ChoiceField extends Base {
  kind: "choice";
  values: readonly (string | number)[];
}
export interface SizeField extends Base {
  kind: "size";
  presets: readonly string[];
  /** Whether others than the presets may be written. */
  open: boolean;
}
export interface ListField extends Base {
  kind: "list";
  numbers: boolean;
  /** The values that there are, where they are known. */
  values: readonly (string | number)[] | null;
}
export interface PlainField extends Base {
  kind: "text" | "long" | "switch" | "json";
}
export type Field = NumberField | SliderField | ChoiceField | SizeField | ListField | PlainField;
export type Values = Record<string, unknown>;

/** A range of more steps than this can't be hit with a slider. */
const MOST_STEPS = 3000;
const LONG_TEXT = 500;
const SIZE = /^(\d{2,4})x(\d{2,4})$/;
const COMMON_SIZES = ["512x512", "1024x1024", "1024x768", "768x1024", "1536x1024", "1024x1536"];
const MOST_SIZES = 6;

/** The fields of a schema, in its order; what is written as JSON comes last. */
export function fieldsOf(schema: Json): Field[] {
  const properties = objectIn(schema.properties);
  const fields = Object.entries(properties).map(([name, property]) => fieldOf(name, objectIn(property), properties));
  return [...fields.filter(({ kind }) => kind !== "json"), ...fields.filter(({ kind }) => kind === "json")];
}

function fieldOf(name: string, given: Json, beside: Json): Field {
  const { schema, nullable } = withoutNull(given);
  const base: Base = {
    name,
    label: textIn(schema.title) || capitalised(name),
    help: textIn(schema.description),
    unit: textIn(schema["x-unit"]) || textIn(schema.unit),
    default: schema.default,
    nullable,
    examples: Array.isArray(schema.examples) ? schema.examples : [],
    schema,
  };
  const values = valuesIn(schema);
  if (values !== null) {
    if (values.some((value) => SIZE.test(String(value)))) {
      return { ...base, kind: "size", presets: values.map(String), open: false };
    }
    return { ...base, kind: "choice", values };
  }
  switch (schema.type) {
    case "boolean":
      return { ...base, kind: "switch" };
    case "integer":
    case "number":
      return numeric(base);
    case "string":
      return textual(base, beside);
    case "array":
      return listed(base);
    default:
      return listAmong(base) ?? { ...base, kind: "json" };
  }
}

function numeric(base: Base): NumberField | SliderField {
  const { minimum, maximum, multipleOf, type } = base.schema;
  const whole = type === "integer";
  if (typeof minimum !== "number" || typeof maximum !== "number") return { ...base, kind: "number", whole };
  const fine = 10 ** Math.floor(Math.log10((maximum - minimum) / 100));
  const step = typeof multipleOf === "number" ? multipleOf : whole ? 1 : fine;
  if (!(maximum > minimum) || (maximum - minimum) / step > MOST_STEPS) return { ...base, kind: "number", whole };
  return { ...base, kind: "slider", whole, minimum, maximum, step };
}

function textual(base: Base, beside: Json): Field {
  const { pattern, maxLength } = base.schema;
  const examples = base.examples.map(String);
  if (typeof pattern === "string" && examples.some((example) => SIZE.test(example))) {
    const most = (side: string) => {
      const found = objectIn(beside[side]).maximum;
      return typeof found === "number" ? found : Number.POSITIVE_INFINITY;
    };
    const fits = (size: string) => {
      const [, width, height] = SIZE.exec(size) ?? [];
      const matches = matchesPattern(pattern, size);
      return matches && Number(width) <= most("width") && Number(height) <= most("height");
    };
    const offered = [...new Set([...examples, ...COMMON_SIZES])].filter(fits).slice(0, MOST_SIZES);
    return { ...base, kind: "size", presets: offered, open: true };
  }
  return { ...base, kind: typeof maxLength === "number" && maxLength > LONG_TEXT ? "long" : "text" };
}

function listed(base: Base): ListField | PlainField {
  const items = objectIn(base.schema.items);
  const values = valuesIn(items);
  if (values !== null) return { ...base, kind: "list", numbers: false, values };
  const numbers = items.type === "number" || items.type === "integer";
  if (numbers || items.type === "string") return { ...base, kind: "list", numbers, values: null };
  return { ...base, kind: "json" };
}

/** A list, where one is among the forms that a value may take, as in "a text or several". */
function listAmong(base: Base): ListField | null {
  const forms = Array.isArray(base.schema.anyOf) ? base.schema.anyOf : base.schema.oneOf;
  if (!Array.isArray(forms)) return null;
  const list = forms.map(objectIn).find(({ type }) => type === "array");
  const found = list === undefined ? null : listed({ ...base, schema: list });
  return found?.kind === "list" ? found : null;
}

/** What is wrong with a value, in words; null where nothing is. */
export function faultOf(field: Field, value: unknown): string | null {
  if (value === undefined) return null;
  if (value === null) return field.nullable ? null : "Something must be given here.";
  switch (field.kind) {
    case "number":
    case "slider":
      return numberFault(field, value);
    case "switch":
      return typeof value === "boolean" ? null : "This is either on or off.";
    case "choice":
      return field.values.includes(value as string) ? null : `Choose one of: ${field.values.join(", ")}.`;
    case "size":
      if (!field.open) return field.presets.includes(String(value)) ? null : "Choose one of the sizes.";
      return textFault(field, value);
    case "text":
    case "long":
      return textFault(field, value);
    case "list":
      return listFault(field, value);
    case "json":
      return jsonFault(field, value);
  }
}

function numberFault({ schema, whole }: NumberField | SliderField, value: unknown): string | null {
  if (typeof value !== "number" || !Number.isFinite(value)) return whole ? "Type a whole number." : "Type a number.";
  if (whole && !Number.isInteger(value)) return "Type a whole number, without a fraction.";
  const { minimum, maximum, exclusiveMinimum: above, exclusiveMaximum: below, multipleOf } = schema;
  const tooLow = typeof minimum === "number" && value < minimum;
  if (tooLow || (typeof maximum === "number" && value > maximum)) {
    if (typeof minimum === "number" && typeof maximum === "number") return `Between ${minimum} and ${maximum}.`;
    return tooLow ? `At least ${minimum}.` : `At most ${maximum}.`;
  }
  if (typeof above === "number" && value <= above) return `More than ${above}.`;
  if (typeof below === "number" && value >= below) return `Less than ${below}.`;
  if (typeof multipleOf === "number" && Math.abs(value / multipleOf - Math.round(value / multipleOf)) > 1e-9) {
    return `A multiple of ${multipleOf}.`;
  }
  return null;
}

function textFault({ schema, examples }: Field, value: unknown): string | null {
  if (typeof value !== "string") return "Type a text.";
  const { minLength, maxLength, pattern } = schema;
  if (typeof minLength === "number" && value.length < minLength) return `At least ${characters(minLength)}.`;
  if (typeof maxLength === "number" && value.length > maxLength) return `At most ${characters(maxLength)}.`;
  if (typeof pattern === "string" && !matchesPattern(pattern, value)) {
    const example = examples[0];
    return example === undefined ? "This is not in the form that is wanted." : `Write it like this: ${example}.`;
  }
  return null;
}

function listFault(field: ListField, value: unknown): string | null {
  const given = Array.isArray(value) ? value : [value];
  const list = listForm(field.schema);
  const { minItems, maxItems } = list;
  if (typeof minItems === "number" && given.length < minItems) return `At least ${minItems}.`;
  if (typeof maxItems === "number" && given.length > maxItems) return `At most ${maxItems}.`;
  if (field.values !== null) {
    return given.every((item) => field.values?.includes(item)) ? null : `Choose among: ${field.values.join(", ")}.`;
  }
  const item = fieldOf("item", objectIn(list.items), {});
  for (const one of given) {
    if (one === "") return "Fill in every line, or take it away.";
    const fault = faultOf(item, one);
    if (fault !== null) return fault;
  }
  return null;
}

function listForm(schema: Json): Json {
  if (schema.type === "array") return schema;
  const forms = Array.isArray(schema.anyOf) ? schema.anyOf : schema.oneOf;
  return (Array.isArray(forms) ? forms.map(objectIn).find(({ type }) => type === "array") : undefined) ?? {};
}

function jsonFault({ schema }: Field, value: unknown): string | null {
  const { type } = schema;
  if (typeof value === "string" && type !== undefined && type !== "string") return "This is no JSON yet.";
  if (type === "object" && (typeof value !== "object" || Array.isArray(value))) return "A JSON object: { … }.";
  if (type === "array" && !Array.isArray(value)) return "A JSON list: [ … ].";
  return null;
}

/** A value as it is kept: undefined where it is what the model takes anyway. */
export function changed(field: Field, value: unknown): unknown {
  return value === undefined || same(value, field.default) ? undefined : value;
}

/** The values with one of them changed. */
export function withValue(values: Values, field: Field, value: unknown): Values {
  const { [field.name]: _, ...others } = values;
  const kept = changed(field, value);
  return kept === undefined ? others : { ...others, [field.name]: kept };
}

/** What of these values a model takes, and the names of what it does not; `faulty`: keep what is to be mended. */
export function taken(
  fields: readonly Field[],
  values: Values,
  faulty = false,
): { values: Values; dropped: string[] } {
  const kept: Values = {};
  const dropped: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    const field = fields.find((known) => known.name === name);
    if (field === undefined || (!faulty && faultOf(field, value) !== null)) dropped.push(name);
    else if (changed(field, value) !== undefined) kept[name] = value;
  }
  return { values: kept, dropped };
}

export function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** A value as it stands in a field. */
export function written(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value, null, 2) : String(value);
}

/** A name as people read it: `top_k` is "Top k". */
export function capitalised(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function withoutNull(given: Json): { schema: Json; nullable: boolean } {
  if (Array.isArray(given.type) && given.type.includes("null")) {
    const others = given.type.filter((type) => type !== "null");
    const values = Array.isArray(given.enum) ? { enum: given.enum.filter((value) => value !== null) } : {};
    return { schema: { ...given, ...values, type: others.length === 1 ? others[0] : others }, nullable: true };
  }
  for (const forms of ["anyOf", "oneOf"]) {
    const found = given[forms];
    if (!Array.isArray(found)) continue;
    const others = found.map(objectIn).filter(({ type }) => type !== "null");
    if (others.length === found.length) continue;
    const { [forms]: _, ...rest } = given;
    return { schema: others.length === 1 ? { ...others[0], ...rest } : { ...rest, [forms]: others }, nullable: true };
  }
  return { schema: given, nullable: false };
}

function valuesIn({ enum: values, const: only }: Json): (string | number)[] | null {
  const found = Array.isArray(values) ? values : only === undefined ? [] : [only];
  const plain = found.filter((value) => typeof value === "string" || typeof value === "number");
  return plain.length > 0 && plain.length === found.length ? plain : null;
}

function matchesPattern(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    return true; // a pattern that this browser can't read: the gateway checks it
  }
}

function characters(length: number): string {
  return length === 1 ? "one character" : `${length} characters`;
}

function objectIn(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function textIn(value: unknown): string {
  return typeof value === "string" ? value : "";
}
