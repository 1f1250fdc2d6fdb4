import type { UseQueryResult } from "@tanstack/react-query";
import { ProblemNotice } from "./Notice";

/** What stands in the place of something that is being asked for, or that could not be had. */
export function Waiting({
  query,
  lines = 3,
}: {
  query: Pick<UseQueryResult, "error" | "data" | "refetch">;
  lines?: number;
}) {
  if (query.error !== null && query.data === undefined) {
    return (
      <ProblemNotice error={query.error}>
        <button type="button" className="button-plain h-8 px-3" onClick={() => void query.refetch()}>
          Try again
        </button>
      </ProblemNotice>
    );
  }
  return (
    <div role="status" className="space-y-3">
      <span className="sr-only">Loading…</span>
      {Array.from({ length: lines }, (_, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines that are all the same
        <div key={place} className="h-10 animate-pulse rounded-lg bg-hover motion-reduce:animate-none" />
      ))}
    </div>
  );
}
