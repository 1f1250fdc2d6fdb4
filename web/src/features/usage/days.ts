import type { Schemas } from "@pluggably/client";

export type Group = Schemas["UsageGroup"];
export type GroupBy = Schemas["UsageReport"]["group_by"];
export type Metric = "requests" | "total_tokens" | "cost_usd";

/** The day of UTC, as the gateway counts. */
export function dayOf(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}

/** A value for each of the last so many days, oldest first; a day without requests has none in the report. */
export function daily(
  groups: readonly Group[],
  metric: Metric,
  days: number,
  today = new Date(),
): [string, number][] {
  const known = new Map(groups.map((group) => [group.day, group[metric] ?? 0]));
  return Array.from({ length: days }, (_, place) => {
    const day = dayOf(new Date(today.getTime() - (days - 1 - place) * 86_400_000));
    return [day, known.get(day) ?? 0];
  });
}

/** The end of a scale: the next of 1, 2, 5, 10 … that holds the value. */
export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find((each) => each * power >= value * (1 - 1e-9)) ?? 10;
  return step * power;
}
