import type { RequestStatus, Schemas } from "@pluggably/client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleCheck, CircleSlash, CircleX, Clock, LoaderCircle, type LucideIcon, Pin } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { client } from "../../common/connection";
import { bytes, duration, shortTime } from "../../common/format";
import { Meter } from "../../common/Meter";
import { ProblemNotice } from "../../common/Notice";
import { useNow } from "../../common/now";
import { problemOf } from "../../common/problems";
import { useIsAdmin } from "../account/api";
import { isUnderWay as isRunning, jobList, storage } from "../downloads/api";
import { DownloadRow } from "../downloads/DownloadRow";
import { loadedModels, requestList, useRequests } from "./api";
import { othersOf, secondsSince, usageOf } from "./sums";

type Loaded = Schemas["LoadedModelInfo"];

const JOBS = 8;

/** What the gateway is doing now. */
export function ActivityBoard() {
  const admin = useIsAdmin();
  const requests = useRequests();
  const loaded = useQuery(loadedModels());
  const jobs = useQuery(jobList());
  const models = loaded.data ?? [];
  const others = othersOf(models, requests.active);
  const downloads = (jobs.data ?? []).slice(0, JOBS);
  return (
    <div className="space-y-8">
      <div>
        <h1 className="text-2xl font-semibold">Activity</h1>
        <p role="status" className="mt-1 text-sm text-soft">
          {requests.isPending
            ? "Asking what goes on…"
            : summary(requests.active.length, models.length, downloads.filter(isRunning).length)}
        </p>
      </div>
      {requests.error !== null && (
        <ProblemNotice error={requests.error}>
          <button type="button" className="button-plain h-9 px-3" onClick={() => void requests.refetch()}>
            Try again
          </button>
        </ProblemNotice>
      )}
      <Room loaded={models} />
      <Section
        title="Requests"
        empty="Nothing of yours is running or waiting."
        hint={others === "" ? undefined : others}
        count={requests.active.length}
      >
        {requests.active.map((request) => (
          <RequestRow key={request.request_id} request={request} />
        ))}
      </Section>
      <Section
        title="Models in memory"
        empty="No model is in memory; the first request loads one."
        count={models.length}
      >
        {models.map((model) => (
          <LoadedRow key={model.model_id} model={model} admin={admin} />
        ))}
      </Section>
      <Section title="Downloads" empty="Nothing is being downloaded." count={downloads.length}>
        {downloads.map((job) => (
          <DownloadRow key={job.job_id} job={job} admin={admin} />
        ))}
      </Section>
      <Section
        title="Finished lately"
        empty="Requests that end while this page is open, or whose result is kept, are listed here."
        count={requests.finished.length}
      >
        {requests.finished.map((request) => (
          <FinishedRow key={request.request_id} request={request} />
        ))}
      </Section>
    </div>
  );
}

function summary(requests: number, models: number, downloads: number): string {
  const say = (count: number, one: string) => `${count === 0 ? "no" : count} ${one}${count === 1 ? "" : "s"}`;
  const parts = [say(requests, "request"), `${say(models, "model")} in memory`, say(downloads, "download")];
  const text = `${parts.join(", ")}.`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function Section(props: {
  title: string;
  empty: string;
  hint?: string | undefined;
  count: number;
  children: ReactNode;
}) {
  const { title, empty, hint, count, children } = props;
  const heading = useId();
  return (
    <section aria-labelledby={heading}>
      <h2 id={heading} className="mb-3 font-semibold">
        {title}
      </h2>
      {hint !== undefined && <p className="mb-3 text-sm text-soft">{hint}</p>}
      {count === 0 ? (
        <p className="rounded-2xl border border-dashed border-line px-4 py-6 text-center text-sm text-soft">
          {empty}
        </p>
      ) : (
        <ul aria-labelledby={heading} className="divide-y divide-line rounded-2xl border border-line bg-raised">
          {children}
        </ul>
      )}
    </section>
  );
}

/** How much memory and disk the models take. */
function Room({ loaded }: { loaded: readonly Loaded[] }) {
  const disk = useQuery(storage());
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      {disk.data !== undefined && (
        <Usage
          name="Memory of models"
          used={loaded.reduce((sum, { memory_bytes }) => sum + (memory_bytes ?? 0), 0)}
          all={disk.data.memory_limit_bytes ?? 0}
          what="allowed"
        />
      )}
      {disk.data !== undefined && (
        <Usage
          name="Disk of models"
          used={disk.data.used_bytes}
          all={disk.data.limit_bytes ?? disk.data.used_bytes + disk.data.free_bytes}
          what={disk.data.limit_bytes === null ? "there" : "allowed"}
        />
      )}
    </div>
  );
}

function Usage({ name, used, all, what }: { name: string; used: number; all: number; what: string }) {
  const { percent, text } = usageOf(used, all, what);
  return (
    <div className="rounded-2xl border border-line bg-raised p-4">
      <div className="mb-2 flex flex-wrap items-baseline justify-between gap-x-3">
        <span className="text-sm font-medium">{name}</span>
        <span className="text-xs text-soft tabular-nums">{text}</span>
      </div>
      <Meter label={name} percent={percent} />
    </div>
  );
}

const KINDS: Record<string, string> = { text: "Text", image: "Image", "3d": "3D" };

