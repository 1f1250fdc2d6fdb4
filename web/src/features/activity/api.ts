/** What the gateway is doing, asked every second while somebody looks: a hidden page asks nothing. */

import { ApiError, type RequestStatus } from "@pluggably/client";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { client } from "../../common/connection";

const EVERY_MS = 1000;
const MOST = 100;
const RECENT = 20;

/** One's own requests that are under way, and background requests whose result is kept. */
export function requestList() {
  return queryOptions({
    queryKey: ["requests"],
    queryFn: async ({ signal }) => (await client().listRequests({ limit: MOST }, { signal })).requests,
    refetchInterval: EVERY_MS,
    staleTime: 0,
  });
}

/** The models in memory. */
export function loadedModels() {
  return queryOptions({
    queryKey: ["loaded"],
    queryFn: ({ signal }) => client().listLoadedModels({ signal }),
    refetchInterval: EVERY_MS,
    staleTime: 0,
  });
}

/** Requests that are under way, those that run first, and the last ones that have ended while somebody looked or whose
 * result is kept. */
export function useRequests() {
  const { data, error, refetch } = useQuery(requestList());
  const seen = useRef(new Set<string>());
  const [ended, setEnded] = useState<readonly RequestStatus[]>([]);
  useEffect(() => {
    if (data === undefined) return;
    const listed = new Set(data.map(({ request_id }) => request_id));
    const gone = [...seen.current].filter((id) => !listed.has(id));
    seen.current = new Set(data.filter(isUnderWay).map(({ request_id }) => request_id));
    for (const id of gone) {
      statusOf(id).then(
        (status) => status !== null && setEnded((before) => [status, ...before].slice(0, RECENT)),
        () => undefined,
      );
    }
  }, [data]);
  const [active, finished] = useMemo(() => {
    const all = data ?? [];
    const kept = all.filter((request) => !isUnderWay(request));
    const known = new Set(all.map(({ request_id }) => request_id));
    const both = [...kept, ...ended.filter(({ request_id }) => !known.has(request_id))];
    both.sort((a, b) => endOf(b).localeCompare(endOf(a)));
    return [all.filter(isUnderWay).sort((a, b) => placeOf(a) - placeOf(b)), both.slice(0, RECENT)];
  }, [data, ended]);
  return { active, finished, isPending: data === undefined, error, refetch };
}

export function isUnderWay({ status }: RequestStatus): boolean {
  return status === "pending" || status === "queued" || status === "running";
}

/** How a request has ended; null where it is forgotten already. */
async function statusOf(id: string): Promise<RequestStatus | null> {
  try {
    return await client().getRequestStatus(id);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

function placeOf({ queue_position, status }: RequestStatus): number {
  return queue_position ?? (status === "running" ? -1 : 0);
}

function endOf({ finished_at, created_at }: RequestStatus): string {
  return finished_at ?? created_at;
}
