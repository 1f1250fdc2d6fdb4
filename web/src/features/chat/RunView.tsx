import { duration } from "../../common/format";
import { ProblemNotice } from "../../common/Notice";
import { FallbackHint, Prompt, Prose, Reasoning } from "./MessageView";
import type { Run } from "./run";

interface Props {
  run: Run;
  showsPrompt: boolean;
  onRetry: () => void;
  onDismiss: () => void;
}

/** An answer that is coming, or has failed. */
export function RunView({ run, showsPrompt, onRetry, onDismiss }: Props) {
  const images = run.images.filter((url) => url.startsWith("data:"));
  const links = run.images.filter((url) => !url.startsWith("data:"));
  const waits = run.text === "" && run.phase !== "failed" && run.phase !== "ended";
  return (
    <>
      {showsPrompt && <Prompt text={run.prompt} images={images} links={links} at={run.startedAt} />}
      <article aria-label="Answer" aria-busy={run.phase !== "ended" && run.phase !== "failed"} className="space-y-2">
        {run.selection?.fallback_used === true && <FallbackHint selection={run.selection} />}
        {run.reasoning !== "" && <Reasoning text={run.reasoning} open={run.text === ""} />}
        {run.preview.map((url) => (
          <img key={url} src={url} alt="So far" className="max-w-full rounded-2xl border border-line" />
        ))}
        {run.text !== "" && <Prose text={run.text} />}
        {(waits || run.phase === "reconnecting") && <Waiting run={run} />}
        {run.phase === "failed" && (
          <ProblemNotice error={run.error}>
            <button type="button" className="button-plain h-8 px-3" onClick={onRetry}>
              Try again
            </button>
            <button type="button" className="button-plain h-8 px-3" onClick={onDismiss}>
              Dismiss
            </button>
          </ProblemNotice>
        )}
      </article>
    </>
  );
}

function Waiting({ run }: { run: Run }) {
  return (
    <p role="status" className="flex min-h-7 items-center gap-2.5 text-sm text-soft">
      <span aria-hidden className="pulse-dot size-2.5 shrink-0 rounded-full bg-accent" />
      {waitingFor(run)}
    </p>
  );
}

export function waitingFor(run: Run): string {
  if (run.stopped) return "Stopping…";
  switch (run.phase) {
    case "queued": {
      const place = run.queuePosition === 1 ? "Next in the queue" : `Number ${run.queuePosition} in the queue`;
      return run.etaS === null ? `${place}…` : `${place}, about ${duration(run.etaS)}…`;
    }
    case "loading":
      return run.progressPct === null ? "Loading the model…" : `Loading the model: ${Math.round(run.progressPct)} %…`;
    case "reconnecting":
      return "The connection was lost. Picking the answer up again…";
    case "answering":
      return run.progressPct === null ? "Thinking…" : `${Math.round(run.progressPct)} %…`;
    default:
      return "Thinking…";
  }
}
