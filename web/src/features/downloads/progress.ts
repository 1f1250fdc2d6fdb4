import type { Job } from "@pluggably/client";
import { bytes, duration } from "../../common/format";

/** How far a download is, in words: "12 MB of 98 MB · 8.0 MB/s · 11 s left". */
export function progressOf(job: Job): string {
  const done = bytes(job.downloaded_bytes);
  if (job.status === "completed") return `Completed · ${done}`;
  if (job.status === "cancelled") return `Cancelled at ${done}; what has come is kept.`;
  if (job.status === "failed") return `Failed at ${done}`;
  if (job.status === "queued") return "Waiting for its turn";
  const parts = [job.total_bytes === null ? done : `${done} of ${bytes(job.total_bytes)}`];
  if (job.bytes_per_s !== null) parts.push(`${bytes(job.bytes_per_s)}/s`);
  if (job.eta_s !== null) parts.push(`${duration(job.eta_s)} left`);
  return parts.join(" · ");
}
