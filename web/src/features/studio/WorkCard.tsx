import { CircleAlert, X } from "lucide-react";
import { duration } from "../../common/format";
import type { Work } from "./works";

/** Something under way: how far it is, and the button that stops it. */
export function WorkCard({ work, onCancel }: { work: Work; onCancel: () => void }) {
  const said = saidOf(work);
  const isMeasured = work.progressPct !== null && (work.phase === "making" || work.phase === "loading");
  const prompt = promptOf(work);
  return (
    <li
      aria-label={`Under way: ${prompt}`}
      aria-busy="true"
      className="relative flex aspect-square flex-col justify-end overflow-hidden rounded-2xl border border-line bg-pane p-3"
    >
      {work.preview !== null && (
        <img src={work.preview} alt="So far" className="absolute inset-0 size-full object-cover opacity-60" />
      )}
      {work.preview === null && <span aria-hidden className="shimmer absolute inset-0" />}
      <button
        type="button"
        aria-label={`Cancel: ${prompt}`}
        title="Cancel"
        disabled={work.stopped || work.phase === "finishing"}
        onClick={onCancel}
        className="absolute top-2 right-2 inline-flex size-9 items-center justify-center rounded-full border border-line bg-raised text-soft shadow-sm hover:text-ink disabled:opacity-50 max-sm:size-10"
      >
        <X aria-hidden className="size-4" />
      </button>
      <div className="relative space-y-2 rounded-xl bg-raised/90 p-2.5">
        <p className="line-clamp-2 text-xs break-words">{prompt}</p>
        <p className="text-xs text-soft tabular-nums">{said}</p>
        <div
          role="progressbar"
          aria-label={prompt}
          aria-valuetext={said}
          aria-valuemin={0}
          aria-valuemax={100}
          {...(isMeasured ? { "aria-valuenow": Math.round(work.progressPct ?? 0) } : {})}
          className="h-1.5 overflow-hidden rounded-full bg-hover"
        >
          <svg aria-hidden className="block h-full w-full" preserveAspectRatio="none" viewBox="0 0 100 1">
            <rect
              height="1"
              width={isMeasured ? (work.progressPct ?? 0) : work.phase === "finishing" ? 100 : 8}
              className={`fill-accent ${isMeasured ? "" : "pulse-dot"}`}
            />
          </svg>
        </div>
      </div>
    </li>
  );
}

/** Something that failed: why, and what can be done. */
export function FailedCard({ work, onAgain, onDismiss }: { work: Work; onAgain: () => void; onDismiss: () => void }) {
  return (
    <li
      aria-label={`Failed: ${promptOf(work)}`}
      className="col-span-full flex gap-3 rounded-2xl border border-line bg-bad-tint p-4 text-sm"
    >
      <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
      <div className="min-w-0 flex-1 space-y-1">
        <p className="truncate text-xs">{promptOf(work)}</p>
        <p className="font-medium break-words text-bad">{work.problem?.title ?? "It failed."}</p>
        {work.problem !== null && work.problem.advice !== "" && <p>{work.problem.advice}</p>}
        <div className="flex flex-wrap gap-2 pt-1.5">
          {work.order !== null && (
            <button type="button" className="button-plain h-9 px-3 max-sm:h-10" onClick={onAgain}>
              Try again
            </button>
          )}
          <button type="button" className="button-plain h-9 px-3 max-sm:h-10" onClick={onDismiss}>
            Dismiss
          </button>
        </div>
      </div>
    </li>
  );
}

export function promptOf({ order, modality }: Work): string {
  if (order === null)
    return modality === "3d" ? "A mesh that was ordered elsewhere" : "An image that was ordered elsewhere";
  return order.prompt || (order.modality === "3d" ? "A mesh from an image" : "From an image");
}

/** How far it is, in words. */
export function saidOf(work: Work): string {
  if (work.stopped) return "Stopping…";
  const percent = work.progressPct === null ? null : `${Math.round(work.progressPct)} %`;
  switch (work.phase) {
    case "queued": {
      if (work.queuePosition === null) return "Waiting…";
      const place = work.queuePosition === 1 ? "Next in the queue" : `Number ${work.queuePosition} in the queue`;
      return work.etaS === null ? `${place}…` : `${place}, about ${duration(work.etaS)}…`;
    }
    case "loading":
      return percent === null ? "The model is being loaded…" : `The model is being loaded: ${percent}`;
    case "making": {
      const step = work.step !== null && work.steps !== null ? `step ${work.step} of ${work.steps}` : null;
      return [percent, step].filter((part) => part !== null).join(", ") || "Under way…";
    }
    case "reconnecting":
      return "Picking it up again…";
    case "finishing":
      return "Fetching it…";
    default:
      return "Starting…";
  }
}
