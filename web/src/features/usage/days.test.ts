import { expect, test } from "vitest";
import { daily, type Group, roundUp } from "./days";

const group = (day: string, requests: number) => ({ day, requests, cost_usd: null }) as unknown as Group;

test("days without requests are in the chart, and days before it are not", () => {
  const groups = [group("2026-11-23", 4), group("2026-11-21", 2), group("2026-11-01", 9)];
  expect(daily(groups, "requests", 3, new Date("2026-11-23T05:00:00Z"))).toEqual([
    ["2026-11-21", 2],
    ["2026-11-22", 0],
    ["2026-11-23", 4],
  ]);
  expect(daily(groups, "cost_usd", 1, new Date("2026-11-23T05:00:00Z"))).toEqual([["2026-11-23", 0]]);
});

test("a scale ends at a round number", () => {
  expect([0, 0.003, 1, 3, 17, 50, 51, 999].map(roundUp)).toEqual([1, 0.005, 1, 5, 20, 50, 100, 1000]);
});
