import type { Job } from "@pluggably/client";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleAlert, CircleCheck, CircleSlash, CloudDownload, type LucideIcon } from "lucide-react";
import { useState } from "react";
import { shortTime } from "../../common/format";
import { Meter } from "../../common/Meter";
import { ProblemNotice } from "../../common/Notice";
import { retryJob } from "./again";
import { askedFor, cancel, isUnderWay } from "./api";
import { progressOf } from "./progress";

const ICONS: Record<Job["status"], { Icon: LucideIcon; look: string }> = {
  queued: { Icon: CloudDownload, look: "text-soft" },
  running: { Icon: CloudDownload, look: "text-link" },
  completed: { Icon: CircleCheck, look: "text-good" },
  failed: { Icon: CircleAlert, look: "text-bad" },
  cancelled: { Icon: CircleSlash, look: "text-soft" },
};

/** A download with its progress, and what can be done about it. */
export function DownloadRow({ job, admin }: { job: Job; admin: boolean }) {
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const { Icon, look } = ICONS[job.status];
  const name = job.kind === "cleanup" ? "Cleanup of the model folder" : (job.model_id ?? "A model");
  const run = async (work: () => Promise<unknown>) => {
    setBusy(true);
    setError(null);
    try {
      await work();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  const repeatable = job.kind === "download" && (job.model_id !== null || askedFor(job.job_id) !== undefined);
  const failure = typeof job.error?.message === "string" ? job.error.message : "";
  return (
    <li data-job={job.job_id} data-status={job.status} className="space-y-2 px-4 py-3.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <Icon aria-hidden className={`size-5 shrink-0 ${look}`} />
        <div className="min-w-0 flex-1 basis-48">
          <p className="truncate text-sm font-medium">{name}</p>
          <p className="text-xs text-soft tabular-nums">
            {job.kind === "cleanup" ? job.status : progressOf(job)}
            {job.finished_at !== null && ` · ${shortTime(job.finished_at)}`}
          </p>
        </div>
        {isUnderWay(job) && admin && (
          <button
            type="button"
            className="button-plain h-10 px-3 sm:h-9"
            aria-label={`Cancel ${name}`}
            disabled={busy}
            onClick={() => void run(() => cancel(queries, job.job_id))}
          >
            Cancel
          </button>
        )}
        {(job.status === "failed" || job.status === "cancelled") && admin && repeatable && (
          <button
            type="button"
            className="button-plain h-10 px-3 sm:h-9"
            aria-label={`Try again: ${name}`}
            disabled={busy}
            onClick={() => void run(() => retryJob(queries, job.job_id, job.model_id))}
          >
            Try again
          </button>
        )}
        {job.status === "completed" && job.model_id !== null && (
          <Link
            to="/models"
            search={{ model: job.model_id }}
            className="button-plain h-10 px-3 sm:h-9"
            aria-label={`Show ${name}`}
          >
            Show
          </Link>
        )}
      </div>
      {isUnderWay(job) && <Meter label={`Progress of ${name}`} percent={job.progress_pct} />}
      {job.status === "failed" && failure !== "" && <p className="text-xs break-words text-bad">{failure}</p>}
      {error !== null && <ProblemNotice error={error} />}
    </li>
  );
}
