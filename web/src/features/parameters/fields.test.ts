import { expect, test } from "vitest";
import { changed, type Field, faultOf, fieldsOf, taken, withValue } from "./fields";

function only(schema: Record<string, unknown>, beside: Record<string, unknown> = {}): Field {
  const [field] = fieldsOf({ type: "object", properties: { it: schema, ...beside } });
  if (field === undefined) throw new Error("there is no field");
  return field;
}

test("what a parameter is decides how it is asked for", () => {
  const kinds = (schema: Record<string, unknown>) => only(schema).kind;
  expect(kinds({ type: "string", maxLength: 100 })).toBe("text");
  expect(kinds({ type: "string", maxLength: 10_000 })).toBe("long");
  expect(kinds({ type: "integer", minimum: 1 })).toBe("number");
  expect(kinds({ type: "integer", minimum: 0, maximum: 4_294_967_295 })).toBe("number");
  expect(kinds({ type: "number", minimum: 0, maximum: 2 })).toBe("slider");
  expect(kinds({ type: "string", enum: ["png", "jpeg"] })).toBe("choice");
  expect(kinds({ type: "boolean" })).toBe("switch");
  expect(kinds({ type: "array", items: { type: "string" } })).toBe("list");
  expect(kinds({ anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] })).toBe("list");
  expect(kinds({ type: "object" })).toBe("json");
  expect(kinds({ type: "array", items: { type: "object" } })).toBe("json");
});

test("name, help, unit and default come from the schema", () => {
  const field = only({ title: "Width", description: "Pixels.", type: "integer", default: 512, "x-unit": "px" });
  expect(field).toMatchObject({ label: "Width", help: "Pixels.", unit: "px", default: 512 });
  expect(only({ type: "integer" }).label).toBe("It");
});

test("a slider's steps are as fine as its range", () => {
  expect(only({ type: "number", minimum: 0, maximum: 2 })).toMatchObject({ step: 0.01 });
  expect(only({ type: "number", minimum: 0, maximum: 30 })).toMatchObject({ step: 0.1 });
  expect(only({ type: "integer", minimum: 0, maximum: 1000 })).toMatchObject({ step: 1 });
});

test("sizes are offered that the pattern and the greatest width and height allow", () => {
  const size = { type: "string", pattern: "^[1-9][0-9]{1,3}x[1-9][0-9]{1,3}$", examples: ["640x480"] };
  const field = only(size, { width: { type: "integer", maximum: 1024 } });
  expect(field).toMatchObject({ kind: "size", open: true });
  expect(field.kind === "size" && field.presets).toEqual([
    "640x480",
    "512x512",
    "1024x1024",
    "1024x768",
    "768x1024",
    "1024x1536",
  ]);
  expect(only({ type: "string", enum: ["auto", "1024x1024"] })).toMatchObject({ kind: "size", open: false });
});

test("what may be null has no fault when it is", () => {
  const field = only({ type: ["integer", "null"], minimum: 1 });
  expect(field).toMatchObject({ kind: "number", nullable: true });
  expect(faultOf(field, null)).toBeNull();
  expect(faultOf(only({ anyOf: [{ type: "boolean" }, { type: "null" }] }), null)).toBeNull();
  expect(faultOf(only({ type: "integer" }), null)).not.toBeNull();
});

test("faults are told in words", () => {
  const temperature = only({ type: "number", minimum: 0, maximum: 2 });
  expect(faultOf(temperature, 3)).toBe("Between 0 and 2.");
  expect(faultOf(temperature, "warm")).toBe("Type a number.");
  expect(faultOf(only({ type: "integer" }), 1.5)).toBe("Type a whole number, without a fraction.");
  const size = only({ type: "string", pattern: "^[0-9]+x[0-9]+$", examples: ["64x64"] });
  expect(faultOf(size, "large")).toBe("Write it like this: 64x64.");
  const stop = only({ type: "array", maxItems: 1, items: { type: "string", minLength: 1, maxLength: 3 } });
  expect(faultOf(stop, ["END", "FIN"])).toBe("At most 1.");
  expect(faultOf(stop, ["LATER"])).toBe("At most 3 characters.");
  expect(faultOf(stop, ["END"])).toBeNull();
  expect(faultOf(only({ type: "object" }), "{")).toBe("This is no JSON yet.");
});

test("what equals the default is not sent", () => {
  const field = only({ type: "number", default: 0.8, minimum: 0, maximum: 2 });
  expect(changed(field, 0.8)).toBeUndefined();
  expect(withValue({ it: 1, other: 2 }, field, 0.8)).toEqual({ other: 2 });
  expect(withValue({ other: 2 }, field, 1.1)).toEqual({ other: 2, it: 1.1 });
});

test("another model gets what it takes, and the rest is named", () => {
  const fields = fieldsOf({ properties: { seed: { type: "integer" }, format: { enum: ["glb"] } } });
  const { values, dropped } = taken(fields, { seed: 7, format: "png", top_k: 3 });
  expect(values).toEqual({ seed: 7 });
  expect(dropped).toEqual(["format", "top_k"]);
});