function RequestRow({ request }: { request: RequestStatus }) {
  const queries = useQueryClient();
  const now = useNow();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const waits = request.status === "queued" || request.status === "pending";
  const Icon = waits ? Clock : LoaderCircle;
  const name = request.model ?? "a model that is being chosen";
  const cancel = async () => {
    setBusy(true);
    setError(null);
    try {
      await client().cancelRequest(request.request_id);
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
    void queries.invalidateQueries({ queryKey: requestList().queryKey });
  };
  return (
    <li data-request={request.request_id} data-status={request.status} className="space-y-2 px-4 py-3.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <Icon
          aria-hidden
          className={`size-5 shrink-0 ${waits ? "text-note" : "text-link motion-safe:animate-spin"}`}
        />
        <div className="min-w-0 flex-1 basis-48">
          <p className="truncate text-sm font-medium">{name}</p>
          <p className="text-xs text-soft tabular-nums">
            {[
              KINDS[request.modality ?? ""],
              stateOf(request),
              `${duration(secondsSince(request.created_at, now))} so far`,
            ]
              .filter(Boolean)
              .join(" · ")}
          </p>
        </div>
        <button
          type="button"
          className="button-plain h-10 px-3 sm:h-9"
          aria-label={`Cancel the request to ${name}`}
          disabled={busy}
          onClick={() => void cancel()}
        >
          {busy ? "Cancelling…" : "Cancel"}
        </button>
      </div>
      {request.progress_pct !== null && <Meter label={`Progress of ${name}`} percent={request.progress_pct} />}
      {error !== null && <ProblemNotice error={error} />}
    </li>
  );
}

function stateOf({ status, queue_position, eta_s, progress_pct }: RequestStatus): string {
  if (status !== "queued") return progress_pct === null ? "Running" : `Running, ${Math.floor(progress_pct)} %`;
  const place =
    queue_position === null ? "Waiting" : queue_position === 1 ? "Next in line" : `Number ${queue_position}`;
  return eta_s === null ? place : `${place}, in about ${duration(eta_s)}`;
}

function LoadedRow({ model, admin }: { model: Loaded; admin: boolean }) {
  const queries = useQueryClient();
  const now = useNow();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const unload = async (force: boolean) => {
    setBusy(true);
    setError(null);
    try {
      await client().unloadModel(model.model_id, { force });
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
    for (const queryKey of [["loaded"], ["models"]]) void queries.invalidateQueries({ queryKey });
  };
  const code = error === null ? null : problemOf(error).code;
  return (
    <li data-model={model.model_id} className="space-y-2 px-4 py-3.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <div className="min-w-0 flex-1 basis-48">
          <p className="flex items-center gap-2 text-sm font-medium">
            <Link to="/models" search={{ model: model.model_id }} className="truncate rounded hover:underline">
              {model.model_id}
            </Link>
            {model.is_pinned && (
              <span className="inline-flex shrink-0 items-center gap-1 text-xs font-normal text-soft">
                <Pin aria-hidden className="size-3.5 text-link" /> Pinned
              </span>
            )}
          </p>
          <p className="text-xs text-soft tabular-nums">
            {[
              model.memory_bytes === null ? null : bytes(model.memory_bytes),
              model.device?.toUpperCase(),
              model.is_busy ? `Busy with ${model.active_requests}` : idle(model, now),
              model.queue_depth > 0 ? `${model.queue_depth} waiting` : null,
              model.until === null ? null : `leaves in ${duration(Math.max(0, -secondsSince(model.until, now)))}`,
            ]
              .filter(Boolean)
              .join(" · ")}
          </p>
        </div>
        {admin && (
          <button
            type="button"
            className="button-plain h-10 px-3 sm:h-9"
            aria-label={`Unload ${model.model_id}`}
            disabled={busy}
            onClick={() => void unload(false)}
          >
            {busy ? "Unloading…" : "Unload"}
          </button>
        )}
      </div>
      {error !== null && (
        <ProblemNotice error={error}>
          {(code === "model_busy" || code === "model_pinned") && (
            <button type="button" className="button-plain h-9 px-3" onClick={() => void unload(true)}>
              {code === "model_busy" ? "Unload once it has answered" : "Unload in spite of the pin"}
            </button>
          )}
        </ProblemNotice>
      )}
    </li>
  );
}

function idle({ last_used_at, loaded_at }: Loaded, now: number): string {
  return `Idle for ${duration(Math.max(0, secondsSince(last_used_at ?? loaded_at, now)))}`;
}

const OUTCOMES: Record<string, { Icon: LucideIcon; look: string; word: string }> = {
  completed: { Icon: CircleCheck, look: "text-good", word: "Completed" },
  cancelled: { Icon: CircleSlash, look: "text-soft", word: "Cancelled" },
  failed: { Icon: CircleX, look: "text-bad", word: "Failed" },
};
const UNKNOWN = { Icon: CircleCheck, look: "text-soft", word: "Ended" };

function FinishedRow({ request }: { request: RequestStatus }) {
  const { Icon, look, word } = OUTCOMES[request.status] ?? UNKNOWN;
  const { finished_at, created_at, error } = request;
  const took = finished_at === null ? null : (Date.parse(finished_at) - Date.parse(created_at)) / 1000;
  const reason = error === null ? null : String(error.message ?? error.code ?? "");
  return (
    <li data-request={request.request_id} data-status={request.status} className="flex items-start gap-3 px-4 py-3">
      <Icon aria-hidden className={`mt-0.5 size-5 shrink-0 ${look}`} />
      <div className="min-w-0 flex-1">
        <p className="truncate text-sm font-medium">{request.model ?? "No model"}</p>
        <p className="text-xs break-words text-soft tabular-nums">
          {[
            word,
            KINDS[request.modality ?? ""],
            took === null ? null : `took ${duration(took)}`,
            finished_at === null ? null : shortTime(finished_at),
            request.status === "failed" ? reason : null,
          ]
            .filter(Boolean)
            .join(" · ")}
        </p>
      </div>
    </li>
  );
}
