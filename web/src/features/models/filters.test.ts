import type { ModelInfo } from "@pluggably/client";
import { expect, test } from "vitest";
import { conditionOf } from "./condition.ts";
import { priceOf, tokens } from "./facts.ts";
import { filtersIn, passing } from "./filters.ts";
import { parametersOf } from "./parameters.ts";

function model(id: string, changes: Partial<ModelInfo> = {}): ModelInfo {
  return {
    id,
    name: id,
    provider: "local",
    modality: "text",
    status: "available",
    status_reason: null,
    runtime_status: "unloaded",
    availability: { access: "available", credits_status: null },
    description: null,
    licence: null,
    version: null,
    pricing: null,
    ...changes,
  } as ModelInfo;
}

test("of an address only filters that there are are taken", () => {
  const given = {
    q: 42,
    modality: "3d",
    where: "nowhere",
    status: "toString",
    provider: "",
    model: "a/b",
    other: "x",
  };
  expect(filtersIn(given)).toEqual({ q: "42", modality: "3d", model: "a/b" });
});

test("local models come first, locked ones last, and every word has to be found", () => {
  const models = [
    model("vendor:locked", { provider: "vendor", availability: { access: "locked", credits_status: "unknown" } }),
    model("vendor:open", { provider: "vendor", runtime_status: null, licence: "apache-2.0" }),
    model("zebra", { runtime_status: "busy" }),
    model("antelope"),
  ];
  const ids = (filters: Parameters<typeof passing>[1]) => passing(models, filters).map(({ id }) => id);
  expect(ids({})).toEqual(["antelope", "zebra", "vendor:open", "vendor:locked"]);
  expect(ids({ q: "OPEN apache" })).toEqual(["vendor:open"]);
  expect(ids({ where: "remote", status: "locked" })).toEqual(["vendor:locked"]);
});

test("a model's state is the one that hinders most", () => {
  const locked = model("x", { status: "failed", availability: { access: "locked", credits_status: "unknown" } });
  expect(conditionOf(locked).state).toBe("locked");
  expect(conditionOf(model("x", { status: "failed", status_reason: "torn" }))).toMatchObject({ detail: "torn" });
  expect(conditionOf(model("x", { status: "downloading" })).percent).toBeNull();
  expect(conditionOf(model("x", { runtime_status: "loading" })).state).toBe("loading");
});

test("prices and sizes are said shortly", () => {
  expect(priceOf(model("x"))).toBeNull();
  expect(priceOf(model("x", { pricing: { input_per_million_usd: 0, output_per_million_usd: 0 } }))).toBe("Free");
  expect(priceOf(model("x", { pricing: { input_per_million_usd: 0.15, output_per_million_usd: 0.6 } }))).toBe(
    "$0.15 in, $0.60 out per million tokens",
  );
  expect(priceOf(model("x", { pricing: { images: [{ usd: 0.04 }, { usd: 0.02 }] } }))).toBe("from $0.02 an image");
  expect([tokens(512), tokens(4096), tokens(128_000), tokens(1_000_000)]).toEqual(["512", "4K", "128K", "1M"]);
});

test("parameters are put into words", () => {
  const temperature = { type: "number", minimum: 0, maximum: 2, default: 0.8, description: "How free." };
  expect(parametersOf({ properties: { temperature, size: { enum: ["s", "l"] } } })).toEqual([
    { name: "temperature", kind: "number, 0 to 2, 0.8 by default", description: "How free." },
    { name: "size", kind: "one of s, l", description: "" },
  ]);
  expect(parametersOf({})).toEqual([]);
});
