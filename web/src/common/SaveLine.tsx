import { CircleCheck } from "lucide-react";
import type { ReactNode } from "react";
import { ProblemNotice } from "./Notice";

interface Props {
  /** What became of the last attempt. */
  state: { isPending: boolean; isSuccess: boolean; error: unknown };
  label?: string;
  disabled?: boolean;
  done?: string;
  children?: ReactNode;
}

/** The end of a form: the button that saves, and whether it has. */
export function SaveLine({ state, label = "Save", disabled = false, done = "Saved", children }: Props) {
  return (
    <div className="space-y-3">
      {state.error !== null && state.error !== undefined && <ProblemNotice error={state.error} />}
      <div className="flex flex-wrap items-center gap-3">
        <button type="submit" className="button-primary" disabled={disabled || state.isPending}>
          {state.isPending ? "Saving…" : label}
        </button>
        {children}
        <span role="status" className="text-sm font-medium text-good">
          {state.isSuccess && (
            <span className="inline-flex items-center gap-1.5">
              <CircleCheck aria-hidden className="size-4" /> {done}
            </span>
          )}
        </span>
      </div>
    </div>
  );
}
