import { useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, KeyRound, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { bytes } from "../../common/format";
import { ProblemNotice } from "../../common/Notice";
import { modelList } from "../models/api";
import { type FoundModel, hubFiles, start, storage } from "./api";
import { installed, type Offer, offersOf, recommended, roomIn, wantedOf } from "./offers";
import { RefusedDownload } from "./RefusedDownload";

/** What can be had of a repository, each with its size and whether there is room for it. */
export function HubFiles({ model, onStarted }: { model: FoundModel; onStarted: (jobId: string) => void }) {
  const queries = useQueryClient();
  const files = useQuery(hubFiles(model.id));
  const { data: models = [] } = useQuery({ ...modelList(), refetchInterval: 3000 });
  const { data: room } = useQuery(storage());
  const [busy, setBusy] = useState<string | null>(null);
  const [refused, setRefused] = useState<{ offer: Offer; error: unknown } | null>(null);
  const offers = offersOf(model.id, files.data ?? []);
  const best = recommended(offers);
  const download = async (offer: Offer) => {
    setBusy(offer.name);
    setRefused(null);
    try {
      onStarted((await start(queries, wantedOf(model.id, offer))).job_id);
    } catch (error) {
      setRefused({ offer, error });
    } finally {
      setBusy(null);
    }
  };
  return (
    <div className="mt-4 space-y-3">
      {model.gated && (
        <p className="flex gap-2 rounded-lg bg-note-tint px-3 py-2 text-xs text-note">
          <KeyRound aria-hidden className="mt-px size-3.5 shrink-0" />
          <span className="min-w-0">
            Its files are only for those who have accepted its terms: do so on{" "}
            <a
              href={`https://huggingface.co/${model.id}`}
              target="_blank"
              rel="noreferrer"
              className="font-medium underline underline-offset-2"
            >
              its page on the hub
            </a>
            , then start the gateway with a token of that account (HF_TOKEN).
          </span>
        </p>
      )}
      {files.isPending && (
        <p role="status" className="text-sm text-soft">
          Asking for the files…
        </p>
      )}
      {files.error !== null && (
        <ProblemNotice error={files.error}>
          <button type="button" className="button-plain h-9 px-3" onClick={() => void files.refetch()}>
            Try again
          </button>
        </ProblemNotice>
      )}
      {files.data !== undefined && offers.length === 0 && (
        <p className="text-sm text-soft">
          Nothing in this repository can run here. Look for a version in GGUF, or for a diffusers pipeline with
          safetensors.
        </p>
      )}
      {offers.length > 0 && (
        <ul aria-label={`What ${model.name} offers`} className="divide-y divide-line rounded-xl border border-line">
          {offers.map((offer) => {
            const here = installed(models, model.id, offer);
            return (
              <li key={offer.name} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-3 py-2.5">
                <div className="min-w-0 flex-1 basis-36">
                  <p className="flex flex-wrap items-center gap-x-2 text-sm font-medium">
                    {offer.quantisation ?? (offer.files === null ? "Whole pipeline" : offer.name)}
                    {offer === best && (
                      <span className="rounded-md bg-tint px-1.5 py-0.5 text-xs text-link">Recommended</span>
                    )}
                  </p>
                  <p className="text-xs break-all text-soft">
                    {offer.quantisation === null ? "" : `${offer.name} · `}
                    {offer.size === null ? "size not told" : bytes(offer.size)}
                    {offer.files !== null && offer.files.length > 1 && ` in ${offer.files.length} files`}
                  </p>
                  {offer.fits === false && here === undefined && (
                    <p className="mt-1 flex items-start gap-1.5 text-xs text-note">
                      <TriangleAlert aria-hidden className="mt-px size-3.5 shrink-0" />
                      {offer.size !== null && room !== undefined && offer.size <= roomIn(room)
                        ? "Larger than the memory for models."
                        : `More than the ${room === undefined ? "room" : bytes(roomIn(room))} that is free.`}
                    </p>
                  )}
                </div>
                {here === undefined || here.status === "evicted" || here.status === "failed" ? (
                  <button
                    type="button"
                    className={`${offer === best ? "button-primary" : "button-plain"} h-10 px-3 sm:h-9`}
                    aria-label={`Download ${offer.name}`}
                    disabled={busy !== null}
                    onClick={() => void download(offer)}
                  >
                    {busy === offer.name ? "Starting…" : "Download"}
                  </button>
                ) : (
                  <span className="inline-flex items-center gap-1.5 text-xs font-medium text-good">
                    <CircleCheck aria-hidden className="size-4" />
                    {here.status === "downloading" ? "On its way" : "Installed"}
                  </span>
                )}
              </li>
            );
          })}
        </ul>
      )}
      {refused !== null && <RefusedDownload error={refused.error} onAgain={() => void download(refused.offer)} />}
    </div>
  );
}
