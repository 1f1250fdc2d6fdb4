import type { ModelInfo } from "@pluggably/client";
import { expect, test } from "vitest";
import { installed, offersOf, recommended, roomIn, wantedOf } from "./offers.ts";

const file = (
  name: string,
  size_bytes: number | null,
  quantisation: string | null = null,
  fits: boolean | null = true,
) => ({
  name,
  size_bytes,
  quantisation,
  fits,
});

test("each quantisation is one offer, with all its parts and the projector", () => {
  const offers = offersOf("org/seer", [
    file("README.md", 10),
    file("seer.Q8_0.gguf", 80, "Q8_0"),
    file("big/seer.Q4_K_M-00001-of-00002.gguf", 20, "Q4_K_M"),
    file("big/seer.Q4_K_M-00002-of-00002.gguf", 25, "Q4_K_M"),
    file("mmproj-seer-F32.gguf", 9, "F32"),
    file("mmproj-seer-F16.gguf", 5, "F16"),
  ]);
  expect(offers.map(({ name, size }) => [name, size])).toEqual([
    ["seer.Q4_K_M", 50],
    ["seer.Q8_0", 85],
  ]);
  expect(offers[0] && wantedOf("org/seer", offers[0])).toEqual({
    source: { type: "huggingface", id: "org/seer" },
    options: {
      files: ["big/seer.Q4_K_M-00001-of-00002.gguf", "big/seer.Q4_K_M-00002-of-00002.gguf", "mmproj-seer-F16.gguf"],
    },
  });
});

test("a pipeline is one offer, of which the gateway chooses the files", () => {
  const files = [file("model_index.json", 1), file("unet/model.safetensors", 100), file("unet/model.bin", 100)];
  const [offer] = offersOf("org/painter", files);
  expect(offer).toMatchObject({ name: "org/painter", files: null, size: 100 });
  expect(offersOf("org/painter", [file("model_index.json", 1), file("unet/model.bin", 100)])).toEqual([]);
});

test("what is recommended fits; an unknown size or one part too many is told", () => {
  const offers = offersOf("org/x", [
    file("x.Q4_K_M.gguf", 90, "Q4_K_M", false),
    file("x.Q8_0.gguf", 80, "Q8_0"),
    file("x.IQ1_S.gguf", null, "IQ1_S", null),
  ]);
  expect(recommended(offers)?.name).toBe("x.Q8_0");
  expect(offers.find(({ name }) => name === "x.IQ1_S")).toMatchObject({ size: null, fits: null });
  expect(recommended([])).toBeUndefined();
});

test("an offer that is here is known by its repository and its file", () => {
  const model = { id: "mine", name: "x", local_path: "/models/org/x/x.Q8_0.gguf" };
  const here = { ...model, source: { type: "huggingface", uri: "org/x", revision: null } } as ModelInfo;
  const [offer] = offersOf("org/x", [file("x.Q8_0.gguf", 80, "Q8_0")]);
  expect(offer && installed([here], "org/x", offer)).toBe(here);
  expect(offer && installed([here], "org/y", offer)).toBeUndefined();
});

test("room is what the gateway says, else what limit and disk leave", () => {
  const told = { used_bytes: 60, limit_bytes: 100, free_bytes: 1000, promised_bytes: 10, models: [] };
  expect(roomIn({ ...told, room_bytes: 25 })).toBe(25);
  expect(roomIn(told)).toBe(30);
  expect(roomIn({ ...told, limit_bytes: null })).toBe(990);
});
