/** Downloads: what the hub has, what is on its way, and what there is room for. */

import type { Job, Pluggably, Schemas } from "@pluggably/client";
import { infiniteQueryOptions, queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { client } from "../../common/connection";
import { keep, kept } from "../../common/kept";

export type Wanted = Parameters<Pluggably["downloadModel"]>[0];
export type FoundModel = Schemas["FoundModel"];
export type HubFile = Schemas["HubFile"];
export type Storage = Schemas["StorageRead"];

const ASKED = "pluggably.downloads";
const FOUND = 20;
const MOST_ASKED = 30;

export function isUnderWay({ status }: Job): boolean {
  return status === "queued" || status === "running";
}

/** Downloads and cleanups, newest first: every second while one is under way, else now and then. */
export function jobList() {
  return queryOptions({
    queryKey: ["jobs"],
    queryFn: async ({ signal }) => (await client().listJobs({ limit: 50 }, { signal })).jobs,
    refetchInterval: ({ state }) => (state.data?.some(isUnderWay) ? 1000 : 4000),
    staleTime: 0,
  });
}

export function storage() {
  return queryOptions({
    queryKey: ["storage"],
    queryFn: ({ signal }) => client().storage({ signal }),
    refetchInterval: 5000,
    staleTime: 2000,
  });
}

/** Models of the hub, page by page. */
export function hubSearch(query: string, modality: string | undefined) {
  return infiniteQueryOptions({
    queryKey: ["hub", query, modality],
    queryFn: ({ pageParam, signal }) => {
      const wanted = { limit: FOUND, ...(query === "" ? {} : { query }), ...pageParam };
      const kind = modality === undefined ? {} : { modality: modality as "text" | "image" | "3d" };
      return client()
        .searchModels({ ...wanted, ...kind }, { signal })
        .then((page) => page);
    },
    initialPageParam: {} as { cursor?: string },
    getNextPageParam: (page) => (page.next_cursor === null ? undefined : { cursor: page.next_cursor }),
    staleTime: 60_000,
  });
}

/** The files of a repository of the hub. */
export function hubFiles(repo: string) {
  return queryOptions({
    queryKey: ["hub", "files", repo],
    queryFn: ({ signal }) => client().listModelFiles(repo, {}, { signal }),
    staleTime: 10_000,
  });
}

/** Follow one job event by event; what comes stands in the list of jobs at once. */
export function useFollowed(jobId: string | null): Job | undefined {
  const queries = useQueryClient();
  const { data: jobs } = useQuery(jobList());
  useEffect(() => {
    if (jobId === null) return;
    const leaving = new AbortController();
    const follow = async () => {
      for await (const { data: job } of client().watchJob(jobId, { signal: leaving.signal })) put(queries, job);
    };
    follow().catch(() => undefined); // The list is asked besides, and says what is wrong.
    return () => leaving.abort();
  }, [jobId, queries]);
  return jobs?.find(({ job_id }) => job_id === jobId);
}

type Queries = ReturnType<typeof useQueryClient>;

function put(queries: Queries, job: Job): void {
  queries.setQueryData(jobList().queryKey, (jobs = []) => {
    const others = jobs.filter(({ job_id }) => job_id !== job.job_id);
    return jobs.length === others.length
      ? [job, ...jobs]
      : jobs.map((known) => (known.job_id === job.job_id ? job : known));
  });
}

/** Start a download, or join the one that is under way. Throws what the client does. */
export async function start(queries: Queries, wanted: Wanted): Promise<Job> {
  const job = await client().downloadModel(wanted);
  const asked = kept<[string, Wanted][]>(ASKED) ?? [];
  keep(ASKED, [[job.job_id, wanted], ...asked.filter(([id]) => id !== job.job_id)].slice(0, MOST_ASKED));
  put(queries, job);
  await changed(queries);
  return job;
}

/** Cancel a job. Throws what the client does. */
export async function cancel(queries: Queries, jobId: string): Promise<void> {
  put(queries, await client().cancelJob(jobId));
  await changed(queries);
}

/** What was asked for with this job; undefined where another tab or another visitor has asked. */
export function askedFor(jobId: string): Wanted | undefined {
  return (kept<[string, Wanted][]>(ASKED) ?? []).find(([id]) => id === jobId)?.[1];
}

function changed(queries: Queries): Promise<unknown> {
  return Promise.all([["models"], ["storage"], ["jobs"]].map((queryKey) => queries.invalidateQueries({ queryKey })));
}
