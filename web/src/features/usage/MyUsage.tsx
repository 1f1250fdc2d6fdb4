import type { Schemas } from "@pluggably/client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { count, duration } from "../../common/format";
import { Card } from "../../common/Sections";
import { Waiting } from "../../common/Waiting";
import { myLimits, usage } from "./api";
import { DayChart, MetricChoice, Shares } from "./Charts";
import type { Metric } from "./days";
import { LIMITS } from "./limits";

const DAYS = 30;

/** What the caller may use, has used, and when it is free again. */
export function MyUsage() {
  const limits = useQuery(myLimits());
  const byDay = useQuery(usage("day", DAYS, false));
  const byModel = useQuery(usage("model", DAYS, false));
  const [metric, setMetric] = useState<Metric>("requests");
  return (
    <>
      <Card title="Limits" about="Set by an administrator. Days and months are those of UTC.">
        {limits.data === undefined ? <Waiting query={limits} /> : <Held limits={limits.data.limits} />}
      </Card>
      <Card title="The last 30 days" action={<MetricChoice metric={metric} onChange={setMetric} />}>
        {byDay.data === undefined ? (
          <Waiting query={byDay} />
        ) : byDay.data.total.requests === 0 ? (
          <p className="text-sm text-soft">
            Nothing yet. What you ask models for is counted here, a second or so later.
          </p>
        ) : (
          <DayChart groups={byDay.data.usage} metric={metric} days={DAYS} />
        )}
      </Card>
      {byDay.data?.total.requests !== 0 && (
        <Card title="By model">
          {byModel.data === undefined ? (
            <Waiting query={byModel} />
          ) : (
            <Shares
              title="Model"
              groups={byModel.data.usage}
              metric={metric}
              nameOf={({ model }) => model ?? "No model reached"}
            />
          )}
        </Card>
      )}
    </>
  );
}

function Held({ limits }: { limits: Record<string, Schemas["LimitState"]> }) {
  const set = LIMITS.flatMap((limit) => {
    const state = limits[limit.name];
    return state === undefined || state.limit === null ? [] : [{ ...limit, state, most: state.limit }];
  });
  if (set.length === 0) return <p className="text-sm text-soft">Nothing limits you.</p>;
  return (
    <ul className="space-y-4">
      {set.map(({ name, label, unit, state, most }) => {
        const used = Math.min(1, most === 0 ? 1 : (state.used + state.reserved) / most);
        const remaining = Math.max(0, state.remaining ?? 0);
        return (
          <li key={name} className="space-y-1.5 text-sm">
            <div className="flex flex-wrap justify-between gap-x-4">
              <span className="font-medium">{label}</span>
              <span className="text-soft tabular-nums">
                {amount(unit, remaining)} of {amount(unit, most)} left
              </span>
            </div>
            <progress
              aria-label={label}
              max={1}
              value={used}
              className={`h-2 w-full appearance-none overflow-hidden rounded-full bg-pane [&::-moz-progress-bar]:rounded-full [&::-webkit-progress-bar]:bg-pane [&::-webkit-progress-value]:rounded-full ${
                used >= 0.9
                  ? "[&::-moz-progress-bar]:bg-bad [&::-webkit-progress-value]:bg-bad"
                  : "[&::-moz-progress-bar]:bg-accent [&::-webkit-progress-value]:bg-accent"
              }`}
            />
            <p className="text-xs text-soft">
              {remaining === 0 ? "Used up. " : ""}
              {state.used + state.reserved === 0
                ? "Nothing of it is used."
                : `All of it is free again in ${duration(Math.max(0, (Date.parse(state.resets_at) - Date.now()) / 1000))}.`}
            </p>
          </li>
        );
      })}
    </ul>
  );
}

function amount(unit: "count" | "dollars", value: number): string {
  return unit === "dollars" ? `$${value.toFixed(2)}` : count(value);
}
