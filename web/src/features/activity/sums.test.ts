import type { RequestStatus, Schemas } from "@pluggably/client";
import { expect, test } from "vitest";
import { othersOf, usageOf } from "./sums.ts";

const loaded = (model_id: string, active_requests: number, queue_depth: number) =>
  ({ model_id, active_requests, queue_depth }) as Schemas["LoadedModelInfo"];
const own = (model: string, status: string) => ({ model, status }) as RequestStatus;

test("of what a model does, one's own requests are not the others'", () => {
  expect(othersOf([loaded("a", 1, 1)], [own("a", "running"), own("a", "queued")])).toBe("");
  expect(othersOf([loaded("a", 2, 3), loaded("b", 1, 0)], [own("a", "running"), own("a", "queued")])).toBe(
    "Requests of others: 1 running and 2 waiting at a; 1 running at b.",
  );
});

test("more than all is all, and of nothing nothing is used", () => {
  expect(usageOf(150, 100, "allowed").percent).toBe(100);
  expect(usageOf(5, 0, "allowed").percent).toBe(0);
});
