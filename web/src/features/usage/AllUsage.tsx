import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { count } from "../../common/format";
import { Card } from "../../common/Sections";
import { Waiting } from "../../common/Waiting";
import { nameOf } from "../account/api";
import { userList } from "../admin/api";
import { usage } from "./api";
import { DayChart, MetricChoice, Shares, shown } from "./Charts";
import type { Metric } from "./days";

const SPANS = [
  { days: 7, label: "7 days" },
  { days: 30, label: "30 days" },
  { days: 90, label: "90 days" },
] as const;

/** What all users have used. */
export function AllUsage() {
  const [days, setDays] = useState<number>(30);
  const [metric, setMetric] = useState<Metric>("requests");
  const byDay = useQuery(usage("day", days, true));
  const byModel = useQuery(usage("model", days, true));
  const byUser = useQuery(usage("user", days, true));
  const users = useQuery(userList());
  const names = new Map(users.data?.map((user) => [user.id, nameOf(user)]));
  const total = byDay.data?.total;
  const facts =
    total === undefined
      ? []
      : [
          { label: "Requests", value: count(total.requests) },
          { label: "Failed", value: count(total.errors) },
          { label: "Tokens", value: count(total.total_tokens) },
          { label: "Cost", value: shown("cost_usd", total.requests === 0 ? 0 : total.cost_usd) },
        ];
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <label className="flex items-center gap-2 text-sm">
          <span className="text-soft">In the last</span>
          <select className="field w-auto" value={days} onChange={(event) => setDays(Number(event.target.value))}>
            {SPANS.map((span) => (
              <option key={span.days} value={span.days}>
                {span.label}
              </option>
            ))}
          </select>
        </label>
        <MetricChoice metric={metric} onChange={setMetric} />
      </div>
      {facts.length > 0 && (
        <dl className="grid grid-cols-2 gap-3 lg:grid-cols-4">
          {facts.map(({ label, value }) => (
            <div key={label} className="rounded-2xl border border-line bg-raised p-4">
              <dt className="text-xs text-soft">{label}</dt>
              <dd className="mt-1 text-xl font-semibold tabular-nums">{value}</dd>
            </div>
          ))}
        </dl>
      )}
      <Card title="By day">
        {byDay.data === undefined ? (
          <Waiting query={byDay} />
        ) : (
          <DayChart groups={byDay.data.usage} metric={metric} days={days} />
        )}
      </Card>
      <Card title="By model">
        {byModel.data === undefined ? (
          <Waiting query={byModel} />
        ) : byModel.data.usage.length === 0 ? (
          <p className="text-sm text-soft">Nobody has asked a model in this time.</p>
        ) : (
          <Shares
            title="Model"
            groups={byModel.data.usage}
            metric={metric}
            nameOf={({ model }) => model ?? "No model reached"}
          />
        )}
      </Card>
      <Card title="By user">
        {byUser.data === undefined ? (
          <Waiting query={byUser} />
        ) : byUser.data.usage.length === 0 ? (
          <p className="text-sm text-soft">Nobody has asked a model in this time.</p>
        ) : (
          <Shares
            title="User"
            groups={byUser.data.usage}
            metric={metric}
            nameOf={({ user }) => names.get(user ?? "") ?? user ?? "Unknown"}
          />
        )}
      </Card>
    </>
  );
}
