import { CircleAlert, Info } from "lucide-react";
import type { ReactNode } from "react";
import { problemOf } from "./problems";

/** What went wrong, what to do, and the buttons that do it. */
export function ProblemNotice({ error, children }: { error: unknown; children?: ReactNode }) {
  const { title, advice } = problemOf(error);
  return (
    <div role="alert" className="flex gap-3 rounded-xl bg-bad-tint px-4 py-3 text-sm">
      <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
      <div className="min-w-0 space-y-1">
        <p className="font-medium break-words text-bad">{title}</p>
        {advice !== "" && <p>{advice}</p>}
        {children !== undefined && <div className="flex flex-wrap gap-2 pt-1.5">{children}</div>}
      </div>
    </div>
  );
}

/** Something worth knowing that is no failure. */
export function Hint({ children }: { children: ReactNode }) {
  return (
    <p className="flex gap-2 rounded-lg bg-note-tint px-3 py-2 text-xs text-note">
      <Info aria-hidden className="mt-px size-3.5 shrink-0" />
      <span className="min-w-0 break-words">{children}</span>
    </p>
  );
}
