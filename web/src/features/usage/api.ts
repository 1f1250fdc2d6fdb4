import { queryOptions } from "@tanstack/react-query";
import { client } from "../../common/connection";
import { dayOf, type GroupBy } from "./days";

/** What was used in the last so many days, today included. */
export function usage(groupBy: GroupBy, days: number, everyone: boolean) {
  return queryOptions({
    queryKey: ["usage", groupBy, days, everyone],
    queryFn: ({ signal }) => {
      const since = new Date(Date.parse(`${dayOf(new Date())}T00:00:00Z`) - (days - 1) * 86_400_000).toISOString();
      return client().usage({ group_by: groupBy, since, everyone, limit: 200 }, { signal });
    },
    staleTime: 30_000,
  });
}

/** What the caller may use. */
export function myLimits() {
  return queryOptions({
    queryKey: ["limits", "me"],
    queryFn: ({ signal }) => client().myLimits({ signal }),
    refetchInterval: 30_000,
  });
}
